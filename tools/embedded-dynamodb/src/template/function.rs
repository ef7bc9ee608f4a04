//! A function of a template: its environment, its routes and its policies.

use super::TemplateError;
use super::source::text;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A function that is built from a binary of this workspace.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) binary: String,
    pub(super) environment: BTreeMap<String, String>,
    /// Method and path of each route.
    pub(super) endpoints: Vec<(String, String)>,
    /// The role as it is written, or null where SAM makes one.
    pub(super) role: Value,
    /// The policies of the role that SAM makes, as they are written: documents and names.
    pub(super) policies: Vec<Value>,
}

/// The properties that are read. Other properties are ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Properties {
    environment: Environment,
    events: BTreeMap<String, Event>,
    policies: Value,
    role: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Environment {
    variables: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    properties: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata {
    build_properties: BuildProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BuildProperties {
    binary: Option<String>,
}

impl Function {
    /// Reads the evaluated properties of a function, those of all functions below its own. None if no binary
    /// of this workspace is built for it.
    pub(super) fn read(
        name: &str,
        metadata: &Value,
        properties: &Value,
        globals: &Value,
    ) -> Result<Option<Self>, TemplateError> {
        let Some(binary) = binary(metadata) else { return Ok(None) };
        let read = |properties: &Value| {
            let properties = Option::<Properties>::deserialize(properties);
            properties.map(Option::unwrap_or_default).map_err(|error| TemplateError::new(name, &error))
        };
        let (own, shared) = (read(properties)?, read(globals)?);
        let variables = shared.environment.variables.into_iter().chain(own.environment.variables);
        Ok(Some(Self {
            name: name.to_owned(),
            binary,
            environment: variables.map(variable).collect::<Result<_, _>>()?,
            endpoints: own.events.values().filter_map(endpoint).collect(),
            policies: list(own.policies),
            role: own.role,
        }))
    }
}

/// A list, of which one item may be written as that item.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        item => vec![item],
    }
}

/// The metadata of a function. Other tools store data there in forms of their own.
fn binary(metadata: &Value) -> Option<String> {
    Metadata::deserialize(metadata).ok()?.build_properties.binary
}

fn variable((name, value): (String, Value)) -> Result<(String, String), TemplateError> {
    let missing = || TemplateError::new(&name, &format!("the variable has no value: {value}"));
    let value = text(&value).ok_or_else(missing)?;
    Ok((name, value))
}

/// The route of an event. Other events than requests to an HTTP API have none.
fn endpoint(event: &Event) -> Option<(String, String)> {
    let field = |name| event.properties.get(name)?.as_str().map(str::to_owned);
    Some((field("Method")?, field("Path")?)).filter(|_| event.kind == "HttpApi")
}

#[cfg(test)]
mod tests {
    use crate::{Template, TemplateError};

    const TEMPLATE: &str = "
        Parameters:
          BehindProxy: {Type: String, Default: 'false', AllowedValues: ['true', 'false']}
          Quota: {Type: String, Default: 5/60}
          Cost: {Type: Number, Default: 12}
        Conditions:
          IsBehindProxy: !Equals [!Ref BehindProxy, 'true']
        Globals:
          Function:
            Environment: {Variables: {QUOTA: 1/1, COST: !Ref Cost}}
        Resources:
          LoginFunction:
            Type: AWS::Serverless::Function
            Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: login}}
            Properties:
              Environment:
                Variables:
                  QUOTA: !Ref Quota
                  PROXY_SECRET: !If [IsBehindProxy, !Sub '{{resolve:${Secret}}}', '']
                  HINT: !If [IsBehindProxy, !Ref AWS::NoValue, none]
              Events:
                Login: {Type: HttpApi, Properties: {Method: POST, Path: /sessions}}
                Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
                Rest: {Type: Api, Properties: {Method: POST, Path: /rest}}
          ProxyFunction:
            Type: AWS::Serverless::Function
            Condition: IsBehindProxy
            Metadata: {BuildProperties: {Binary: proxy}}
            Properties:
              Events: {Any: {Type: HttpApi, Properties: {Method: GET, Path: /proxy}}}
          NodeFunction:
            Type: AWS::Serverless::Function
            Metadata: {cfn-lint: {config: {ignore_checks: [W1]}}}
          Secret: {Type: AWS::SecretsManager::Secret, Condition: IsBehindProxy}";

    fn behind_proxy() -> Template {
        Template::parse(TEMPLATE).unwrap().with_parameter("BehindProxy", "true").unwrap()
    }

    fn environment(template: &Template, binary: &str) -> String {
        let variables = template.environment(binary).into_iter();
        variables.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    fn paths(template: &Template) -> Vec<String> {
        template.routes().into_iter().map(|route| route.path).collect()
    }

    #[test]
    fn a_function_has_its_own_variables_above_those_of_all() {
        let template = Template::parse(TEMPLATE).unwrap();
        assert_eq!(environment(&template, "login"), "COST=12 HINT=none PROXY_SECRET= QUOTA=5/60");
        assert_eq!(environment(&template, "unknown"), "");
    }

    #[test]
    fn a_parameter_changes_the_values_that_depend_on_it() {
        let template = behind_proxy();
        assert_eq!(environment(&template, "login"), "COST=12 PROXY_SECRET={{resolve:Secret}} QUOTA=5/60");
        assert_eq!(
            environment(&template.with_parameter("Quota", "9/9").unwrap(), "login"),
            "COST=12 PROXY_SECRET={{resolve:Secret}} QUOTA=9/9"
        );
    }

    #[test]
    fn a_function_without_its_condition_is_not_deployed() {
        assert_eq!(paths(&Template::parse(TEMPLATE).unwrap()), ["/sessions"]);
        assert_eq!(paths(&behind_proxy()), ["/sessions", "/proxy"]);
        assert_eq!(environment(&behind_proxy(), "proxy"), "COST=12 QUOTA=1/1");
    }

    #[test]
    fn a_misspelt_parameter_is_an_error() {
        let error = Template::parse(TEMPLATE).unwrap().with_parameter("BehindProxi", "true").unwrap_err();
        assert_eq!(error.to_string(), "BehindProxi: no parameter has this name");
    }

    #[test]
    fn a_variable_needs_a_value() {
        let error: TemplateError =
            Template::parse(&TEMPLATE.replace("Default: 5/60", "MinLength: 3")).unwrap_err();
        assert!(error.to_string().starts_with("QUOTA: the variable has no value"), "{error}");
    }
}
