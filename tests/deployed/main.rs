//! Runs the scenarios of the contract against the deployment at `API_URL`, with the member of `API_EMAIL` and
//! `API_PASSWORD`. With `API_MAY_FILL_BUCKETS=1`, the run may use up the login limit of this machine's address.

use futures_util::FutureExt;
use std::env;
use std::io::{Write, stdout};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use tests::scenarios::{self, Scenario};
use tests::{Api, Deployment, Member, Skipped};

enum Outcome {
    Ok,
    Skipped(String),
    Failed,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match deployment() {
        Ok(Some(deployment)) => run_if_the_member_can_log_in(&Api::Deployed(Arc::new(deployment))).await,
        Ok(None) => {
            println!("skipped: API_URL is not set");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The deployment at `API_URL`, or `None` if the variable is not set.
fn deployment() -> Result<Option<Deployment>, String> {
    let Ok(url) = env::var("API_URL") else { return Ok(None) };
    let value = |name: &str| env::var(name).map_err(|_| format!("{name} is not set, and API_URL is"));
    let member = Member { email: value("API_EMAIL")?, password: value("API_PASSWORD")? };
    Deployment::new(&url, member).map(Some)
}

/// Runs the scenarios. Stops if the member cannot log in, because repeated attempts would only use up the account's
/// limit.
async fn run_if_the_member_can_log_in(api: &Api) -> ExitCode {
    match outcome(api.shared_login().map(drop)).await {
        Outcome::Ok => run_all(api).await,
        Outcome::Skipped(why) => {
            eprintln!("error: the member cannot log in now: {why}");
            ExitCode::FAILURE
        }
        Outcome::Failed => {
            eprintln!("error: the member cannot log in: look at API_URL, API_EMAIL and API_PASSWORD");
            ExitCode::FAILURE
        }
    }
}

async fn run_all(api: &Api) -> ExitCode {
    let (mut ok, mut skipped, mut failed) = (0, 0, 0);
    for scenario in scenarios::all() {
        print!("{} ... ", scenario.name());
        let _ = stdout().flush();
        match run(&scenario, api).await {
            Outcome::Ok => {
                ok += 1;
                println!("ok");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("skipped: {why}");
            }
            Outcome::Failed => {
                failed += 1;
                println!("FAILED");
            }
        }
    }
    println!("\n{ok} ok, {skipped} skipped, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(scenario: &Scenario, api: &Api) -> Outcome {
    let may_fill = env::var("API_MAY_FILL_BUCKETS").is_ok_and(|it| it == "1");
    if scenario.fills_bucket() && !may_fill {
        return Outcome::Skipped("API_MAY_FILL_BUCKETS is not 1".to_owned());
    }
    outcome(scenario.run(api)).await
}

async fn outcome(of: impl Future<Output = ()>) -> Outcome {
    match AssertUnwindSafe(of).catch_unwind().await {
        Ok(()) => Outcome::Ok,
        Err(payload) => payload.downcast::<Skipped>().map_or(Outcome::Failed, |it| Outcome::Skipped(it.0)),
    }
}
