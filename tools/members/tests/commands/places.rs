//! The tables of a stack, of the environment and of the local server.

use crate::program::{Tables, bare_program, email, said, stub, with_input};
use axum::http::StatusCode;
use shared::timestamp::Timestamp;
use std::process::Command;

/// `CloudFormation`'s description of a stack with these outputs (API reference, `DescribeStacks`).
fn described(outputs: &[(&str, &str)]) -> String {
    let list = |kind, entries: &[(&str, &str)]| -> String {
        let tags = |(key, value)| format!("<{kind}Key>{key}</{kind}Key><{kind}Value>{value}</{kind}Value>");
        entries.iter().map(|&entry| format!("<member>{}</member>", tags(entry))).collect::<Vec<_>>().concat()
    };
    let parameters = [("BcryptCost", "11"), ("PasswordMinLength", "15"), ("SiteName", "Tozomania")];
    let (outputs, parameters) = (list("Output", outputs), list("Parameter", &parameters));
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <DescribeStacksResult><Stacks><member><StackName>sessions</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
         <Parameters>{parameters}</Parameters><Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>"
    )
}

const NO_STACK: &str = "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>\
                        <Type>Sender</Type><Code>ValidationError</Code>\
                        <Message>Stack with id sessions does not exist</Message></Error>\
                        <RequestId>1</RequestId></ErrorResponse>";

/// Starts a stub of `CloudFormation` that knows a stack with our tables. Returns the endpoint.
async fn cloudformation() -> String {
    let tables = ["MembersTable", "SessionsTable", "EpochsTable"].map(|name| (name, name));
    stub(StatusCode::OK, described(&tables), |_, request| {
        assert!(request.contains("Action=DescribeStacks") && request.contains("StackName=sessions"));
    })
    .await
}

/// The program, using the stack of the stub `cloudformation` and these tables.
fn on_stack(tables: &Tables, cloudformation: &str, arguments: &[&str]) -> Command {
    let mut program = bare_program(&[arguments, &["--json", "--stack", "sessions"]].concat());
    program.env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation);
    program.env("AWS_ENDPOINT_URL_DYNAMODB", tables.endpoint());
    program.env("AWS_ACCESS_KEY_ID", tables.access_key());
    program.env_remove("BCRYPT_COST");
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_tables_are_those_of_its_outputs_and_the_environment_overrides_its_cost() {
    let (tables, endpoint) = (Tables::start().await, cloudformation().await);
    // A hash of cost 12 is usable if the configured cost is 12 or higher.
    let hash = "$2b$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap();
    tables.accounts().add(&email("ada@example.com"), &hash, Timestamp::now()).await.unwrap();
    for (cost, usable) in [(None, false), (Some("12"), true)] {
        let mut list = on_stack(&tables, &endpoint, &["list"]);
        list.envs(cost.map(|cost| ("BCRYPT_COST", cost)));
        assert_eq!(said(&list.output().unwrap()).record()["usableHash"], usable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_has_to_satisfy_the_stack() {
    let (tables, endpoint) = (Tables::start().await, cloudformation().await);
    let add = |password: &str, environment: &[(&str, &str)]| {
        let mut add = on_stack(&tables, &endpoint, &["add", "ada@example.com", "--password-stdin"]);
        with_input(add.envs(environment.to_vec()), password)
    };
    let too_short = "the password must have 15 characters or more: choose another, or use --allow-weak";
    assert_eq!(add("zq7!vRk#pw", &[]).error(), too_short);
    assert!(add("tozomaniatozomania", &[]).error().starts_with("the password is too easy to guess"));
    add("zq7!vRk#pw", &[("PASSWORD_MIN_LENGTH", "8")]).record();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_is_not_ours_or_not_there_is_named() {
    for (status, body, line) in [
        (
            StatusCode::OK,
            described(&[("ApiUrl", "https://x/")]),
            "the stack sessions has no output MembersTable: ",
        ),
        (StatusCode::BAD_REQUEST, NO_STACK.to_owned(), "cannot read the stack sessions: ValidationError: "),
    ] {
        let endpoint = stub(status, body, |_, _| ()).await;
        let mut list = bare_program(&["list", "--stack", "sessions"]);
        list.env("AWS_ENDPOINT_URL_CLOUDFORMATION", &endpoint);
        let said = said(&list.output().unwrap());
        assert!(said.error().starts_with(line), "{}", said.error());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn local_overrides_what_the_environment_says_about_aws() {
    let tables = Tables::start().await;
    tables.add("ada@example.com").record();
    let local = format!("--local={}", tables.endpoint());
    let mut list = tables.program_at("http://127.0.0.1:1", &["list", "--json", &local]);
    list.env("MEMBERS_TABLE", "deployed").env("SESSIONS_TABLE", "deployed");
    assert_eq!(said(&list.output().unwrap()).record()["memberId"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_about_the_tables_is_one_line_with_advice() {
    let tables = Tables::start().await;
    let no_tables = said(&bare_program(&["list"]).output().unwrap());
    assert!(no_tables.error().starts_with("MEMBERS_TABLE is not set: name a stack with --stack, "));
    let no_server = said(&bare_program(&["list", "--local=http://127.0.0.1:1"]).output().unwrap());
    assert!(no_server.error().contains("start the local server with `cargo run`"), "{}", no_server.error());
    let mut elsewhere = tables.program(&["list"]);
    let other_tables = said(&elsewhere.env("MEMBERS_TABLE", "Others").output().unwrap());
    let line = other_tables.error();
    assert!(
        line.starts_with("ResourceNotFoundException: ") && line.contains("check the tables' names"),
        "{line}"
    );
    let bad_cost = said(&tables.program(&["list"]).env("BCRYPT_COST", "many").output().unwrap());
    assert_eq!(bad_cost.error(), "BCRYPT_COST must be a bcrypt cost, from 10 to 15");
}
