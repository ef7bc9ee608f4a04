//! The environment, read once at start. If a value is missing or bad, the function does not start, and the error names
//! the variable.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The variables a function starts with. `template.yaml` sets them from its parameters.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The process's own environment. In a value that is not UTF-8, U+FFFD replaces the bad bytes. Dropping such a
    /// value would apply the default, and a proxy's secret must not be empty by mistake.
    pub fn from_env() -> Self {
        let lossy = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        std::env::vars_os().filter_map(lossy).collect()
    }

    /// The name of the table in the variable `name`.
    ///
    /// # Errors
    /// When the variable is missing or empty: a table has no default.
    pub fn table(&self, name: &'static str) -> Result<String, ConfigError> {
        let value = self.get(name).ok_or(ConfigError { name, problem: "is not set".into() })?;
        Ok(value.to_owned())
    }

    /// The value of the variable `name`, or of `default` if it is missing or empty.
    ///
    /// # Errors
    /// When the value cannot be parsed, with the reason.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
        default: &str,
    ) -> Result<T, ConfigError> {
        let value = self.get(name).unwrap_or(default);
        value.parse().map_err(|problem: T::Err| ConfigError { name, problem: problem.to_string() })
    }

    /// The seconds in the variable `name`, or `default` if it is missing or empty.
    ///
    /// # Errors
    /// When the value is not 1 second to 10 years.
    pub fn duration(&self, name: &'static str, default: Duration) -> Result<Duration, ConfigError> {
        self.parsed(name, &default.as_secs().to_string()).map(|Seconds(seconds)| Duration::from_secs(seconds))
    }

    /// The same variables, with `values` for variables that are missing or empty.
    #[must_use]
    pub fn or(&self, values: impl IntoIterator<Item = (String, String)>) -> Self {
        let missing = values.into_iter().filter(|(name, _)| self.get(name).is_none());
        self.0.clone().into_iter().chain(missing).collect()
    }

    /// The variable `name`, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// A later value of a variable replaces an earlier one.
impl Extend<(String, String)> for Environment {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, variables: I) {
        self.0.extend(variables);
    }
}

struct Seconds(u64);

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().ok().filter(|it| (1..=315_360_000).contains(it));
        seconds.map(Self).ok_or("must be a number of seconds, from 1 to 315360000")
    }
}

/// A variable with a missing or bad value, and the reason. The function does not start.
#[derive(thiserror::Error)]
#[error("{name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

/// Prints the same as `Display`, because the runtime prints errors from `main` with `Debug`.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_error_for_a_missing_table_names_the_variable() {
        for variables in [&[][..], &[("MEMBERS_TABLE", "")]] {
            let error = environment(variables).table("MEMBERS_TABLE").unwrap_err();
            assert_eq!(format!("{error:?}"), "MEMBERS_TABLE is not set");
        }
    }

    #[test]
    fn the_error_for_a_bad_value_names_the_variable_and_the_reason() {
        let error = environment(&[("BCRYPT_COST", "many")]).parsed::<u32>("BCRYPT_COST", "12").unwrap_err();
        assert_eq!(error.to_string(), "BCRYPT_COST invalid digit found in string");
    }

    #[test]
    fn a_duration_is_1_second_to_10_years() {
        for (value, good) in
            [("1", true), ("315360000", true), ("0", false), ("-1", false), ("315360001", false)]
        {
            let parsed = environment(&[("SESSION_IDLE_SECONDS", value)])
                .duration("SESSION_IDLE_SECONDS", Duration::from_mins(1));
            assert_eq!(parsed.is_ok(), good, "{value}");
        }
    }

    #[test]
    fn an_unset_variable_has_its_default() {
        assert_eq!(environment(&[]).parsed::<u32>("BCRYPT_COST", "12").unwrap(), 12);
        assert_eq!(environment(&[("BCRYPT_COST", "11")]).parsed::<u32>("BCRYPT_COST", "12").unwrap(), 11);
    }
}
