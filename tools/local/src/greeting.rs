//! The lines that the server prints when it is ready. Programs read them too.

use crate::database::{TEST_EMAIL, TEST_PASSWORD};
use embedded_dynamodb::table_variables;
use std::fmt::Write;
use std::path::Path;

/// The greeting for the whole API. The first line is the URL alone. Then come commands to paste: log in, get the
/// session, log out, list the members in the database at `endpoint`, and export the variables with which an AWS SDK
/// finds the functions and trusts `certificate`.
pub(crate) fn of_api(url: &str, endpoint: &str, certificate: Option<&Path>) -> String {
    let flags = if url.starts_with("https:") { "-ik" } else { "-i" };
    let login = format!(r#"{{"email":"{TEST_EMAIL}","password":"{TEST_PASSWORD}"}}"#);
    format!(
        "{url}\n\
         Open it in a browser, or paste these into a second terminal:\n\
         curl {flags} -c {JAR} -H 'Content-Type: application/json' -d '{login}' {url}/sessions/\n\
         curl {flags} -b {JAR} {url}/sessions/\n\
         curl {flags} -b {JAR} -c {JAR} -X DELETE {url}/sessions/\n\
         cargo run -p members -- list --local={endpoint}\n\
         export AWS_ENDPOINT_URL_LAMBDA={url} MEMBERS_FUNCTION=members AUTHORIZER_FUNCTION=authorizer # docs/members-function.md\n\
         export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n\
         {}",
        certificate.map(trust).unwrap_or_default()
    )
}

/// The variables with which boto3 and Node trust `certificate`.
fn trust(certificate: &Path) -> String {
    let certificate = certificate.display();
    format!("export AWS_CA_BUNDLE={certificate} NODE_EXTRA_CA_CERTS={certificate}\n")
}

/// The file in which curl keeps the cookies. Git ignores it.
const JAR: &str = "cookies.txt";

/// Shell lines with the variables that a function needs for the database at `endpoint`. The other variables have
/// defaults.
pub(crate) fn of_database(endpoint: &str) -> String {
    let connection = [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", "us-east-1"),
    ];
    let tables = table_variables();
    let tables = tables.iter().map(|(name, table)| (name.as_str(), table.as_str()));
    connection.into_iter().chain(tables).fold(String::new(), |mut lines, (name, value)| {
        let _ = writeln!(lines, "export {name}={value}");
        lines
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_url_and_commands_follow() {
        let greeting = of_api("http://localhost:9000", "http://127.0.0.1:8000", None);
        let lines: Vec<_> = greeting.lines().collect();
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[0], "http://localhost:9000");
        assert!(lines[1].contains("browser"));
        assert!(lines[2..5].iter().all(|line| line.starts_with("curl ") && line.contains(lines[0])));
        assert!(lines[5].starts_with("cargo run ") && lines[5].ends_with("http://127.0.0.1:8000"));
        assert!(
            lines[6].starts_with("export AWS_ENDPOINT_URL_LAMBDA=http://localhost:9000 MEMBERS_FUNCTION=")
        );
        assert!(!greeting.contains("curl -ik") && !greeting.contains("AWS_CA_BUNDLE"));
        let https = of_api("https://localhost:9000", "", Some(Path::new("/tmp/localhost.pem")));
        assert!(https.contains("curl -ik"));
        assert!(https.ends_with("AWS_CA_BUNDLE=/tmp/localhost.pem NODE_EXTRA_CA_CERTS=/tmp/localhost.pem\n"));
    }

    #[test]
    fn the_environment_has_every_variable_without_a_default() {
        assert_eq!(
            of_database("http://127.0.0.1:8000"),
            "export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000\n\
             export AWS_ACCESS_KEY_ID=local\n\
             export AWS_SECRET_ACCESS_KEY=local\n\
             export AWS_REGION=us-east-1\n\
             export EPOCHS_TABLE=EpochsTable\n\
             export MEMBERS_TABLE=MembersTable\n\
             export RATE_LIMITS_TABLE=RateLimitsTable\n\
             export SESSIONS_TABLE=SessionsTable\n\
             export SIGNING_KEYS_TABLE=SigningKeysTable\n"
        );
    }
}
