//! A request is held before its last call while another request runs to its end.

use crate::change::Change;
use crate::{PASSWORD, add_member, app};
use aws_sdk_dynamodb::Client;
use shared::limits::RateLimiter;
use shared::members::Email;
use shared::store::with_limits;
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Call, FaultProxy, Times};

#[tokio::test]
async fn a_login_verified_before_a_change_starts_no_live_session() {
    let app = app().await;
    for change in Change::OF_THE_MEMBER.into_iter().chain([Change::EndSessions, Change::SetEmail]) {
        let email = format!("{change:?}@example.com");
        let member = add_member(&app, &email).await;
        let proxy = app.fault_proxy();
        let (client, accounts) = (app.through(&proxy).client(), app.accounts());
        let address = Email::parse(&email).unwrap();
        let start = (Call("TransactWriteItems", ""), Times::Always);
        let change_member = change.apply(&address, &accounts, app.now());
        let (login, ()) = proxy.hold_during(start, client.login(&email, PASSWORD), change_member).await;
        if matches!(change, Change::EndSessions) {
            let session = app.client().with_session_of(&login);
            assert_eq!((login.status, session.status().await.status), (200, 401), "{}", login.body);
        } else {
            assert!(login.is(401, "INVALID_CREDENTIALS"), "{change:?}: {}", login.body);
            assert_eq!(login.cookies.len(), 0, "{change:?}");
        }
        assert_eq!(app.count_sessions(member).await, 0, "{change:?}");
    }
}

#[tokio::test]
async fn a_session_that_starts_during_a_change_is_not_live_after_it() {
    let app = app().await;
    for change in Change::OF_THE_MEMBER {
        let email = format!("{change:?}@example.com");
        add_member(&app, &email).await;
        let proxy = app.fault_proxy();
        let (accounts, address) = (app.through(&proxy).accounts(), Email::parse(&email).unwrap());
        let write = (Call("TransactWriteItems", ""), Times::Always);
        let (change_member, client) = (change.apply(&address, &accounts, app.now()), app.client());
        let ((), login) = proxy.hold_during(write, change_member, client.login(&email, PASSWORD)).await;
        assert_eq!(login.status, 200, "{change:?}: the member is not changed yet");
        assert_eq!(app.client().with_session_of(&login).status().await.status, 401, "{change:?}");
    }
}

#[tokio::test]
async fn a_status_call_from_before_a_logout_does_not_revive_the_session() {
    let app = app().await;
    for everywhere in [false, true] {
        let session = app.session_of("ada@example.com").await;
        app.age_sessions(1, Duration::from_mins(10)).await;
        let proxy = app.fault_proxy();
        let (held, client) =
            (app.through(&proxy).client().with_cookie(&session), app.client().with_cookie(&session));
        let touch = (Call("UpdateItem", "SessionsTable"), Times::Always);
        let end = async { if everywhere { client.logout_everywhere().await } else { client.logout().await } };
        let (status, logout) = proxy.hold_during(touch, held.status(), end).await;
        assert_eq!(logout.status, 200);
        // A status call that read the epoch before the revocation may return 200. The session has ended nevertheless.
        assert!(status.is(401, "NOT_AUTHENTICATED") || everywhere && status.status == 200, "{}", status.body);
        assert_eq!((client.status().await.status, app.count_sessions(1).await), (401, 0));
    }
}

/// Two instances with the same bucket of ten permits. The calls of the second instance go through the proxy.
fn limiters(app: &TestApp, proxy: &FaultProxy) -> [RateLimiter; 2] {
    let config = app.database().config().to_builder();
    let through_proxy = Client::from_conf(with_limits(proxy.config(config)).build());
    [app.database(), through_proxy].map(|client| {
        let quota = "10/3600".parse().unwrap();
        RateLimiter::new(client, "RateLimitsTable".into(), "account", quota).refundable()
    })
}

#[tokio::test]
async fn a_refund_between_two_writes_does_not_look_like_an_empty_bucket() {
    let app = app().await;
    let (proxy, now) = (app.fault_proxy(), app.now());
    let [other, held] = limiters(&app, &proxy);
    other.take(&"ada", now).await.unwrap();
    let second = (Call("UpdateItem", "tat + :interval"), Times::Once);
    let (taken, ()) = proxy.hold_during(second, held.take(&"ada", now), other.refund(&"ada", now)).await;
    assert_eq!(taken.unwrap().remaining(), 9, "the bucket became full before the second write");
}

#[tokio::test]
async fn a_permit_taken_between_two_writes_does_not_look_like_an_empty_bucket() {
    let app = app().await;
    let (proxy, now) = (app.fault_proxy(), app.now());
    let [other, held] = limiters(&app, &proxy);
    held.take(&"ada", now).await.unwrap();
    other.refund(&"ada", now).await;
    let second = (Call("UpdateItem", "attribute_not_exists"), Times::Once);
    let (taken, others) = proxy.hold_during(second, held.take(&"ada", now), other.take(&"ada", now)).await;
    assert!(others.is_ok());
    assert_eq!(taken.unwrap().remaining(), 8, "the bucket was no longer full at the second write");
}
