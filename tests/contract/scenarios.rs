//! The scenarios that hold for every deployment, in process.

use tests::{Api, TestApp, scenarios};

#[tokio::test]
async fn every_scenario_holds_in_process() {
    for scenario in scenarios::all() {
        println!("{}", scenario.name());
        scenario.run(&Api::InProcess(TestApp::start().await)).await;
    }
}
