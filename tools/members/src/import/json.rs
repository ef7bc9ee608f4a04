//! JSON exports of other systems, which have to be turned into CSV.

use std::fmt;

/// A JSON export of a known system, or of any other.
#[derive(Debug)]
pub struct JsonExport {
    system: &'static str,
    /// A name that no other export has near its beginning.
    mark: &'static str,
    /// What prints the rows of the members who may log in (a jq program).
    filter: &'static str,
}

const EXPORTS: [JsonExport; 4] = [
    JsonExport {
        system: "Firebase",
        mark: "\"localId\"",
        filter: ".users[] | select(.email and (.disabled | not)) | [.email, .passwordHash]",
    },
    JsonExport {
        system: "Keycloak",
        mark: "\"realm\"",
        filter: concat!(
            r#".users[] | select(.email and .enabled) | [.email, ([.credentials[]? | select(.type == "password") "#,
            r#"| (.credentialData // "{}" | fromjson) as $data "#,
            r#"| if $data.algorithm == "bcrypt" then .secretData | fromjson | .value "#,
            r#"else $data.algorithm // .algorithm end] | first)]"#,
        ),
    },
    JsonExport {
        system: "Auth0",
        mark: "\"passwordHash\"",
        filter: "select(.email) | [.email, .passwordHash]",
    },
    JsonExport { system: "another system", mark: "", filter: ".[] | [.email, .password_hash]" },
];

impl JsonExport {
    /// The export that starts with these bytes; `None` if they are not JSON.
    pub(crate) fn recognize(start: &[u8]) -> Option<Self> {
        let start = String::from_utf8_lossy(start);
        let is_json = start.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
        EXPORTS.into_iter().find(|export| is_json && start.contains(export.mark))
    }
}

impl fmt::Display for JsonExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, filter, .. } = self;
        let program = format!(r#"["email", "hash"], (inputs | {filter}) | @csv"#);
        write!(
            f,
            "it is JSON, as of {system}: turn it into CSV with jq -rn '{program}' FILE.json > members.csv"
        )
    }
}
