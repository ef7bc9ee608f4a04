//! A request from the application, read strictly. Unknown fields are refused, because a misspelt `currentPassword` must
//! not skip the check.

use shared::gateway::fields::{Fault, Fields};
use shared::members::{Email, MemberId, MemberRef, Password};
use shared::sessions::SessionHash;

/// The request for one action.
#[derive(Debug)]
pub enum Request {
    /// Add a member.
    Add {
        /// The email, which must be a valid address.
        email: Email,
        /// The password. The policy is not checked yet.
        password: Password,
    },
    /// Return a member.
    Find(MemberRef),
    /// Set a member's password.
    SetPassword {
        /// The member.
        member: MemberRef,
        /// The new password. The policy is not checked yet.
        password: Password,
        /// The current password as the member typed it; `None` if the application does not ask for it.
        current: Option<Password>,
        /// Whether to skip the policy, because the member has this password in another system.
        allow_weak: bool,
    },
    /// Change a member's email.
    SetEmail {
        /// The member. The field `email` holds the new email, so only an id can name the member.
        member: MemberId,
        /// The new email, which must be a valid address.
        email: Email,
    },
    /// List a member's live sessions.
    Sessions {
        /// The member.
        member: MemberRef,
        /// The most sessions in the response, 1 to [`MOST_SESSIONS`].
        limit: usize,
        /// The last session of the previous page; `None` for the first page.
        cursor: Option<SessionHash>,
    },
    /// End one session of a member.
    EndSession {
        /// The member.
        member: MemberRef,
        /// The session's id.
        id: SessionHash,
    },
    /// Revoke all sessions of a member.
    EndSessions(MemberRef),
    /// Bar a member from logging in.
    Disable(MemberRef),
    /// Let a disabled member log in again.
    Enable(MemberRef),
    /// Remove a member.
    Remove(MemberRef),
}

/// The actions, each with its fields.
const ACTIONS: [(&str, &[&str]); 10] = [
    ("add", &["email", "password"]),
    ("find", MEMBER),
    ("setPassword", &["email", "memberId", "password", "currentPassword", "allowWeak"]),
    ("setEmail", &["memberId", "email"]),
    ("sessions", &["email", "memberId", "limit", "cursor"]),
    ("endSession", &["email", "memberId", "id"]),
    ("endSessions", MEMBER),
    ("disable", MEMBER),
    ("enable", MEMBER),
    ("remove", MEMBER),
];

const MEMBER: &[&str] = &["email", "memberId"];

/// All fields that an error may name.
const FIELDS: [&str; 9] =
    ["action", "email", "memberId", "password", "currentPassword", "allowWeak", "limit", "cursor", "id"];

/// The most sessions in one response.
pub const MOST_SESSIONS: u64 = 100;

/// Large enough for the longest email and two passwords with every character escaped.
const LARGEST_PAYLOAD_BYTES: usize = 8192;

/// The most sessions in one response if the request has no `limit`.
const USUAL_SESSIONS: u64 = 20;

impl Request {
    /// Reads the JSON text of an invocation's payload.
    ///
    /// # Errors
    /// When a field is wrong. The text names the field and the fault, never the field's value.
    pub fn parse(payload: &str) -> Result<Self, Fault> {
        if payload.len() > LARGEST_PAYLOAD_BYTES {
            return Err(format!("the payload is over {LARGEST_PAYLOAD_BYTES} bytes"));
        }
        let fields = &Fields::parse(payload, &FIELDS)?;
        let action = fields.text("action")?;
        check_names(fields, action)?;
        Ok(match action {
            "add" => Self::Add { email: address(fields)?, password: password(fields, "password")? },
            "find" => Self::Find(member(fields)?),
            "setPassword" => set_password(fields)?,
            "setEmail" => Self::SetEmail { member: required_id(fields)?, email: address(fields)? },
            "sessions" => Self::Sessions {
                member: member(fields)?,
                limit: limit(fields)?,
                cursor: hash(fields, "cursor")?,
            },
            "endSession" => {
                let id = hash(fields, "id")?.ok_or("id is missing")?;
                Self::EndSession { member: member(fields)?, id }
            }
            "endSessions" => Self::EndSessions(member(fields)?),
            "disable" => Self::Disable(member(fields)?),
            "enable" => Self::Enable(member(fields)?),
            "remove" => Self::Remove(member(fields)?),
            _ => return Err(unknown_action()),
        })
    }
}

/// Refuses `allowWeak` together with `currentPassword`, because a member who changes the password must follow the
/// policy.
fn set_password(fields: &Fields) -> Result<Request, Fault> {
    let current = fields.optional_text("currentPassword")?.map(Password::new);
    let allow_weak = fields.flag("allowWeak")?;
    if allow_weak && current.is_some() {
        return Err("allowWeak and currentPassword must not both be given".to_owned());
    }
    let (member, password) = (member(fields)?, password(fields, "password")?);
    Ok(Request::SetPassword { member, password, current, allow_weak })
}

fn check_names(fields: &Fields, action: &str) -> Result<(), Fault> {
    let (_, known) = ACTIONS.iter().find(|(name, _)| *name == action).ok_or_else(unknown_action)?;
    let is_known = |name: &str| name == "action" || known.contains(&name);
    if fields.names().all(is_known) {
        return Ok(());
    }
    Err(format!("a field is not one of action, {}", known.join(", ")))
}

fn unknown_action() -> Fault {
    format!("action must be one of {}", ACTIONS.map(|(name, _)| name).join(", "))
}

