//! Every fault of every call of every route, compared with `docs/faults.md`.

use crate::actions::Action;
use crate::case::{Case, Needs, Route};
use futures_util::{StreamExt, stream};
use std::fmt::Write;
use tests::TestApp;
use tests::fault_proxy::{Call, Fault, Times};

/// The name of a column, its call, and what has to be prepared so that the call is made.
struct Column(&'static str, Call, Needs);

/// The refund of a login. A login succeeds without it.
const REFUND: Call = Call("UpdateItem", "tat - :interval");

/// The calls of each route, in their order.
const ROUTES: [(Route, &str, &[Column]); 15] = [
    (
        Route::Login,
        "`POST /sessions/`",
        &[
            Column("client's bucket", Call("UpdateItem", "login#"), Needs::Nothing),
            Column("device keys: read", Call("GetItem", "\"devices\""), Needs::Nothing),
            Column("made", Call("PutItem", "\"devices\""), Needs::NoKeys),
            Column("untrusted bucket", Call("UpdateItem", "untrusted#"), Needs::Nothing),
            Column("device's bucket", Call("UpdateItem", "device#"), Needs::Cookies),
            Column("member", Call("GetItem", "MembersTable"), Needs::Nothing),
            Column("epoch", Call("GetItem", "EpochsTable"), Needs::Nothing),
            Column("session keys: read", Call("GetItem", "\"sessions\""), Needs::Nothing),
            Column("made", Call("PutItem", "\"sessions\""), Needs::NoKeys),
            Column("replaced session", Call("BatchGetItem", ""), Needs::Cookies),
            Column("session put", Call("TransactWriteItems", ""), Needs::Nothing),
            Column("refund", REFUND, Needs::Nothing),
            Column("hash renewed", Call("UpdateItem", "MembersTable"), Needs::OldHash),
            Column(EACH, Call::ANY, Needs::Nothing),
        ],
    ),
    (
        Route::Status,
        "`GET /sessions/`",
        &[
            Column("client's bucket", Call("UpdateItem", "status#"), Needs::Nothing),
            Column("session keys: read", Call("GetItem", "\"sessions\""), Needs::Nothing),
            Column("session and epoch", Call("BatchGetItem", ""), Needs::Nothing),
            Column("use noted", Call("UpdateItem", "SessionsTable"), Needs::Nothing),
            Column(EACH, Call::ANY, Needs::Nothing),
        ],
    ),
    (
        Route::Logout,
        "`DELETE /sessions/`",
        &[
            Column("session keys: read", Call("GetItem", "\"sessions\""), Needs::Nothing),
            Column("session deleted", Call("DeleteItem", ""), Needs::Nothing),
            Column("epoch", Call("BatchGetItem", ""), Needs::Nothing),
        ],
    ),
    (
        Route::LogoutEverywhere,
        "`DELETE /sessions/?all=true`",
        &[
            Column("session keys: read", Call("GetItem", "\"sessions\""), Needs::Nothing),
            Column("session and epoch", Call("BatchGetItem", ""), Needs::Nothing),
            Column("epoch raised", Call("UpdateItem", "EpochsTable"), Needs::TwoSessions),
            Column(EACH, Call::ANY, Needs::TwoSessions),
        ],
    ),
    (
        Route::Authorizer,
        "The authorizer",
        &[
            Column("session keys: read", Call("GetItem", "\"sessions\""), Needs::Nothing),
            Column("session and epoch", Call("BatchGetItem", ""), Needs::Nothing),
            Column("use noted", Call("UpdateItem", "SessionsTable"), Needs::Nothing),
        ],
    ),
    (
        Route::Action(Action::Add),
        "`add`",
        &[
            Column("email", Call("GetItem", "MembersTable"), Needs::Nothing),
            Column("counter", Call("UpdateItem", "MEMBER_IDS"), Needs::Nothing),
            INDEX,
            WRITE,
        ],
    ),
    (Route::Action(Action::SetPassword), "`setPassword`", &[INDEX, MEMBER, WRITE]),
    (
        Route::Action(Action::ChangePassword),
        "`setPassword` with `currentPassword`",
        &[
            INDEX,
            MEMBER,
            Column("bucket", Call("UpdateItem", "change#"), Needs::Nothing),
            WRITE,
            Column("refund", REFUND, Needs::Nothing),
        ],
    ),
    (
        Route::Action(Action::SetEmail),
        "`setEmail`",
        &[INDEX, MEMBER, Column("item", Call("GetItem", "MembersTable"), Needs::Nothing), WRITE],
    ),
    (
        Route::Action(Action::Sessions),
        "`sessions`",
        &[
            INDEX,
            MEMBER,
            Column("epoch", Call("GetItem", "EpochsTable"), Needs::Nothing),
            Column("sessions", Call("Query", "SessionsTable"), Needs::Nothing),
        ],
    ),
    (
        Route::Action(Action::EndSession),
        "`endSession`",
        &[INDEX, MEMBER, Column("session deleted", Call("DeleteItem", ""), Needs::Nothing)],
    ),
    (
        Route::Action(Action::EndSessions),
        "`endSessions`",
        &[INDEX, MEMBER, Column("epoch raised", Call("UpdateItem", "EpochsTable"), Needs::Nothing)],
    ),
    (Route::Action(Action::Disable), "`disable`", &[INDEX, MEMBER, WRITE]),
    (Route::Action(Action::Enable), "`enable`", &[INDEX, MEMBER, WRITE]),
    (Route::Action(Action::Remove), "`remove`", &[INDEX, MEMBER, WRITE]),
];

/// The calls that the actions on a member share.
const INDEX: Column = Column("index of ids", Call("Query", "by_number"), Needs::Nothing);
const MEMBER: Column = Column("member", Call("TransactGetItems", ""), Needs::Nothing);
const WRITE: Column = Column("transaction", Call("TransactWriteItems", ""), Needs::Nothing);

/// The column in which every call of the request meets the fault.
const EACH: &str = "each call";

/// The faults, with their names in the table.
pub(crate) const FAULTS: [(Fault, &str); 15] = [
    (Fault::Hung, "no answer ever"),
    (Fault::Slow, "three seconds late"),
    (Fault::Refused, "connection refused"),
    (Fault::Closed, "connection closed, call not seen"),
    (Fault::Lost, "connection closed, call done"),
    (Fault::Reset, "reset amid the answer, call done"),
    (Fault::Truncated, "half of the JSON, call done"),
    (Fault::Garbage, "200 and no JSON, call done"),
    (Fault::OverThroughput, "`ProvisionedThroughputExceededException`"),
    (Fault::Throttled, "`ThrottlingException`"),
    (Fault::ServerError, "500 `InternalServerError`"),
    (Fault::ExpiredToken, "`ExpiredTokenException`"),
    (Fault::UnrecognizedClient, "`UnrecognizedClientException`"),
    (Fault::ClockAhead, "its clock 5 minutes ahead"),
    (Fault::ClockBehind, "its clock 5 minutes behind"),
];

/// How many cases run at the same time. Most of them only wait.
const AT_ONCE: usize = 40;

const INTRODUCTION: &str = "\
# When DynamoDB fails

The status that a client gets when DynamoDB calls of its request meet a fault. Each cell has two statuses: first for a
fault that happens once, then for a fault that goes on. A column is the call that meets the fault; in the column
\"each call\", every call of the request does. 503 is `UNAVAILABLE` with `Retry-After: 5`, and changes no cookie. An
answer is due within 6 seconds; the test allows 3 more for a busy machine. It checks that every answer is true, and that
the first request after the fault gets its usual answer.

The SDK tries a call up to three times where a retry can help: at most 2 seconds each time, 5 seconds altogether.
Before the second try it waits up to 100 ms, before the third up to 200 ms, so that connections which were reset while
an instance was frozen cost little. A request waits at most 5.5 seconds for all its calls together. When a bucket
cannot be asked for a permit, the request is not admitted. A login that was answered with 503 may have stored a session,
but nobody has that session's token.

The authorizer has no status of its own: 503 stands for an error of the function, for which the gateway's own response is
500. The actions of the members function follow the routes: 200 stands for a success, 503 for `UNAVAILABLE`. After each
fault an action is either done as a whole or changes nothing, and the repetition is right: it succeeds, or says `EMAIL_TAKEN` for an
`add` and `NO_SUCH_MEMBER` for a `remove` that was done. A call of the members function may take 8 seconds, and an
invocation waits at most 12 seconds for its calls.

A test makes this page and compares it with what it sees: `UPDATE=1 cargo test -p tests --test faults`.
";

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_each_call_is_answered_as_documented() {
    let app = app().await;
    let at_once = stream::iter(cases()).map(|case| play(case, &app)).buffer_unordered(AT_ONCE);
    let mut seen: Vec<_> = at_once.collect().await;
    for (case, status) in &mut seen {
        // On a busy machine a request can exceed its time limit without a fault, so a failed case runs again alone.
        if *status != Some(expected(*case)) {
            *status = play(*case, &app).await.1;
        }
        assert_eq!(*status, Some(expected(*case)), "{case:?}");
    }
    compare(&document(&seen));
}

/// All cases, call by call, so that cases that wait run beside cases that compute.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (route, _, columns) in ROUTES {
        for &Column(name, call, needs) in columns {
            let once = if name == EACH { Times::OnceEach } else { Times::Once };
            let both = [once, Times::Always];
            cases.extend(
                FAULTS
                    .iter()
                    .flat_map(|&(fault, _)| both.map(|times| Case { route, call, needs, fault, times })),
            );
        }
    }
    cases
}

