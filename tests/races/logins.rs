//! Logins that meet the revocation of their member's sessions, and each other.

use crate::change::Change;
use crate::{PASSWORD, add_member, app, rounds, rounds_of_logins, stagger};
use futures_util::future::join_all;
use shared::accounts::Accounts;
use shared::members::{Email, Epoch, Member};
use shared::sessions::{NewSession, SessionStart};
use std::sync::Arc;
use std::time::Duration;
use tests::TestApp;
use tokio::task::JoinHandle;

const LOGINS: usize = 4;

/// The tables, and the time.
#[derive(Clone)]
struct Tables {
    accounts: Arc<Accounts>,
    app: TestApp,
}

impl Tables {
    fn of(app: &TestApp) -> Self {
        Self { accounts: Arc::new(app.accounts()), app: app.clone() }
    }

    async fn find(&self, email: &str) -> Member {
        self.accounts.members().get(&Email::parse(email).unwrap()).await.unwrap().unwrap()
    }

    async fn epoch(&self, member: &Member) -> Epoch {
        self.accounts.sessions().epochs().get(Some(member.id())).await.unwrap().found().unwrap()
    }

    /// Starts the session of a login that has verified `member`, at a random moment.
    fn finish_login(&self, member: &Member, epoch: &Epoch) -> JoinHandle<SessionStart> {
        let (tables, member, epoch) = (self.clone(), member.clone(), epoch.clone());
        tokio::spawn(async move {
            stagger(Duration::from_millis(10)).await;
            let (sessions, members) = (tables.accounts.sessions(), tables.accounts.members());
            let login = NewSession { member: &member, epoch, remember: false, replaced: None };
            sessions.start(members, login, tables.app.now()).await.expect("a database")
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_of_a_login_that_verified_before_a_change_lives_after_it() {
    let app = app().await;
    let tables = Tables::of(&app);
    let (mut started, mut refused) = (0, 0);
    for (change, round) in Change::ALL.into_iter().flat_map(|it| (0..rounds()).map(move |round| (it, round)))
    {
        let email = format!("{change:?}{round}@example.com");
        let number = add_member(&app, &email).await;
        let member = tables.find(&email).await;
        let epoch = tables.epoch(&member).await;
        let logins: Vec<_> = (0..LOGINS).map(|_| tables.finish_login(&member, &epoch)).collect();
        stagger(Duration::from_millis(10)).await;
        change.make(&Email::parse(&email).unwrap(), &tables.accounts, app.now()).await;
        for login in join_all(logins).await {
            match login.unwrap() {
                SessionStart::Started(_) => started += 1,
                SessionStart::MemberChanged => refused += 1,
            }
        }
        assert_eq!(app.count_sessions(number).await, 0, "{change:?}, round {round}");
    }
    println!("{started} logins came before the change and {refused} after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_that_a_login_gave_is_good_after_a_change_that_met_it() {
    let app = app().await;
    let tables = Tables::of(&app);
    // After `end-sessions` a login may read the new epoch, and its session is live. So it is left out here.
    for (change, round) in
        Change::OF_THE_MEMBER.into_iter().flat_map(|it| (0..rounds_of_logins()).map(move |round| (it, round)))
    {
        let email = format!("{change:?}{round}@example.com");
        let number = add_member(&app, &email).await;
        let begin = |_| {
            let (client, email) = (app.client(), email.clone());
            tokio::spawn(async move { client.login(&email, PASSWORD).await })
        };
        let logins: Vec<_> = (0..LOGINS).map(begin).collect();
        stagger(Duration::from_millis(200)).await;
        change.make(&Email::parse(&email).unwrap(), &tables.accounts, app.now()).await;
        for login in join_all(logins).await {
            let login = login.unwrap();
            if login.status == 200 {
                assert_eq!(app.client().with_session_of(&login).status().await.status, 401, "{change:?}");
            } else {
                assert!(login.is(401, "INVALID_CREDENTIALS"), "{change:?}: {}", login.body);
            }
        }
        assert_eq!(app.count_sessions(number).await, 0, "{change:?}, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_logins_with_one_old_cookie_both_succeed_and_it_is_over() {
    let app = app().await;
    for round in 0..rounds_of_logins() {
        let session = app.session_of("ada@example.com").await;
        let old = app.client().with_cookie(&session);
        let begin = |_| {
            let client = old.clone();
            tokio::spawn(async move { client.login("ada@example.com", PASSWORD).await })
        };
        for login in join_all((0..2).map(begin)).await {
            let login = login.unwrap();
            assert_eq!(login.status, 200, "{}", login.body);
            assert_eq!(app.client().with_session_of(&login).status().await.status, 200, "round {round}");
        }
        assert_eq!(old.status().await.status, 401, "round {round}");
    }
    assert_eq!(app.count_sessions(1).await, 2 * rounds_of_logins());
}
