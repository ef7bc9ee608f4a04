//! The environment variables of the functions.

use embedded_dynamodb::Template;
use shared::config::Environment;

/// The process's own environment, which overrides what `template.yaml` sets. It can hold credentials, so it
/// cannot be printed.
#[derive(Clone, Default)]
pub struct Settings(Environment);

impl Settings {
    /// The process's own environment.
    pub fn from_env() -> Self {
        Self(Environment::from_env())
    }

    /// The variable `name`, if it is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// The environment of the function `binary`: the variables that the template gives it. Tables have their
    /// local names, even if the shell still names those of a deployment.
    pub(crate) fn of_function(&self, binary: &str) -> Environment {
        let template = Template::of_workspace();
        let is_table = |value: &str| template.tables().iter().any(|table| table.name == value);
        let own = |name: &str| self.get(name).map(str::to_owned);
        let variables = template.environment(binary).into_iter().map(|(name, value)| {
            let chosen = if is_table(&value) { None } else { own(&name) };
            (name, chosen.unwrap_or(value))
        });
        variables.collect()
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(own: &[(&str, &str)]) -> Environment {
        let own = own.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        own.collect::<Settings>().of_function("login")
    }

    #[test]
    fn the_process_goes_before_the_template() {
        let quota = |own: &[_]| environment(own).parsed::<String>("LOGIN_QUOTA", "none").unwrap();
        assert_eq!(quota(&[]), "5/60");
        assert_eq!(quota(&[("LOGIN_QUOTA", "1000/60")]), "1000/60");
        assert_eq!(quota(&[("LOGIN_QUOTA", "")]), "5/60");
    }

    #[test]
    fn tables_keep_the_names_that_they_are_made_under() {
        let environment = environment(&[("MEMBERS_TABLE", "deployed-MembersTable-1ABC")]);
        assert_eq!(environment.table("MEMBERS_TABLE").unwrap(), "MembersTable");
    }

    #[test]
    fn a_function_has_only_the_variables_of_the_template() {
        let environment = environment(&[("STATUS_QUOTA", "1/1")]);
        assert_eq!(environment.parsed::<String>("STATUS_QUOTA", "none").unwrap(), "none");
    }
}
