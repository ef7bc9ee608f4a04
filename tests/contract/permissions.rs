//! The functions' permissions, and the calls that they make.

use embedded_dynamodb::Template;
use serde_json::{Value, json};
use std::time::Duration;
use tests::TestApp;

const DAY: Duration = Duration::from_hours(24);

/// Makes every kind of call: keys are made and rotated, a hash is renewed, a session is replaced, used and ended, and
/// all sessions are ended.
async fn everything(app: &TestApp) {
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("builder", 5).unwrap()).await;
    let first = app.client();
    let first = first.clone().with_session_of(&first.login("bob@example.com", "builder").await);
    app.advance(31 * DAY);
    let second = app.client().logged_in().await.logged_in().await;
    app.advance(Duration::from_mins(6));
    assert_eq!(second.status().await.status, 200);
    app.advance(Duration::from_mins(6));
    assert_eq!(app.decide(&second.question()).await.unwrap()["isAuthorized"], json!(true));
    for client in [first, second] {
        client.logout_everywhere().await;
        client.logout().await;
    }
}

#[tokio::test]
async fn a_function_may_do_what_it_does_and_nothing_else() {
    let app = TestApp::start().await;
    everything(&app).await;
    for function in ["authorizer", "login", "logout", "status"] {
        assert_eq!(
            app.permissions_used(function),
            Template::of_workspace().permissions(function),
            "{function}"
        );
    }
}

/// A table is encrypted and stays when the stack is deleted. Only `Members` can be restored: a restored session could be
/// one that was revoked, and a restored epoch brings revoked sessions back.
#[test]
fn every_table_is_kept_safe() {
    let template: Value = serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap();
    for (name, table) in template["Resources"].as_object().unwrap() {
        if table["Type"] != json!("AWS::DynamoDB::Table") {
            continue;
        }
        let properties = &table["Properties"];
        assert_eq!(table["DeletionPolicy"], json!("Retain"), "{name}");
        assert_eq!(table["UpdateReplacePolicy"], json!("Retain"), "{name}");
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], json!(true), "{name}");
        assert!(properties.get("DeletionProtectionEnabled").is_some(), "{name}");
        let is_lasting = name == "MembersTable";
        let restorable = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        assert_eq!(restorable == &json!(true), is_lasting, "{name}");
    }
}
