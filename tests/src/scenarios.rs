//! Tests that pass against every deployment, because they need no special clock, database or configuration. Over HTTP,
//! all scenarios together make nine logins of the member.

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
    /// The scenario's name in words.
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
        scenario(paths::a_session_lives_from_login_to_logout),
        scenario(paths::both_spellings_of_the_path_work_and_other_paths_are_not_found),
        scenario(paths::method_overrides_are_ignored),
        scenario(paths::credentials_outside_the_body_are_ignored),
        scenario(cookies::a_session_cookie_has_max_age_only_if_it_is_remembered),
        scenario(cookies::logout_clears_the_cookie_with_the_same_attributes),
        scenario(cookies::only_a_successful_login_and_a_logout_set_a_cookie),
        scenario(cookies::a_session_needs_exactly_one_valid_cookie),
        scenario(cross_site::a_page_of_another_site_can_neither_log_in_nor_out),
        scenario(cross_site::the_apis_own_page_can_log_in_and_out),
        scenario(cross_site::a_cross_site_request_ends_no_session_and_takes_no_permit),
        scenario(cross_site::status_is_readable_from_any_site),
        scenario(login_body::a_body_has_at_most_4096_bytes),
        scenario(login_body::only_json_is_read),
        scenario(login_body::the_response_to_a_malformed_body_names_the_field),
        scenario(rate_limits::logout_has_no_client_limit),
        scenario(rate_limits::forged_headers_do_not_bypass_the_login_limit).that_fills_the_bucket(),
        scenario(sessions::a_wrong_password_and_an_unknown_email_look_the_same),
        scenario(sessions::a_failed_login_leaves_the_session_of_its_cookie),
        scenario(sessions::a_login_starts_a_new_session_and_ends_the_session_of_its_cookie),
        scenario(sessions::logout_ends_one_session_and_logout_everywhere_ends_all_sessions),
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
