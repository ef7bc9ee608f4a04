//! The part of the contract that holds for every deployment, because it needs no clock, database or configuration of
//! its own. Over HTTP, all scenarios together log the member in nine times.

mod cookies;
mod cross_site;
mod login_body;
mod paths;
mod rate_limits;
mod sessions;

use crate::api::Api;
use std::any::type_name;
use std::pin::Pin;

/// One scenario.
pub struct Scenario {
    name: String,
    fills_bucket: bool,
    run: Box<dyn Fn(Api) -> Run>,
}

type Run = Pin<Box<dyn Future<Output = ()>>>;

impl Scenario {
    /// What the scenario shows, in words.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the scenario empties the client's bucket, which all clients at the same address share.
    pub const fn fills_bucket(&self) -> bool {
        self.fills_bucket
    }

    /// Runs the scenario.
    pub async fn run(&self, api: &Api) {
        (self.run)(api.clone()).await;
    }

    fn that_fills_the_bucket(self) -> Self {
        Self { fills_bucket: true, ..self }
    }
}

/// All scenarios. Only the last one ends the shared session.
pub fn all() -> Vec<Scenario> {
    vec![
        scenario(paths::login_status_logout_and_then_no_session),
        scenario(paths::both_spellings_are_one_resource_and_other_paths_are_not_found),
        scenario(paths::only_the_gateways_method_counts),
        scenario(paths::credentials_elsewhere_than_in_the_body_are_ignored),
        scenario(cookies::a_session_cookie_goes_with_the_browser_and_a_remembered_one_stays),
        scenario(cookies::logout_clears_with_the_same_attributes),
        scenario(cookies::only_a_login_that_succeeds_and_a_logout_set_a_cookie),
        scenario(cookies::only_exactly_one_valid_cookie_opens_a_session),
        scenario(cross_site::a_page_of_another_site_can_neither_log_in_nor_out),
        scenario(cross_site::the_apis_own_page_can),
        scenario(cross_site::a_refused_request_ends_no_session_and_takes_no_token),
        scenario(cross_site::status_changes_nothing_and_answers_any_site),
        scenario(login_body::a_body_may_have_4096_bytes_and_no_more),
        scenario(login_body::only_json_is_read),
        scenario(login_body::a_bad_body_gets_a_detail_that_names_the_field),
        scenario(rate_limits::logout_is_never_limited),
        scenario(rate_limits::a_burst_and_then_a_wait_whatever_the_headers_say).that_fills_the_bucket(),
        scenario(sessions::a_wrong_password_and_an_unknown_email_look_the_same),
        scenario(sessions::a_login_that_fails_leaves_the_session_it_came_with),
        scenario(sessions::a_login_makes_a_new_session_and_ends_the_one_it_came_with),
        scenario(sessions::logout_ends_one_session_and_logout_everywhere_all_of_the_member),
    ]
}

/// A scenario with the name of its function.
fn scenario<F, R>(run: F) -> Scenario
where
    F: Fn(Api) -> R + 'static,
    R: Future<Output = ()> + 'static,
{
    let name = type_name::<F>().rsplit("::").next().unwrap_or_default().replace('_', " ");
    Scenario { name, fills_bucket: false, run: Box::new(move |api| Box::pin(run(api))) }
}
