//! The session cookie: its attributes, and what is not one.

use proptest::prelude::*;
use proptest::sample::Index;
use tests::{COOKIE, TestApp};

/// The attributes of a `Set-Cookie`, in alphabetical order, without name and value.
fn attributes(cookie: &str) -> Vec<&str> {
    let mut attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

#[tokio::test]
async fn a_session_cookie_goes_with_the_browser_and_a_remembered_one_stays_30_days() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let names: Vec<_> = login.cookies.iter().map(|it| it.split('=').next().unwrap()).collect();
    assert_eq!(names, ["__Host-Http-session", "__Host-Http-device"]);
    assert_eq!(attributes(&login.cookies[0]), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);

    let login = app.client().login_and_remember().await;
    assert_eq!(
        attributes(&login.cookies[0]),
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict", "Secure"]
    );
}

#[tokio::test]
async fn logout_clears_with_the_same_attributes() {
    let app = TestApp::start().await;
    for client in [app.client(), app.client().logged_in().await] {
        let logout = client.logout().await;
        assert_eq!(logout.cookies.len(), 1, "the device stays known");
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

#[tokio::test]
async fn only_a_login_that_succeeds_and_a_logout_set_a_cookie() {
    let app = TestApp::start().await;
    assert!(app.client().login("ada@example.com", "wrong").await.cookies.is_empty());
    assert!(app.client().login_with("{}").await.cookies.is_empty());
    assert!(app.client().status().await.cookies.is_empty());
    assert!(app.client().logged_in().await.status().await.cookies.is_empty());
}

#[tokio::test]
async fn any_changed_byte_is_nobody() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let good = login.session_cookie();
    for at in 0..good.len() {
        for other in ['A', 'B', '_', '=', '!', ' '] {
            let mut changed = good.clone();
            changed.replace_range(at..=at, &other.to_string());
            let answer = app.client().with_cookie(&changed).status().await;
            assert_eq!(answer.status, if changed == good { 200 } else { 401 }, "byte {at} as {other:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_exactly_one_cookie_of_ours_is_nobody() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let good = login.session_cookie();
    for (case, cookies) in [
        ("two", format!("{COOKIE}={good}; {COOKIE}={good}")),
        ("ours and another of the name", format!("{COOKIE}=x; {COOKIE}={good}")),
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
        assert!(app.client().with_cookies(&cookies).status().await.is(401, "NOT_AUTHENTICATED"), "{case}");
    }
    for (case, cookies) in [
        ("others before", format!("a=1; b=\"2\"; {COOKIE}={good}")),
        ("others after", format!("{COOKIE}={good}; theme=dark")),
    ] {
        assert_eq!(app.client().with_cookies(&cookies).status().await.status, 200, "{case}");
    }
}

#[tokio::test]
async fn a_cookie_of_another_deployment_is_nobody() {
    let (here, there) = (TestApp::start().await, TestApp::start().await);
    here.client().logged_in().await;
    let login = there.client().login("ada@example.com", "enchantress").await;
    assert!(here.client().with_session_of(&login).status().await.is(401, "NOT_AUTHENTICATED"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_cookie_header_whatever_is_anybody(cookies in "\\PC{0,300}", at: Index) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::start().await;
            let mut named = cookies.clone();
            let at = at.index(named.len() + 1);
            let at = (at..=named.len()).find(|&at| named.is_char_boundary(at)).unwrap();
            named.insert_str(at, "__Host-Http-session=");
            for cookies in [cookies, named] {
                let status = app.client().with_cookies(&cookies).status().await.status;
                assert!(matches!(status, 400 | 401), "{status}");
            }
        });
    }
}
