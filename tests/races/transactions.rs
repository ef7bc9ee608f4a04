//! The transaction of a login, when its answer is lost or another transaction conflicts with it.

use tests::TestApp;
use tests::fault_proxy::{Call, Fault, Times};

const TRANSACTION: Call = Call("TransactWriteItems", "");

#[tokio::test]
async fn a_login_whose_write_was_done_and_not_answered_starts_one_session() {
    let app = TestApp::start().await;
    let old_cookie = app.session_of("ada@example.com").await;
    let old = app.client().with_cookie(&old_cookie);
    let proxy = app.fault_proxy();
    let disturbed = app.over(&proxy).client().with_cookie(&old_cookie);
    for fault in [Fault::Lost, Fault::Reset] {
        proxy.disturb(TRANSACTION, fault, Times::Once);
        let login = disturbed.login("ada@example.com", "enchantress").await;
        assert_eq!((login.status, proxy.heal().await), (200, 1), "{fault:?}");
        assert_eq!(app.client().with_session_of(&login).status().await.status, 200);
    }
    assert_eq!(old.status().await.status, 401, "the session that came with the login is over");
    assert_eq!(app.count_sessions(1).await, 2, "each login made one session");
}

#[tokio::test]
async fn a_login_that_meets_another_is_tried_again_and_not_for_ever() {
    let app = TestApp::start().await;
    let proxy = app.fault_proxy();
    let disturbed = app.over(&proxy).client();
    for (times, status, conflicts) in [(Times::Once, 200, 1), (Times::Always, 503, 5), (Times::Once, 200, 1)]
    {
        proxy.disturb(TRANSACTION, Fault::Conflict, times);
        let login = disturbed.login("ada@example.com", "enchantress").await;
        assert_eq!((login.status, proxy.heal().await), (status, conflicts), "{times:?}");
    }
    assert_eq!(app.count_sessions(1).await, 2);
}