/// The status of the disturbed answer, or `None` when a check failed. The failed check is printed.
async fn play(case: Case, shared: &TestApp) -> (Case, Option<u64>) {
    let app = if case.needs == Needs::NoKeys { app().await } else { shared.clone() };
    (case, tokio::spawn(case.play(app)).await.ok())
}

/// An API whose limits are never reached.
async fn app() -> TestApp {
    let most = "1000000/1";
    TestApp::start_with(&[("LOGIN_QUOTA", most), ("STATUS_QUOTA", most), ("ACCOUNT_QUOTA", most)]).await
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

fn document(seen: &[(Case, Option<u64>)]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (route, title, columns) in ROUTES {
        let names: Vec<_> = columns.iter().map(|Column(name, ..)| *name).collect();
        let lines = "---|".repeat(columns.len());
        let _ = write!(text, "\n## {title}\n\n| fault | {} |\n|---|{lines}\n", names.join(" | "));
        for (fault, name) in FAULTS {
            let cells: Vec<_> = columns.iter().map(|column| cell(seen, route, column, fault)).collect();
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
    }
    text
}

/// The statuses of a fault that happens once and of a fault that goes on.
fn cell(
    seen: &[(Case, Option<u64>)],
    route: Route,
    &Column(_, call, needs): &Column,
    fault: Fault,
) -> String {
    let of = |lasts: bool| {
        let is_it = |case: &Case| {
            (case.route, case.call, case.needs, case.fault) == (route, call, needs, fault)
                && (case.times == Times::Always) == lasts
        };
        seen.iter().find(|(case, _)| is_it(case)).and_then(|(_, status)| *status).expect("every case ran")
    };
    format!("{} {}", of(false), of(true))
}

/// Compares the text with `docs/faults.md`, or writes that file when the environment has `UPDATE`.
fn compare(document: &str) {
    println!("{document}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/faults.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, document).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap_or_default() == document, "docs/faults.md is outdated");
}
