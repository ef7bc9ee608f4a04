//! One fault of one call, and what must hold for every answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::wire::{Call, Fault, Times, Wire};
use tests::{Answer, Client, TestApp};
use tokio::sync::Semaphore;

/// A request of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Login,
    Status,
    Logout,
    LogoutEverywhere,
}

/// What has to be prepared so that a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    NoKeys,
    Device,
    OldHash,
    TwoSessions,
}

/// A call of a route, and the fault that disturbs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) route: Route,
    pub(crate) call: Call,
    pub(crate) needs: Needs,
    pub(crate) fault: Fault,
    pub(crate) times: Times,
}

/// The longest time of an answer, and how much longer it may take on a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_secs(6);
const SLACK: Duration = Duration::from_secs(3);

/// Limits how many undisturbed requests run at the same time. They compute instead of waiting, so more of them than
/// processors would make each so slow that it fails.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The setting of a case: its own member, and an instance behind its own wire.
struct Scene {
    app: TestApp,
    wire: Wire,
    client: Client,
    email: String,
    member: u64,
    session: String,
}

impl Case {
    /// Sends the request disturbed, and again when the wire is healed. Returns the status of the disturbed answer.
    pub(crate) async fn play(self, app: TestApp) -> u64 {
        let turn = TURNS.acquire().await.unwrap();
        let scene = Scene::of(self, app).await;
        drop(turn);
        scene.wire.disturb(self.call, self.fault, self.times);
        let begun = Instant::now();
        let answer = scene.send(self.route).await;
        let time = begun.elapsed();
        let _turn = TURNS.acquire().await.unwrap();
        assert!(time < LONGEST_ANSWER + SLACK, "{self:?} took {time:?}");
        scene.check(self, &answer).await;
        assert!(scene.wire.heal().await > 0, "{self:?}: the call was not made");
        let again = scene.send(self.route).await;
        scene.check_again(self, &again).await;
        answer.status
    }
}

impl Scene {
    async fn of(case: Case, app: TestApp) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let email = format!("m{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed));
        let member = if case.needs == Needs::OldHash {
            app.add_member_with_hash(&email, &bcrypt::hash(PASSWORD, 4).unwrap()).await
        } else {
            app.add_member(&email, PASSWORD).await
        };
        let wire = app.wire();
        let client = app.over(&wire).client();
        let member = member.get();
        let mut scene = Self { app, wire, client, email, member, session: String::new() };
        if case.route != Route::Login {
            scene.start_sessions(case.needs).await;
        } else if case.needs == Needs::Device {
            let login = scene.app.client().login(&scene.email, PASSWORD).await;
            scene.client = scene.client.with_device_of(&login);
        }
        scene
    }

    /// Starts sessions that are so old that their next use is recorded.
    async fn start_sessions(&mut self, needs: Needs) {
        if needs == Needs::TwoSessions {
            self.app.session_of(&self.email).await;
        }
        self.session = self.app.session_of(&self.email).await;
        self.app.age_sessions(self.member, Duration::from_mins(10)).await;
        self.client = self.client.clone().with_cookie(&self.session);
    }

    async fn send(&self, route: Route) -> Answer {
        match route {
            Route::Login => self.client.login(&self.email, PASSWORD).await,
            Route::Status => self.client.status().await,
            Route::Logout => self.client.logout().await,
            Route::LogoutEverywhere => self.client.logout_everywhere().await,
        }
    }

    /// Checks that the answer is true, by asking an instance with an undisturbed wire.
    async fn check(&self, case: Case, answer: &Answer) {
        if answer.status == 503 {
            assert!(answer.is(503, "UNAVAILABLE"), "{case:?}: {}", answer.body);
            assert_eq!((answer.header("retry-after"), answer.cookies.len()), ("5", 0), "{case:?}");
        } else {
            assert_eq!(answer.status, 200, "{case:?}: {}", answer.body);
            self.check_success(case, answer).await;
        }
        if case.route == Route::Status {
            assert_eq!(self.status_of(&self.session).await, 200, "{case:?}: the session is still live");
        }
    }

    /// Checks the first request after the fault. Where the disturbed one already revoked all sessions, there is no live
    /// session any more.
    async fn check_again(&self, case: Case, again: &Answer) {
        if case.route == Route::LogoutEverywhere && again.status == 401 {
            assert_eq!(self.status_of(&self.session).await, 401, "{case:?}: the session is over");
        } else {
            assert_eq!(again.status, 200, "{case:?}: the first request when it is over: {}", again.body);
            self.check(case, again).await;
        }
    }

    async fn check_success(&self, case: Case, answer: &Answer) {
        match case.route {
            Route::Login => {
                assert_eq!(
                    self.status_of(&answer.session_cookie()).await,
                    200,
                    "{case:?}: the new session is live"
                );
            }
            Route::Status => assert_eq!(answer.body, format!("{{\"memberId\":{}}}", self.member)),
            Route::Logout => {
                assert_eq!(answer.session_cookie(), "");
                assert_eq!(self.status_of(&self.session).await, 401, "{case:?}: the session is over");
            }
            Route::LogoutEverywhere => {
                assert_eq!(answer.session_cookie(), "");
                assert_eq!(self.app.count_sessions(self.member).await, 0, "{case:?}: all of them");
            }
        }
    }

    async fn status_of(&self, session: &str) -> u64 {
        self.app.client().with_cookie(session).status().await.status
    }
}

/// The password of every member here.
pub(crate) const PASSWORD: &str = "enchantress";
