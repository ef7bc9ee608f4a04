//! Actions whose calls are lost, late or repeated.

use crate::members::{STRONG, WRITE, add, emails, held_during, remove, set_email, set_password};
use crate::{PASSWORD, add_member, app, rounds, stagger};
use serde_json::json;
use std::time::Duration;
use tests::fault_proxy::{Call, Fault, Times};

#[tokio::test(flavor = "multi_thread")]
async fn a_late_call_undoes_no_later_action() {
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
        app.through(&proxy).invoke(&late).await; // the second attempt succeeds
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

/// An action looks up the email once, and then applies only to the member that the lookup found.
#[tokio::test]
async fn an_action_by_email_changes_only_the_member_who_was_found() {
    let app = app().await;
    let replace = async {
        app.invoke(&set_email(1, "ada@new.example")).await;
        app.invoke(&add("ada@example.com")).await
    };
    let request = json!({"action": "remove", "email": "ada@example.com"});
    let second_call = (Call::ANY, Times::OneIn(2));
    let (response, added) = Box::pin(held_during(&app, &request, second_call, replace)).await;
    assert_eq!((response, added), (json!({}), json!({"memberId": 2})));
    assert_eq!(emails(&app, 1).await, [""; 0]);
    assert_eq!(emails(&app, 2).await, ["ada@example.com"]);
}

/// The calls of `setPassword`. Each of these faults disturbs each call, once or always.
const CALLS: [Call; 3] = [Call("Query", "by_number"), Call("TransactGetItems", ""), WRITE];
const FAULTS: [Fault; 5] = [Fault::Lost, Fault::Reset, Fault::Closed, Fault::Throttled, Fault::Truncated];

/// A fault disturbs `setPassword` while the member logs in with the old password.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_of_the_old_password_survives_a_change_during_a_fault() {
    let app = app().await;
    let proxy = app.fault_proxy();
    let disturbed = app.through(&proxy);
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
        let response = disturbed.invoke(&set_password(id)).await;
        proxy.heal().await;
        let login = login.await.unwrap();
        let is_live =
            login.status == 200 && app.client().with_session_of(&login).status().await.status == 200;
        if response == json!({}) {
            changed += 1;
            assert!(!is_live, "round {round}");
            assert_eq!(app.count_sessions(id).await, 0, "round {round}");
        } else {
            assert_eq!(response["error"], "UNAVAILABLE", "round {round}");
            assert_eq!(app.invoke(&set_password(id)).await, json!({}), "round {round}");
            assert_eq!(app.count_sessions(id).await, 0, "round {round}");
        }
    }
    assert!(changed > 0, "most changes succeed after one fault");
}
