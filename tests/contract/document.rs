//! Checks `openapi.yaml` against the code. The test client compares every response with the document. These tests check
//! the other direction: everything in the document exists.

use serde_json::Value;
use std::collections::BTreeSet;
use tests::{Client, Document, Documented, Operation, Response, TestApp};

/// The code of the only response that no request can cause. A test in `shared/src/gateway/lambda.rs` checks the form of
/// that response.
const NOT_PROVOKED: &str = "INTERNAL_SERVER_ERROR";

/// Sends requests to `path` that cause every documented response of `/sessions`, and returns the responses.
async fn provoke(app: &TestApp, path: &str) -> Vec<(&'static str, Response)> {
    let (client, unreachable) = (app.client(), app.without_database().client());
    let login = client.login("ada@example.com", "enchantress").await;
    let (member, foreign) = (client.clone().with_session_of(&login), client.clone().header("origin", "null"));
    let body = |client: &Client, body: &str| client.clone().event("/body", body.into());
    let good = r#"{"email":"ada@example.com","password":"enchantress"}"#;
    let spent = app.client();
    let around = app.on_instance_with(&[("PROXY_SECRET", &"s".repeat(32))]).client();
    for _ in 0..10 {
        spent.login_with("").await;
        spent.status().await;
    }
    let requests = [
        ("POST", body(&app.client(), good)),
        ("POST", body(&client, "")),
        ("POST", body(&client, r#"{"email":"nobody@example.com","password":"enchantress"}"#)),
        ("POST", body(&foreign, good)),
        ("POST", body(&client, &" ".repeat(4097))),
        ("POST", body(&client, good).header("content-type", "text/plain")),
        ("POST", body(&spent, good)),
        ("POST", body(&unreachable, good)),
        ("GET", member.clone()),
        ("GET", client.clone()),
        ("GET", spent),
        ("GET", unreachable.clone().with_session_of(&login)),
        ("DELETE", unreachable.with_session_of(&login)),
        ("DELETE", foreign),
        ("DELETE", member),
        ("POST", body(&around, good)),
        ("GET", around.clone()),
        ("DELETE", around),
    ];
    let mut responses = Vec::new();
    for (method, client) in requests {
        responses.push((method, client.send(method, path, "").await));
    }
    for query in ["all=true", "all=false"] {
        responses.push(("DELETE", client.send("DELETE", path, query).await));
    }
    responses
}

#[tokio::test]
async fn every_documented_response_occurs() {
    let app = TestApp::start().await;
    let mut seen: BTreeSet<Documented> = BTreeSet::new();
    let (one, other) = tokio::join!(provoke(&app, "/sessions"), provoke(&app, "/sessions/"));
    for (path, responses) in [("/sessions", one), ("/sessions/", other)] {
        for (method, response) in responses {
            seen.extend(Document::of_workspace().find(method, path, &response));
        }
    }
    for method in ["GET", "POST", "DELETE"] {
        let response = app.client().send(method, "/sessions/1", "").await;
        seen.extend(Document::of_workspace().find(method, "/sessions/{rest}", &response));
    }
    let documented = Document::of_workspace().responses().into_iter();
    let expected: BTreeSet<_> = documented.filter(|(_, _, code)| code != NOT_PROVOKED).collect();
    assert_eq!(seen, expected);
}

#[test]
fn every_code_in_the_document_belongs_to_a_response() {
    let document = Document::of_workspace();
    let codes = document.responses().into_iter().map(|(_, _, code)| code).filter(|code| !code.is_empty());
    assert_eq!(&codes.collect::<BTreeSet<_>>(), document.codes());
}

#[test]
fn the_template_and_the_document_have_the_same_routes() {
    let template: Value = serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap();
    let events = |resource: &Value| resource["Properties"]["Events"].as_object().cloned().unwrap_or_default();
    let events = template["Resources"].as_object().unwrap().values().flat_map(|it| events(it).into_values());
    let paths = |path: &str| match path.strip_suffix("{proxy+}") {
        Some(folder) => vec![folder.to_owned(), format!("{folder}{{rest}}")],
        None => vec![path.to_owned()],
    };
    let operations = |event: Value| {
        let text = |name: &str| event["Properties"][name].as_str().unwrap().to_owned();
        let method = text("Method");
        paths(&text("Path")).into_iter().map(move |path| (method.clone(), path)).collect::<Vec<_>>()
    };
    let deployed: BTreeSet<Operation> = events.flat_map(operations).collect();
    let documented: BTreeSet<Operation> = Document::of_workspace().operations().cloned().collect();
    assert_eq!(deployed, documented);
}

#[test]
fn the_document_has_the_version_of_the_workspace() {
    assert_eq!(Document::of_workspace().version(), env!("CARGO_PKG_VERSION"));
}
