//! Calls of an action that are lost, late or repeated.

use crate::members::{
    ANOTHER, STRONG, WRITE, add, change_password, emails, held_during, remove, set_email, set_password,
};
use crate::{PASSWORD, add_member, app, rounds, stagger};
use serde_json::{Value, json};
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Call, Fault, Times};

/// Sends `request`. The database does its first call with this text, and the answer to that call is lost.
async fn invoke_with_a_lost_answer(app: &TestApp, request: &Value, text: &'static str) -> Value {
    let proxy = app.fault_proxy();
    proxy.disturb(Call("", text), Fault::Lost, Times::Once);
    app.over(&proxy).invoke(request).await
}

#[tokio::test]
async fn an_action_whose_answer_is_lost_says_that_it_is_done() {
    let app = app().await;
    let session = app.session_of("ada@example.com").await;
    for (request, text, done) in [
        (add("bob@example.com"), "attribute_not_exists(email)", json!({"memberId": 2})),
        (remove(2), "AND generation = :generation", json!({})),
        (change_password(1, PASSWORD), "password_hash = :hash", json!({})),
    ] {
        assert_eq!(invoke_with_a_lost_answer(&app, &request, text).await, done, "{}", request["action"]);
    }
    assert_eq!(app.client().with_cookie(&session).status().await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_of_unknown_outcome_can_be_repeated() {
    for fault in [Fault::Throttled, Fault::Lost] {
        let app = app().await;
        let session = app.session_of("ada@example.com").await;
        let proxy = app.fault_proxy();
        proxy.disturb(Call("", "EpochsTable"), fault, Times::Always);
        let request = change_password(1, PASSWORD);
        assert_eq!(app.over(&proxy).invoke(&request).await["error"], "UNAVAILABLE", "{fault:?}");
        assert_eq!(app.invoke(&request).await, json!({}), "{fault:?}");
        assert_eq!(app.client().with_cookie(&session).status().await.status, 401, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_arrives_late_undoes_no_later_action() {
    let app = app().await;
    let [disable, enable] = ["disable", "enable"].map(|action| json!({"action": action, "memberId": 1}));
    let set_strong = json!({"action": "setPassword", "memberId": 1, "password": STRONG});
    for (late, text, later, ada, bob) in [
        (set_password(1), "password_hash = :hash", &set_strong, 200, 401),
        (disable.clone(), "disabled = :disabled", &enable, 200, 401),
        (enable.clone(), "disabled = :disabled", &disable, 401, 401),
        (add("bob@example.com"), "attribute_not_exists(email)", &remove(2), 401, 401),
    ] {
        let proxy = app.fault_proxy();
        proxy.disturb(Call("", text), Fault::Held, Times::Once);
        app.over(&proxy).invoke(&late).await; // its second attempt is done
        app.invoke(later).await;
        proxy.heal().await;
        let mut delivered = 0;
        while delivered < 2 {
            delivered += proxy.take_exchanges().iter().filter(|it| it.request.contains(text)).count();
            tokio::task::yield_now().await;
        }
        let status = async |email| app.client().login(email, STRONG).await.status;
        assert_eq!(status("ada@example.com").await, ada, "{}", late["action"]);
        assert_eq!(status("bob@example.com").await, bob, "{}", late["action"]);
    }
}

/// An email is read once, and the member who was read is changed.
#[tokio::test]
async fn an_action_by_email_changes_the_member_who_was_read() {
    let app = app().await;
    let replace = async {
        app.invoke(&set_email(1, "ada@new.example")).await;
        app.invoke(&add("ada@example.com")).await
    };
    let request = json!({"action": "remove", "email": "ada@example.com"});
    let second_call = (Call::ANY, Times::OneIn(2));
    let (answer, added) = Box::pin(held_during(&app, &request, second_call, replace)).await;
    assert_eq!((answer, added), (json!({}), json!({"memberId": 2})));
    assert_eq!(emails(&app, 1).await, [""; 0]);
    assert_eq!(emails(&app, 2).await, ["ada@example.com"]);
}

#[tokio::test]
async fn a_wrong_password_is_wrong_unless_the_new_one_is_stored() {
    let app = app().await;
    assert_eq!(app.invoke(&change_password(1, "wrong")).await["error"], "INVALID_CREDENTIALS");
    assert_eq!(app.invoke(&change_password(1, PASSWORD)).await, json!({}));
    assert_eq!(app.invoke(&change_password(1, PASSWORD)).await, json!({}), "a repetition");
    let other =
        json!({"action": "setPassword", "memberId": 1, "password": STRONG, "currentPassword": PASSWORD});
    assert_eq!(app.invoke(&other).await["error"], "INVALID_CREDENTIALS");
    assert_eq!(app.client().login("ada@example.com", ANOTHER).await.status, 200);
}

/// The calls of `setPassword`, each of which meets each of these faults once, or always.
const CALLS: [Call; 3] = [Call("Query", "by_number"), Call("TransactGetItems", ""), WRITE];
const FAULTS: [Fault; 5] = [Fault::Lost, Fault::Reset, Fault::Closed, Fault::Throttled, Fault::Truncated];

/// A fault disturbs `setPassword` while the member logs in with the old password.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_of_the_old_password_lives_after_a_change_that_met_a_fault() {
    let app = app().await;
    let proxy = app.fault_proxy();
    let disturbed = app.over(&proxy);
    let mut changed = 0;
    for round in 0..rounds() {
        let email = format!("m{round}@example.com");
        let id = add_member(&app, &email).await;
        let times = if round % 4 == 3 { Times::Always } else { Times::Once };
        proxy.disturb(CALLS[round % CALLS.len()], FAULTS[round % FAULTS.len()], times);
        let login = tokio::spawn({
            let (client, email) = (app.client(), email.clone());
            async move { client.login(&email, PASSWORD).await }
        });
        stagger(Duration::from_millis(150)).await;
        let answer = disturbed.invoke(&set_password(id)).await;
        proxy.heal().await;
        let login = login.await.unwrap();
        let is_live =
            login.status == 200 && app.client().with_session_of(&login).status().await.status == 200;
        if answer == json!({}) {
            changed += 1;
            assert!(!is_live, "round {round}");
            assert_eq!(app.count_sessions(id).await, 0, "round {round}");
        } else {
            assert_eq!(answer["error"], "UNAVAILABLE", "round {round}");
            assert_eq!(app.invoke(&set_password(id)).await, json!({}), "round {round}");
            assert_eq!(app.count_sessions(id).await, 0, "round {round}");
        }
    }
    assert!(changed > 0, "most changes meet a fault once and are done");
}
