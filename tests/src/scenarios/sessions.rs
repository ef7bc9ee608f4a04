//! How sessions start and end.

use crate::api::{Api, Member};
use crate::response::Response;

pub(super) async fn a_wrong_password_and_an_unknown_email_look_the_same(api: Api) {
    let Member { email, .. } = api.member();
    let [wrong, unknown] = [email, api.unknown_email()];
    let observables = [observable(&api, &wrong).await, observable(&api, &unknown).await];
    assert_eq!(observables[0], observables[1]);
}

/// The observable parts of a failed login, without values that change with time: date, trace id and remaining permits.
async fn observable(api: &Api, email: &str) -> (String, Vec<String>) {
    let Response { status, headers, cookies, body } = api.client().login(email, "not the password").await;
    assert_eq!((status, cookies.len()), (401, 0));
    (body, headers.into_iter().map(|(name, _)| name).collect())
}

pub(super) async fn a_failed_login_leaves_the_session_of_its_cookie(api: Api) {
    let client = api.logged_in().await;
    assert_eq!(client.login(&api.unknown_email(), "wrong").await.status, 401);
    assert_eq!(client.status().await.status, 200);
}

pub(super) async fn a_login_starts_a_new_session_and_ends_the_session_of_its_cookie(api: Api) {
    let Member { email, password } = api.member();
    let before = api.client().with_session_of(&api.login().await);
    let other = api.logged_in().await;
    let login = before.login(&email, &password).await;
    let after = api.client().with_session_of(&login);
    assert_eq!((before.status().await.status, after.status().await.status), (401, 200));
    assert_eq!(other.status().await.status, 200);
}

pub(super) async fn logout_ends_one_session_and_logout_everywhere_ends_all_sessions(api: Api) {
    let first = api.client().with_session_of(&api.login().await);
    let second = api.client().with_session_of(&api.login().await);
    let third = api.logged_in().await;

    first.logout().await;
    assert_eq!((first.status().await.status, second.status().await.status), (401, 200));

    let refused = first.logout_everywhere().await;
    assert!(refused.is(401, "NOT_AUTHENTICATED"), "a session that ended revokes nothing");
    assert_eq!(refused.session_cookie(), "");
    for query in ["all", "all=", "all=false", "all=True", "all=1", "all=false&all=true", "all=true&all=true"]
    {
        let response = second.send("DELETE", "/sessions/", query).await;
        assert!(response.is(400, "INVALID_REQUEST") && response.cookies.is_empty(), "{query}");
    }
    assert_eq!(second.status().await.status, 200);

    let response = second.logout_everywhere().await;
    assert_eq!((response.status, response.session_cookie().as_str()), (200, ""));
    assert_eq!((second.status().await.status, third.status().await.status), (401, 401));
}