/// The member, by either the email or the id.
fn member(fields: &Fields) -> Result<MemberRef, Fault> {
    let email = fields.optional_text("email")?.map(Email::parse).transpose();
    let email = email.map_err(|fault| format!("email {fault}"))?;
    match (email, id(fields)?) {
        (Some(email), None) => Ok(MemberRef::Email(email)),
        (None, Some(id)) => Ok(MemberRef::Id(id)),
        (None, None) => Err("email or memberId is missing".to_owned()),
        (Some(_), Some(_)) => Err("email and memberId must not both be given".to_owned()),
    }
}

fn id(fields: &Fields) -> Result<Option<MemberId>, Fault> {
    let Some(number) = fields.number("memberId")? else { return Ok(None) };
    let id = MemberId::new(number)
        .ok_or_else(|| format!("memberId must be from 1 to {}", MemberId::LARGEST.get()));
    id.map(Some)
}

fn required_id(fields: &Fields) -> Result<MemberId, Fault> {
    id(fields)?.ok_or_else(|| "memberId is missing".to_owned())
}

fn address(fields: &Fields) -> Result<Email, Fault> {
    Email::for_member(fields.text("email")?).map_err(|fault| format!("email {fault}"))
}

fn password(fields: &Fields, name: &str) -> Result<Password, Fault> {
    fields.text(name).map(Password::new)
}

fn limit(fields: &Fields) -> Result<usize, Fault> {
    let limit = fields.number("limit")?.unwrap_or(USUAL_SESSIONS);
    let limit = usize::try_from(limit).ok().filter(|_| (1..=MOST_SESSIONS).contains(&limit));
    limit.ok_or_else(|| format!("limit must be from 1 to {MOST_SESSIONS}"))
}

fn hash(fields: &Fields, name: &str) -> Result<Option<SessionHash>, Fault> {
    let hash = fields.optional_text(name)?.map(str::parse).transpose();
    hash.map_err(|fault| format!("{name} {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(payload: &str) -> String {
        Request::parse(payload).expect_err(payload)
    }

    #[test]
    fn the_detail_names_the_field_and_the_fault() {
        for (payload, detail) in [
            ("null", "the body is not a JSON object"),
            ("[]", "the body is not a JSON object"),
            (r#"{"action":"find","memberId":1} x"#, "the body is not a JSON object"),
            ("{}", "action is missing"),
            (r#"{"action":1}"#, "action must be a string"),
            (r#"{"action":"find","action":"remove"}"#, "action is given twice"),
            (r#"{"action":"find"}"#, "email or memberId is missing"),
            (r#"{"action":"find","memberId":1,"email":"a@b"}"#, "email and memberId must not both be given"),
            (r#"{"action":"find","memberId":"1"}"#, "memberId must be a whole number"),
            (r#"{"action":"find","memberId":1.0}"#, "memberId must be a whole number"),
            (r#"{"action":"find","memberId":null}"#, "memberId must be a whole number"),
            (r#"{"action":"find","memberId":0}"#, "memberId must be from 1 to 9007199254740991"),
            (
                r#"{"action":"find","memberId":9007199254740992}"#,
                "memberId must be from 1 to 9007199254740991",
            ),
            (r#"{"action":"find","email":" "}"#, "email must not be empty"),
            (r#"{"action":"find","memberId":1,"x":1}"#, "a field is not one of action, email, memberId"),
            (
                r#"{"action":"setPassword","memberId":1,"password":"p","currentpassword":"c"}"#,
                "a field is not one of action, email, memberId, password, currentPassword, allowWeak",
            ),
            (
                r#"{"action":"setPassword","memberId":1,"password":"p","currentPassword":null}"#,
                "currentPassword must be a string",
            ),
            (r#"{"action":"setPassword","memberId":1}"#, "password is missing"),
            (
                r#"{"action":"setPassword","memberId":1,"password":"p","currentPassword":"c","allowWeak":true}"#,
                "allowWeak and currentPassword must not both be given",
            ),
            (
                r#"{"action":"add","email":"NULL","password":"p"}"#,
                "email must have one @ with something on both sides",
            ),
            (
                r#"{"action":"add","email":"a@b","memberId":1,"password":"p"}"#,
                "a field is not one of action, email, password",
            ),
            (r#"{"action":"setEmail","email":"a@b"}"#, "memberId is missing"),
            (r#"{"action":"sessions","memberId":1,"limit":0}"#, "limit must be from 1 to 100"),
            (r#"{"action":"sessions","memberId":1,"limit":101}"#, "limit must be from 1 to 100"),
            (r#"{"action":"sessions","memberId":1,"cursor":"x"}"#, "cursor must be 64 hexadecimal digits"),
            (r#"{"action":"endSession","memberId":1}"#, "id is missing"),
        ] {
            assert_eq!(fault(payload), detail, "{payload}");
        }
        assert!(fault(r#"{"action":"removeAll"}"#).starts_with("action must be one of add, find, "));
    }

    #[test]
    fn no_detail_repeats_a_submitted_value() {
        for payload in [
            r#"{"action":"enchantress"}"#,
            r#"{"action":"find","enchantress":1}"#,
            r#"{"action":"find","email":["enchantress"]}"#,
            r#"{"action":"add","email":"enchantress","password":"enchantress"}"#,
            r#"{"enchantress":1,"enchantress":1}"#,
            r#""enchantress""#,
        ] {
            assert!(!fault(payload).contains("enchantress"), "{payload}");
        }
    }

    #[test]
    fn a_request_does_not_print_its_password_or_email() {
        let request = r#"{"action":"add","email":"ada@example.com","password":"enchantress"}"#;
        let printed = format!("{:?}", Request::parse(request).unwrap());
        assert!(!printed.contains("ada@") && !printed.contains("enchantress"), "{printed}");
    }
}
