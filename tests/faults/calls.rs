//! Disturbs every call of every route. `docs/operations.md#when-dynamodb-fails` lists the classes of faults.

use crate::actions::Action;
use crate::case::{Case, Needs, Route};
use crate::faults::{ALL, ONE_OF_EACH_CLASS};
use futures_util::{StreamExt, stream};
use tests::TestApp;
use tests::fault_proxy::{Call, Fault, Times};

/// A call that a route makes, and the preparation that makes the route send the call.
#[derive(Clone, Copy)]
struct Target(Call, Needs);

/// The refund of a login. A login succeeds even if the refund fails.
const REFUND: Call = Call("UpdateItem", "tat - :interval");

/// The calls of each route, in order, except [`LIVE_SESSION`].
const ROUTES: [(Route, &[Target]); 15] = [
    (
        Route::Login,
        &[
            Target(Call("UpdateItem", "login#"), Needs::Nothing),
            Target(Call("GetItem", "\"devices\""), Needs::Nothing),
            Target(Call("PutItem", "\"devices\""), Needs::NoKeys),
            Target(Call("UpdateItem", "untrusted#"), Needs::Nothing),
            Target(Call("UpdateItem", "device#"), Needs::Cookies),
            Target(Call("GetItem", "MembersTable"), Needs::Nothing),
            Target(Call("GetItem", "EpochsTable"), Needs::Nothing),
            Target(Call("GetItem", "\"sessions\""), Needs::Nothing),
            Target(Call("PutItem", "\"sessions\""), Needs::NoKeys),
            Target(Call("BatchGetItem", ""), Needs::Cookies),
            Target(Call("TransactWriteItems", ""), Needs::Nothing),
            Target(REFUND, Needs::Nothing),
            Target(Call("UpdateItem", "MembersTable"), Needs::OldHash),
        ],
    ),
    (
        Route::Status,
        &[
            Target(Call("UpdateItem", "status#"), Needs::Nothing),
            Target(Call("GetItem", "\"sessions\""), Needs::Nothing),
            Target(Call("UpdateItem", "SessionsTable"), Needs::Nothing),
        ],
    ),
    (
        Route::Logout,
        &[
            Target(Call("GetItem", "\"sessions\""), Needs::Nothing),
            Target(Call("DeleteItem", ""), Needs::Nothing),
            Target(Call("BatchGetItem", ""), Needs::Nothing),
        ],
    ),
    (
        Route::LogoutEverywhere,
        &[
            Target(Call("GetItem", "\"sessions\""), Needs::Nothing),
            Target(Call("BatchGetItem", ""), Needs::Nothing),
            Target(Call("UpdateItem", "EpochsTable"), Needs::TwoSessions),
        ],
    ),
    (
        Route::Authorizer,
        &[
            Target(Call("GetItem", "\"sessions\""), Needs::Nothing),
            Target(Call("BatchGetItem", ""), Needs::Nothing),
            Target(Call("UpdateItem", "SessionsTable"), Needs::Nothing),
        ],
    ),
    (
        Route::Action(Action::Add),
        &[
            Target(Call("GetItem", "MembersTable"), Needs::Nothing),
            Target(Call("UpdateItem", "MEMBER_IDS"), Needs::Nothing),
            INDEX,
            WRITE,
        ],
    ),
    (Route::Action(Action::SetPassword), &[INDEX, MEMBER, WRITE]),
    (
        Route::Action(Action::ChangePassword),
        &[
            INDEX,
            MEMBER,
            Target(Call("UpdateItem", "change#"), Needs::Nothing),
            WRITE,
            Target(REFUND, Needs::Nothing),
        ],
    ),
    (
        Route::Action(Action::SetEmail),
        &[INDEX, MEMBER, Target(Call("GetItem", "MembersTable"), Needs::Nothing), WRITE],
    ),
    (
        Route::Action(Action::Sessions),
        &[
            INDEX,
            MEMBER,
            Target(Call("GetItem", "EpochsTable"), Needs::Nothing),
            Target(Call("Query", "SessionsTable"), Needs::Nothing),
        ],
    ),
    (Route::Action(Action::EndSession), &[INDEX, MEMBER, Target(Call("DeleteItem", ""), Needs::Nothing)]),
    (
        Route::Action(Action::EndSessions),
        &[INDEX, MEMBER, Target(Call("UpdateItem", "EpochsTable"), Needs::Nothing)],
    ),
    (Route::Action(Action::Disable), &[INDEX, MEMBER, WRITE]),
    (Route::Action(Action::Enable), &[INDEX, MEMBER, WRITE]),
    (Route::Action(Action::Remove), &[INDEX, MEMBER, WRITE]),
];

/// The calls that the actions on a member share.
const INDEX: Target = Target(Call("Query", "by_number"), Needs::Nothing);
const MEMBER: Target = Target(Call("TransactGetItems", ""), Needs::Nothing);
const WRITE: Target = Target(Call("TransactWriteItems", ""), Needs::Nothing);

/// The call that decides whether a session is live. Every fault disturbs this call.
const LIVE_SESSION: (Route, Target) = (Route::Status, Target(Call("BatchGetItem", ""), Needs::Nothing));

/// Requests that make several calls in sequence, so that the delays of slow calls add up.
const LONGEST: [(Route, Needs); 3] = [
    (Route::Login, Needs::Nothing),
    (Route::Status, Needs::Nothing),
    (Route::LogoutEverywhere, Needs::TwoSessions),
];

/// How many cases run simultaneously. Most of them only wait.
const SIMULTANEOUS_CASES: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn the_response_to_a_fault_depends_only_on_the_class_of_the_fault() {
    let app = TestApp::start_without_limits(&[]).await;
    let play = async |case: Case| {
        let app = match case.needs {
            Needs::NoKeys => TestApp::start_without_limits(&[]).await,
            _ => app.clone(),
        };
        assert_eq!(case.run(app).await, expected(case), "{case:?}");
    };
    stream::iter(cases()).map(play).buffer_unordered(SIMULTANEOUS_CASES).collect::<()>().await;
}

fn cases() -> Vec<Case> {
    let case = |route, Target(call, needs): Target, fault, times| Case { route, call, needs, fault, times };
    let mut cases = Vec::new();
    let (route, target) = LIVE_SESSION;
    for fault in ALL {
        cases.extend([Times::Once, Times::Always].map(|times| case(route, target, fault, times)));
    }
    for (route, targets) in ROUTES {
        for &target in targets {
            cases.extend(ONE_OF_EACH_CLASS.map(|(fault, times)| case(route, target, fault, times)));
        }
    }
    for (route, needs) in LONGEST {
        let each = Target(Call::ANY, needs);
        cases.extend([Fault::Hung, Fault::Slow].map(|fault| case(route, each, fault, Times::OnceEach)));
    }
    cases
}

/// The rule that predicts every status.
fn expected(case: Case) -> u64 {
    let is_retried = !matches!(
        case.fault,
        Fault::Truncated | Fault::Garbage | Fault::ExpiredToken | Fault::UnrecognizedClient
    );
    let is_corrected = matches!(case.fault, Fault::ClockAhead | Fault::ClockBehind);
    let adds_up = matches!(case.fault, Fault::Hung | Fault::Slow) && case.times == Times::OnceEach;
    let is_healed = is_corrected || (is_retried && case.times != Times::Always && !adds_up);
    let is_needless = case.needs == Needs::OldHash || case.call == REFUND;
    if is_healed || is_needless { 200 } else { 503 }
}
