//! A request that is held before its last call while another request is answered.

use crate::change::Change;
use crate::{PASSWORD, add_member, app};
use aws_sdk_dynamodb::Client;
use shared::limits::RateLimiter;
use shared::members::Email;
use shared::store::with_limits;
use std::time::Duration;
use tests::wire::{Call, Fault, Times};

#[tokio::test]
async fn a_login_that_verified_before_a_change_starts_no_live_session_after_it() {
    let app = app().await;
    for change in Change::ALL {
        let email = format!("{change:?}@example.com");
        let member = add_member(&app, &email).await;
        let wire = app.wire();
        wire.disturb(Call("TransactWriteItems", ""), Fault::Held, Times::Always);
        let client = app.over(&wire).client();
        let login = async { client.login(&email, PASSWORD).await };
        let meanwhile = async {
            wire.hit(1).await;
            change.make(&Email::parse(&email).unwrap(), &app.accounts(), app.now()).await;
            wire.heal().await;
        };
        let (login, ()) = tokio::join!(login, meanwhile);
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
async fn a_login_during_a_change_starts_no_session_that_is_live_after_it() {
    let app = app().await;
    for change in Change::OF_THE_MEMBER {
        let email = format!("{change:?}@example.com");
        add_member(&app, &email).await;
        let wire = app.wire();
        wire.disturb(Call("UpdateItem", "MembersTable"), Fault::Held, Times::Always);
        let (accounts, address) = (app.over(&wire).accounts(), Email::parse(&email).unwrap());
        let meanwhile = async {
            wire.hit(1).await;
            let login = app.client().login(&email, PASSWORD).await;
            wire.heal().await;
            login
        };
        let ((), login) = tokio::join!(change.make(&address, &accounts, app.now()), meanwhile);
        assert_eq!(login.status, 200, "{change:?}: the member is not changed yet");
        assert_eq!(app.client().with_session_of(&login).status().await.status, 401, "{change:?}");
    }
}

#[tokio::test]
async fn a_status_call_that_found_the_session_before_its_logout_does_not_bring_it_back() {
    let app = app().await;
    for everywhere in [false, true] {
        let session = app.session_of("ada@example.com").await;
        app.age_sessions(1, Duration::from_mins(10)).await;
        let wire = app.wire();
        wire.disturb(Call("UpdateItem", "SessionsTable"), Fault::Held, Times::Always);
        let (held, client) =
            (app.over(&wire).client().with_cookie(&session), app.client().with_cookie(&session));
        let meanwhile = async {
            wire.hit(1).await;
            let logout = if everywhere { client.logout_everywhere().await } else { client.logout().await };
            assert_eq!(logout.status, 200);
            wire.heal().await;
        };
        let (status, ()) = tokio::join!(held.status(), meanwhile);
        // A call that read the epoch before the revocation may say that it came first. The session is over all the same.
        assert!(status.is(401, "NOT_AUTHENTICATED") || everywhere && status.status == 200, "{}", status.body);
        assert_eq!((client.status().await.status, app.count_sessions(1).await), (401, 0));
    }
}

#[tokio::test]
async fn a_token_that_comes_back_between_two_writes_is_not_taken_for_an_empty_bucket() {
    let app = app().await;
    let wire = app.wire();
    let now = app.now();
    let limiter = |client| {
        RateLimiter::new(client, "RateLimitsTable".into(), "account", "10/3600".parse().unwrap()).refundable()
    };
    let other = limiter(app.database());
    let config = with_limits(wire.config(app.database().config().to_builder()));
    let held = limiter(Client::from_conf(config.build()));

    other.take(&"ada", now).await.unwrap();
    wire.disturb(Call("UpdateItem", "tat + :interval"), Fault::Held, Times::Once);
    let refund = async {
        wire.hit(1).await;
        other.refund(&"ada", now).await;
        wire.heal().await;
    };
    let (taken, ()) = tokio::join!(held.take(&"ada", now), refund);
    assert_eq!(
        taken.unwrap().remaining(),
        9,
        "the bucket became full between the first and the second write"
    );

    other.refund(&"ada", now).await;
    wire.disturb(Call("UpdateItem", "attribute_not_exists"), Fault::Held, Times::Once);
    let take = async {
        wire.hit(1).await;
        other.take(&"ada", now).await.unwrap();
        wire.heal().await;
    };
    let (taken, ()) = tokio::join!(held.take(&"ada", now), take);
    assert_eq!(taken.unwrap().remaining(), 8, "the bucket was full between the first and the second write");
}
