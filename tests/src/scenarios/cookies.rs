//! The session cookie: its attributes, and invalid values.

use crate::api::{Api, Member};
use crate::client::{COOKIE, DEVICE_COOKIE};
use serde_json::json;

/// The attributes of a `Set-Cookie`, in alphabetical order, without name and value.
fn attributes(cookie: &str) -> Vec<&str> {
    let mut attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

pub(super) async fn a_session_cookie_has_max_age_only_if_it_is_remembered(api: Api) {
    let login = api.shared_login().await;
    let names: Vec<_> = login.cookies.iter().map(|it| it.split('=').next().unwrap_or_default()).collect();
    assert_eq!(names, [COOKIE, DEVICE_COOKIE]);
    assert_eq!(attributes(&login.cookies[0]), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);

    let Member { email, password } = api.member();
    let body = json!({ "email": email, "password": password, "remember": true });
    let login = api.client().login_with(&body.to_string()).await;
    let [http_only, max_age, rest @ ..] = &attributes(&login.cookies[0])[..] else { panic!("too few") };
    assert!(max_age.starts_with("Max-Age="), "{max_age}");
    assert_eq!((*http_only, rest), ("HttpOnly", &["Path=/", "SameSite=Strict", "Secure"][..]));
}

pub(super) async fn logout_clears_the_cookie_with_the_same_attributes(api: Api) {
    let member = api.client().with_session_of(&api.login().await);
    for client in [api.client(), member] {
        let logout = client.logout().await;
        assert_eq!(logout.cookies.len(), 1, "the device stays trusted");
        assert_eq!(logout.session_cookie(), "");
        assert_eq!(
            attributes(&logout.cookies[0]),
            [
                "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                "HttpOnly",
                "Max-Age=0",
                "Path=/",
                "SameSite=Strict",
                "Secure"
            ]
        );
    }
}

pub(super) async fn only_a_successful_login_and_a_logout_set_a_cookie(api: Api) {
    assert!(api.client().login(&api.unknown_email(), "wrong").await.cookies.is_empty());
    assert!(api.client().login_with("{}").await.cookies.is_empty());
    assert!(api.client().status().await.cookies.is_empty());
    assert!(api.logged_in().await.status().await.cookies.is_empty());
}

pub(super) async fn a_session_needs_exactly_one_valid_cookie(api: Api) {
    let good = api.shared_login().await.session_cookie();
    for (case, cookies) in [
        ("two", format!("{COOKIE}={good}; {COOKIE}={good}")),
        ("the right one after another of the same name", format!("{COOKIE}=x; {COOKIE}={good}")),
        ("quoted", format!("{COOKIE}=\"{good}\"")),
        ("longer", format!("{COOKIE}={good}A")),
        ("much longer", format!("{COOKIE}={good}{}", "A".repeat(5000))),
        ("shorter", format!("{COOKIE}={}", &good[..good.len() - 1])),
        ("empty", format!("{COOKIE}=")),
        ("no value", COOKIE.to_owned()),
        ("another case", format!("{}={good}", COOKIE.to_lowercase())),
        ("another name", format!("session={good}")),
        ("another prefix", format!("__Host-session={good}")),
    ] {
        assert!(api.client().with_cookies(&cookies).status().await.is(401, "NOT_AUTHENTICATED"), "{case}");
    }
    for (case, cookies) in [
        ("others before", format!("a=1; b=\"2\"; {COOKIE}={good}")),
        ("others after", format!("{COOKIE}={good}; theme=dark")),
    ] {
        assert_eq!(api.client().with_cookies(&cookies).status().await.status, 200, "{case}");
    }
}
