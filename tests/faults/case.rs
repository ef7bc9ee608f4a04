//! One fault of one call, and what must hold for every answer.

use crate::actions::{Action, Subject};
use authorizer::Undecided;
use serde_json::{Value, json};
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

/// What a request got.
enum Outcome {
    Http(Response),
    Decision(Result<Value, Undecided>),
    Action(Value),
}

impl Outcome {
    /// The status of an HTTP response, and the one that means the same of another reply.
    fn status(&self) -> u64 {
        match self {
            Self::Http(answer) => answer.status,
            Self::Decision(decision) if decision.is_ok() => 200,
            Self::Action(answer) if answer.get("error").is_none() => 200,
            Self::Decision(_) | Self::Action(_) => 503,
        }
    }
}

/// What has to be prepared so that a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    NoKeys,
    Cookies,
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

/// The longest time of an answer and of an action, and how much longer it may take on a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_secs(6);
const LONGEST_ACTION: Duration = Duration::from_secs(12);
const SLACK: Duration = Duration::from_secs(3);

/// Limits how many requests run at the same time, except those that wait for a hung or slow call. They compute, so more of
/// them than processors would make each so slow that it exceeds its time limit without a fault.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The setting of a case: its own member, and an instance behind its own proxy.
struct Scene {
    app: TestApp,
    proxy: FaultProxy,
    disturbed: TestApp,
    client: Client,
    email: String,
    member: u64,
    session: String,
    subject: Option<Subject>,
}

impl Case {
    /// Sends the request disturbed, and again when the proxy is healed. Returns the status of the disturbed answer.
    pub(crate) async fn play(self, app: TestApp) -> u64 {
        let mut turn = Some(TURNS.acquire().await.unwrap());
        let scene = Scene::of(self, app).await;
        scene.proxy.disturb(self.call, self.fault, self.times);
        if matches!(self.fault, Fault::Hung | Fault::Slow) {
            turn = None;
        }
        let begun = Instant::now();
        let reply = scene.send(self.route).await;
        let time = begun.elapsed();
        let _turn = match turn {
            Some(turn) => turn,
            None => TURNS.acquire().await.unwrap(),
        };
        let longest = if matches!(self.route, Route::Action(_)) { LONGEST_ACTION } else { LONGEST_ANSWER };
        assert!(time < longest + SLACK, "{self:?} took {time:?}");
        scene.check(self, &reply).await;
        assert!(scene.proxy.heal().await > 0, "{self:?}: the call was not made");
        let was_done = reply.status() == 200 || scene.is_done(self.route).await;
        let again = scene.send(self.route).await;
        scene.check_again(self, &again, was_done).await;
        reply.status()
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
        let proxy = app.fault_proxy();
        let disturbed = app.over(&proxy);
        let (client, member, session) = (disturbed.client(), member.get(), String::new());
        let mut scene = Self { app, proxy, disturbed, client, email, member, session, subject: None };
        if case.route != Route::Login {
            scene.start_sessions(case.needs).await;
            scene.prepare_action(case.route).await;
        } else if case.needs == Needs::Cookies {
            let login = scene.app.client().login(&scene.email, PASSWORD).await;
            scene.client = scene.client.with_session_of(&login).with_device_of(&login);
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

    async fn prepare_action(&mut self, route: Route) {
        let Route::Action(action) = route else { return };
        let listed = self.app.invoke(&json!({"action": "sessions", "memberId": self.member})).await;
        if action == Action::Enable {
            self.app.disable(&self.email).await;
        }
        self.subject = Some(Subject {
            app: self.app.clone(),
            email: self.email.clone(),
            id: self.member,
            session: self.session.clone(),
            listed: listed["sessions"][0]["id"].clone(),
            hash: self.app.get(&self.email).await.password_hash().cloned(),
        });
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
                return Outcome::Action(self.disturbed.invoke(&action.request(self.subject())).await);
            }
        })
    }

    fn subject(&self) -> &Subject {
        self.subject.as_ref().expect("the member of an action")
    }

    async fn is_done(&self, route: Route) -> bool {
        match route {
            Route::Action(action) => action.is_done(self.subject()).await,
            _ => false,
        }
    }

    /// Checks that the reply is true, by asking an instance with an undisturbed proxy.
    async fn check(&self, case: Case, reply: &Outcome) {
        match reply {
            Outcome::Http(answer) => self.check_answer(case, answer).await,
            Outcome::Decision(decision) => {
                let is_authorized = decision.as_ref().map(|it| it["isAuthorized"].clone());
                assert!(is_authorized.is_ok_and(|it| it == true) || decision.is_err(), "{case:?}");
            }
            Outcome::Action(answer) if answer.get("error").is_some() => {
                assert_eq!(answer["error"], "UNAVAILABLE", "{case:?}: {answer}");
            }
            Outcome::Action(answer) => assert!(self.is_done(case.route).await, "{case:?}: {answer}"),
        }
    }

    async fn check_answer(&self, case: Case, answer: &Response) {
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

    /// Checks the first request after the fault. If the disturbed one already revoked all sessions, there is no live session
    /// any more.
    async fn check_again(&self, case: Case, again: &Outcome, was_done: bool) {
        match (case.route, again) {
            (Route::LogoutEverywhere, Outcome::Http(again)) if again.status == 401 => {
                assert_eq!(self.status_of(&self.session).await, 401, "{case:?}: the session is over");
            }
            (Route::Action(action), Outcome::Action(answer)) if was_done && action.repeated().is_some() => {
                assert_eq!(answer["error"].as_str(), action.repeated(), "{case:?}");
            }
            _ => {
                assert_eq!(again.status(), 200, "{case:?}: the first request when it is over");
                self.check(case, again).await;
            }
        }
    }

    async fn check_success(&self, case: Case, answer: &Response) {
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
            Route::Authorizer | Route::Action(_) => unreachable!("their replies are not HTTP"),
        }
    }

    async fn status_of(&self, session: &str) -> u64 {
        self.app.client().with_cookie(session).status().await.status
    }
}

/// The password of every member here.
pub(crate) const PASSWORD: &str = "enchantress";
