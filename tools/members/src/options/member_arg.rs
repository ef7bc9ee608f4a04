//! A member on the command line: the email or the id.

use clap::Args;
use shared::members::{Email, InvalidEmail, MemberId, MemberRef};

/// The argument for a member.
#[derive(Debug, Args)]
pub(crate) struct MemberArg {
    /// The member's email or member id
    #[arg(value_name = "EMAIL|ID", value_parser = parse)]
    pub(crate) member: MemberRef,
}

/// Reads digits as an id and any other text as an email, because no email consists of digits.
fn parse(text: &str) -> Result<MemberRef, InvalidEmail> {
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()).and_then(MemberId::new) {
        Some(id) => Ok(MemberRef::Id(id)),
        None => Email::parse(text).map(MemberRef::Email),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_an_id_and_any_other_text_is_an_email() {
        assert!(matches!(parse("7"), Ok(MemberRef::Id(id)) if id.get() == 7));
        for email in ["7@example.com", "ada@example.com", "+7", "0", "9007199254740992", "7 "] {
            assert!(matches!(parse(email), Ok(MemberRef::Email(_))), "{email}");
        }
        assert!(parse("").is_err());
    }
}
