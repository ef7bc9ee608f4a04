//! The parts of `template.yaml` that this workspace reads: the tables, the routes, and the functions' environments
//! and permissions.

mod conditions;
mod function;
mod policies;
mod scope;
mod source;
mod statement;
mod table;

pub use statement::{PolicyCondition, Statement, TableResource};
pub use table::{Index, KeyAttribute, Projection, Table};

use function::Function;
use policies::Policies;
use scope::Scope;
use source::Source;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FUNCTION: &str = "AWS::Serverless::Function";
const HTTP_API: &str = "AWS::Serverless::HttpApi";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
const ROLE: &str = "AWS::IAM::Role";
const TABLE: &str = "AWS::DynamoDB::Table";

/// The deployed template, read at compile time.
static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    Template::parse(include_str!("../../../template.yaml")).expect("template.yaml is a template")
});

/// The template of the example, whose routes are protected.
static EXAMPLE: LazyLock<Template> = LazyLock::new(|| {
    let text = include_str!("../../../examples/protected-route/template.yaml");
    Template::parse(text).expect("the example's template.yaml is a template")
});

/// The parts of a SAM template that are read here, evaluated as for one deployment.
#[derive(Clone, Debug)]
pub struct Template {
    source: Source,
    parameters: BTreeMap<String, String>,
    tables: Vec<Table>,
    functions: Vec<Function>,
    policies: Policies,
    is_protected: bool,
}

/// Why a template cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct TemplateError {
    place: String,
    reason: String,
}

/// A route of the API, and the function that answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Such as `GET`.
    pub method: String,
    /// The path in the gateway's form, such as `/sessions/{proxy+}`.
    pub path: String,
    /// The binary that answers.
    pub function: String,
    /// Whether the API calls an authorizer first.
    pub is_protected: bool,
}

impl Template {
    /// The template of this workspace.
    ///
    /// # Panics
    /// When the template cannot be read. A test of this crate checks that it can.
    pub fn of_workspace() -> &'static Self {
        &TEMPLATE
    }

    /// The template of `examples/protected-route`.
    ///
    /// # Panics
    /// When the template cannot be read. A test of this crate checks that it can.
    pub fn of_example() -> &'static Self {
        &EXAMPLE
    }

    /// A template whose parameters have their defaults.
    ///
    /// # Errors
    /// [`TemplateError`] where the text is malformed, or where a condition or a variable needs a parameter that
    /// has no default.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::deployed(source::read(text)?, BTreeMap::new())
    }

    /// The same template, deployed with another value of one parameter.
    ///
    /// # Errors
    /// [`TemplateError`] where it has no such parameter, or as [`Self::parse`].
    pub fn with_parameter(&self, name: &str, value: &str) -> Result<Self, TemplateError> {
        if !self.source.parameters.contains_key(name) {
            return Err(TemplateError::new(name, &"no parameter has this name"));
        }
        let mut parameters = self.parameters.clone();
        parameters.insert(name.to_owned(), value.to_owned());
        Self::deployed(self.source.clone(), parameters)
    }

    /// All tables.
    pub fn tables(&self) -> Vec<Table> {
        self.tables.clone()
    }

    /// All routes.
    pub fn routes(&self) -> Vec<Route> {
        let endpoints = self.functions.iter().flat_map(|it| it.endpoints.iter().map(|end| (&it.binary, end)));
        let route = |(binary, (method, path)): (&String, &(String, String))| Route {
            method: method.clone(),
            path: path.clone(),
            function: binary.clone(),
            is_protected: self.is_protected,
        };
        endpoints.map(route).collect()
    }

    /// The environment of `binary`, with the logical name of every table.
    pub fn environment(&self, binary: &str) -> Vec<(String, String)> {
        let function = self.function(binary).into_iter();
        function.flat_map(|it| it.environment.clone()).collect()
    }

    /// The permissions of `binary` on tables, from all its policies.
    ///
    /// # Errors
    /// [`TemplateError`] when a policy is not understood, because its permissions are unknown.
    pub fn statements(&self, binary: &str) -> Result<Vec<Statement>, TemplateError> {
        self.function(binary).map_or(Ok(Vec::new()), |function| self.policies.statements(function))
    }

    fn function(&self, binary: &str) -> Option<&Function> {
        self.functions.iter().find(|it| it.binary == binary)
    }

    fn deployed(source: Source, parameters: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let scope = Scope::new(&source, &parameters);
        let globals = scope.evaluate_or_null(source.globals.get("Function"))?;
        let tables = scope.created(&source, TABLE)?.into_iter();
        let functions = scope.created(&source, FUNCTION)?.into_iter();
        let functions = functions.map(|(name, resource, properties)| {
            Function::read(name, &resource.metadata.0, &properties, &globals).transpose()
        });
        let apis = scope.created(&source, HTTP_API)?;
        let by_name = |kind| -> Result<BTreeMap<_, _>, _> {
            let created = scope.created(&source, kind)?.into_iter();
            Ok(created.map(|(name, _, it)| (name.to_owned(), it)).collect())
        };
        Ok(Self {
            tables: tables.map(|(name, _, it)| Table::read(name, it)).collect::<Result<_, _>>()?,
            functions: functions.flatten().collect::<Result<_, _>>()?,
            policies: Policies { managed: by_name(MANAGED_POLICY)?, roles: by_name(ROLE)? },
            is_protected: apis.iter().any(|(_, _, it)| !it["Auth"]["DefaultAuthorizer"].is_null()),
            parameters,
            source,
        })
    }
}

