//! One fault of one call, and the checks of the response.

use crate::actions::Action;
use authorizer::Undecided;
use serde_json::{Value, json};
use shared::members::PasswordHash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::fault_proxy::{Call, Fault, FaultProxy, Times};
use tests::{Client, Response, TestApp};
use tokio::sync::Semaphore;

/// A request of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Login,
    Status,
    Logout,
    LogoutEverywhere,
    Authorizer,
    Action(Action),
}

/// The outcome of a request.
enum Outcome {
    Http(Response),
    Decision(Result<Value, Undecided>),
    Action(Value),
}

impl Outcome {
    /// The status of an HTTP response, or the equivalent status of another outcome.
    fn status(&self) -> u64 {
        match self {
            Self::Http(response) => response.status,
            Self::Decision(decision) if decision.is_ok() => 200,
            Self::Action(response) if response.get("error").is_none() => 200,
            Self::Decision(_) | Self::Action(_) => 503,
        }
    }
}

/// The preparation that makes a route send the disturbed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    NoKeys,
    Cookies,
    OldHash,
    TwoSessions,
}

/// A call that a route makes, and the fault that disturbs the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) route: Route,
    pub(crate) call: Call,
    pub(crate) needs: Needs,
    pub(crate) fault: Fault,
    pub(crate) times: Times,
}

/// The longest time of an HTTP request and of an action, and the additional time that both may take on a busy machine.
const LONGEST_RESPONSE: Duration = Duration::from_secs(6);
const LONGEST_ACTION: Duration = Duration::from_secs(12);
const SLACK: Duration = Duration::from_secs(3);

/// Limits how many requests run simultaneously. Requests that wait for a hung or slow call do not count. Too many
/// requests that hash would slow each other down until they exceed the time limit without a fault.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The state of a case: its own member as it was before the request, and an instance behind its own proxy.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    proxy: FaultProxy,
    disturbed: TestApp,
    client: Client,
    pub(crate) email: String,
    pub(crate) member: u64,
    /// The cookie of the member's last session.
    pub(crate) session: String,
    /// The id of the session that `endSession` ends, as the members function lists it.
    pub(crate) listed: Value,
    pub(crate) hash: Option<PasswordHash>,
}

impl Case {
    /// Sends the request while its call is disturbed, and again after the proxy is healed. Returns the status of the
    /// first response.
    pub(crate) async fn run(self, app: TestApp) -> u64 {
        let mut turn = Some(TURNS.acquire().await.unwrap());
        let scene = Scene::prepare(self, app).await;
        scene.proxy.disturb(self.call, self.fault, self.times);
        if matches!(self.fault, Fault::Hung | Fault::Slow) {
            turn = None;
        }
        let begun = Instant::now();
        let outcome = scene.send(self.route).await;
        let time = begun.elapsed();
        let _turn = match turn {
            Some(turn) => turn,
            None => TURNS.acquire().await.unwrap(),
        };
        let longest = if matches!(self.route, Route::Action(_)) { LONGEST_ACTION } else { LONGEST_RESPONSE };
        assert!(time < longest + SLACK, "{self:?} took {time:?}");
        scene.check(self, &outcome).await;
        assert!(scene.proxy.heal().await > 0, "{self:?}: the call was not made");
        let was_done = outcome.status() == 200 || scene.is_done(self.route).await;
        let again = scene.send(self.route).await;
        scene.check_again(self, &again, was_done).await;
        outcome.status()
    }
}

