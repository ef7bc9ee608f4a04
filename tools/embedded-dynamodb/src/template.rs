//! What this workspace reads of `template.yaml`: the tables, the routes, the functions' environments and
//! permissions.

use crate::permissions::Permission;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The template that is deployed, as it was when this was compiled.
static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../../../template.yaml")).expect("template.yaml is a template")
});

/// The template of the example, whose routes are protected.
static EXAMPLE: LazyLock<Template> = LazyLock::new(|| {
    let text = include_str!("../../../examples/protected-route/template.yaml");
    serde_saphyr::from_str(text).expect("the example's template.yaml is a template")
});

/// A SAM template, as far as it is read here. `!Ref X` reads as `X`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Template {
    #[serde(default)]
    globals: Globals,
    parameters: BTreeMap<String, Parameter>,
    resources: BTreeMap<String, Resource>,
}

/// What every function has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Globals {
    function: Properties,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    default: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    metadata: Option<Metadata>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    build_properties: BuildProperties,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BuildProperties {
    binary: String,
}

/// The properties that are read of any resource; the others' are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Properties {
    auth: Auth,
    environment: Environment,
    events: BTreeMap<String, Event>,
    policies: Vec<Policy>,
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Auth {
    default_authorizer: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Environment {
    variables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    statement: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: String,
    action: Actions,
    resource: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Actions {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    properties: Endpoint,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    method: String,
    path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
}

/// A route of the API: what the gateway hands to which function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, ….
    pub method: String,
    /// As the gateway matches it: `/sessions`, `/sessions/{proxy+}`.
    pub path: String,
    /// The binary that answers.
    pub function: String,
    /// Whether the API asks an authorizer first.
    pub is_protected: bool,
}

/// A table's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The logical name, which is the real one locally.
    pub name: String,
    /// Key attributes in order, each with its type (`S`, `N`, `B`) and role (`HASH`, `RANGE`).
    pub keys: Vec<(String, String, String)>,
    /// The attribute by which items expire, if they do.
    pub expires_by: Option<String>,
}

impl Template {
    /// The template of this workspace.
    ///
    /// # Panics
    /// When it cannot be read, which the tests of this crate would show.
    #[must_use]
    pub fn of_workspace() -> &'static Self {
        &TEMPLATE
    }

    /// The template of `examples/protected-route`.
    ///
    /// # Panics
    /// When it cannot be read, which the tests of this crate would show.
    #[must_use]
    pub fn of_example() -> &'static Self {
        &EXAMPLE
    }

    /// All tables.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        self.of_kind("AWS::DynamoDB::Table").map(|(name, it)| it.properties.table(name)).collect()
    }

    /// All routes.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        let events = self.functions().flat_map(|(binary, it)| {
            it.properties.events.values().map(move |event| (binary, &event.properties))
        });
        let mut apis = self.of_kind("AWS::Serverless::HttpApi");
        let is_protected = apis.any(|(_, api)| api.properties.auth.default_authorizer.is_some());
        let route = |(binary, endpoint): (&str, &Endpoint)| Route {
            method: endpoint.method.clone(),
            path: endpoint.path.clone(),
            function: binary.to_owned(),
            is_protected,
        };
        events.map(route).collect()
    }

    /// The environment that `binary` is deployed with, where every parameter has its default and every
    /// table its logical name.
    #[must_use]
    pub fn environment(&self, binary: &str) -> Vec<(String, String)> {
        let function = self.functions().find(|&(name, _)| name == binary);
        let own = function.into_iter().flat_map(|(_, it)| &it.properties.environment.variables);
        let variables = own.chain(&self.globals.function.environment.variables);
        variables.map(|(name, value)| (name.clone(), self.resolve(value).to_owned())).collect()
    }

    /// What the role of `binary` allows it on tables.
    ///
    /// # Panics
    /// When a statement is no plain grant on one table.
    #[must_use]
    pub fn permissions(&self, binary: &str) -> BTreeSet<Permission> {
        let function = self.functions().find(|&(name, _)| name == binary);
        let policies = function.into_iter().flat_map(|(_, it)| &it.properties.policies);
        policies.flat_map(|policy| &policy.statement).flat_map(Statement::permissions).collect()
    }

    fn resolve<'a>(&'a self, value: &'a str) -> &'a str {
        self.parameters.get(value).map_or(value, |parameter| &parameter.default)
    }

    fn functions(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.of_kind("AWS::Serverless::Function")
            .filter_map(|(_, it)| Some((it.metadata.as_ref()?.build_properties.binary.as_str(), it)))
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&str, &Resource)> {
        self.resources.iter().filter(move |(_, it)| it.kind == kind).map(|(name, it)| (name.as_str(), it))
    }
}

impl Statement {
    fn permissions(&self) -> Vec<Permission> {
        assert_eq!(self.effect, "Allow");
        let table = self.resource.strip_suffix(".Arn").expect("!GetAtt of a table's Arn");
        let actions = match &self.action {
            Actions::One(action) => std::slice::from_ref(action),
            Actions::Several(actions) => actions,
        };
        actions.iter().map(|it| Permission { action: it.clone(), table: table.to_owned() }).collect()
    }
}

impl Properties {
    fn table(&self, name: &str) -> Table {
        let kind = |key: &Key| {
            let attribute =
                self.attribute_definitions.iter().find(|it| it.attribute_name == key.attribute_name);
            attribute.map(|it| it.attribute_type.clone()).unwrap_or_default()
        };
        let key = |key: &Key| (key.attribute_name.clone(), kind(key), key.key_type.clone());
        Table {
            name: name.to_owned(),
            keys: self.key_schema.iter().map(key).collect(),
            expires_by: self.time_to_live_specification.as_ref().map(|it| it.attribute_name.clone()),
        }
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
        assert_eq!(names, ["MembersTable", "RateLimitsTable", "SessionsTable", "SigningKeysTable"]);
        assert_eq!(
            tables[2],
            Table {
                name: "SessionsTable".into(),
                keys: vec![
                    ("member_id".into(), "N".into(), "HASH".into()),
                    ("session".into(), "B".into(), "RANGE".into()),
                ],
                expires_by: Some("expires_at".into()),
            }
        );
    }
}