impl TemplateError {
    fn new(place: &str, reason: &dyn ToString) -> Self {
        Self { place: place.to_owned(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_both_spellings_of_the_path() {
        let mut routes: Vec<_> = Template::of_workspace()
            .routes()
            .into_iter()
            .map(|route| format!("{} {} {}", route.function, route.method, route.path))
            .collect();
        routes.sort();
        assert_eq!(
            routes,
            [
                "login POST /sessions",
                "login POST /sessions/{proxy+}",
                "logout DELETE /sessions",
                "logout DELETE /sessions/{proxy+}",
                "status GET /sessions",
                "status GET /sessions/{proxy+}",
            ]
        );
    }

    #[test]
    fn the_sessions_are_open_and_the_example_is_protected() {
        assert!(Template::of_workspace().routes().iter().all(|route| !route.is_protected));
        let route = Route {
            method: "GET".into(),
            path: "/example".into(),
            function: "example".into(),
            is_protected: true,
        };
        assert_eq!(Template::of_example().routes(), [route]);
    }

    #[test]
    fn a_function_has_its_own_environment_and_no_more() {
        let environment = Template::of_workspace().environment("logout");
        assert!(environment.contains(&("SESSIONS_TABLE".into(), "SessionsTable".into())));
        assert!(environment.contains(&("SESSION_IDLE_SECONDS".into(), "3600".into())));
        assert!(!environment.iter().any(|(name, _)| name == "MEMBERS_TABLE"));
    }

    #[test]
    fn tables_have_their_keys_and_expiry() {
        let tables = Template::of_workspace().tables();
        let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
        let expected =
            ["EpochsTable", "MembersTable", "RateLimitsTable", "SessionsTable", "SigningKeysTable"];
        assert_eq!(names, expected);
        let key: Vec<_> =
            tables[3].key.iter().map(|it| format!("{} {} {}", it.name, it.kind, it.role)).collect();
        assert_eq!(key, ["member_id N HASH", "session B RANGE"]);
        assert_eq!(tables[3].expires_by.as_deref(), Some("expires_at"));
    }

    #[test]
    fn a_malformed_template_is_an_error() {
        for text in ["", "Resources: [", "Resources: {Table: {Type: AWS::DynamoDB::Table}}", "Parameters: {}"]
        {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