impl Scene {
    async fn prepare(case: Case, app: TestApp) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let email = format!("m{}@example.com", NEXT.fetch_add(1, Ordering::Relaxed));
        let member = if case.needs == Needs::OldHash {
            app.add_member_with_hash(&email, &bcrypt::hash(PASSWORD, 4).unwrap()).await
        } else {
            app.add_member(&email, PASSWORD).await
        };
        let proxy = app.fault_proxy();
        let disturbed = app.through(&proxy);
        let (client, member, session) = (disturbed.client(), member.get(), String::new());
        let listed = Value::Null;
        let mut scene = Self { app, proxy, disturbed, client, email, member, session, listed, hash: None };
        if case.route != Route::Login {
            scene.start_sessions(case.needs).await;
            scene.prepare_action(case.route).await;
        } else if case.needs == Needs::Cookies {
            let login = scene.app.client().login(&scene.email, PASSWORD).await;
            scene.client = scene.client.with_session_of(&login).with_device_of(&login);
        }
        scene
    }

    /// Starts sessions that are old enough for their next use to be recorded.
    async fn start_sessions(&mut self, needs: Needs) {
        if needs == Needs::TwoSessions {
            self.app.session_of(&self.email).await;
        }
        self.session = self.app.session_of(&self.email).await;
        self.app.age_sessions(self.member, Duration::from_mins(10)).await;
        self.client = self.client.clone().with_cookie(&self.session);
    }

    async fn prepare_action(&mut self, route: Route) {
        let Route::Action(action) = route else { return };
        let listed = self.app.invoke(&json!({"action": "sessions", "memberId": self.member})).await;
        self.listed = listed["sessions"][0]["id"].clone();
        self.hash = self.app.get(&self.email).await.password_hash().cloned();
        if action == Action::Enable {
            self.app.disable(&self.email).await;
        }
    }

    async fn send(&self, route: Route) -> Outcome {
        Outcome::Http(match route {
            Route::Login => self.client.login(&self.email, PASSWORD).await,
            Route::Status => self.client.status().await,
            Route::Logout => self.client.logout().await,
            Route::LogoutEverywhere => self.client.logout_everywhere().await,
            Route::Authorizer => {
                return Outcome::Decision(self.disturbed.decide(&self.client.authorizer_request()).await);
            }
            Route::Action(action) => {
                return Outcome::Action(self.disturbed.invoke(&action.request(self)).await);
            }
        })
    }

    async fn is_done(&self, route: Route) -> bool {
        match route {
            Route::Action(action) => action.is_done(self).await,
            _ => false,
        }
    }

    /// Checks that the outcome matches the database, which an undisturbed instance reads.
    async fn check(&self, case: Case, outcome: &Outcome) {
        match outcome {
            Outcome::Http(response) => self.check_response(case, response).await,
            Outcome::Decision(decision) => {
                let is_authorized = decision.as_ref().map(|it| it["isAuthorized"].clone());
                assert!(is_authorized.is_ok_and(|it| it == true) || decision.is_err(), "{case:?}");
            }
            Outcome::Action(response) if response.get("error").is_some() => {
                assert_eq!(response["error"], "UNAVAILABLE", "{case:?}: {response}");
            }
            Outcome::Action(response) => assert!(self.is_done(case.route).await, "{case:?}: {response}"),
        }
    }

    async fn check_response(&self, case: Case, response: &Response) {
        if response.status == 503 {
            assert!(response.is(503, "UNAVAILABLE"), "{case:?}: {}", response.body);
            assert_eq!((response.header("retry-after"), response.cookies.len()), ("5", 0), "{case:?}");
        } else {
            assert_eq!(response.status, 200, "{case:?}: {}", response.body);
            self.check_success(case, response).await;
        }
        if case.route == Route::Status {
            assert_eq!(self.status_of(&self.session).await, 200, "{case:?}: the session is still live");
        }
    }

    /// Checks the first request after the fault. If the disturbed request already revoked all sessions, there is no
    /// live session any more.
    async fn check_again(&self, case: Case, again: &Outcome, was_done: bool) {
        match (case.route, again) {
            (Route::LogoutEverywhere, Outcome::Http(again)) if again.status == 401 => {
                assert_eq!(self.status_of(&self.session).await, 401, "{case:?}: the session has ended");
            }
            (Route::Action(action), Outcome::Action(response)) if was_done && action.repeated().is_some() => {
                assert_eq!(response["error"].as_str(), action.repeated(), "{case:?}");
            }
            _ => {
                assert_eq!(again.status(), 200, "{case:?}: the first request after the fault");
                self.check(case, again).await;
            }
        }
    }

    async fn check_success(&self, case: Case, response: &Response) {
        match case.route {
            Route::Login => {
                let status = self.status_of(&response.session_cookie()).await;
                assert_eq!(status, 200, "{case:?}: the new session is live");
            }
            Route::Status => assert_eq!(response.body, format!("{{\"memberId\":{}}}", self.member)),
            Route::Logout => {
                assert_eq!(response.session_cookie(), "");
                assert_eq!(self.status_of(&self.session).await, 401, "{case:?}: the session has ended");
            }
            Route::LogoutEverywhere => {
                assert_eq!(response.session_cookie(), "");
                let left = self.app.count_sessions(self.member).await;
                assert_eq!(left, 0, "{case:?}: all sessions have ended");
            }
            Route::Authorizer | Route::Action(_) => unreachable!("their outcomes are not HTTP responses"),
        }
    }

    async fn status_of(&self, session: &str) -> u64 {
        self.app.client().with_cookie(session).status().await.status
    }
}

/// The password of every member in these tests.
pub(crate) const PASSWORD: &str = "enchantress";
