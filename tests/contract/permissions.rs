//! Each function's role allows the calls that the function makes, and no others.
//!
//! The test compares the statements of the roles with the calls on the wire, and fails on a statement of an unknown
//! form.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Exchange, FaultProxy};

const DAY: Duration = Duration::from_hours(24);

/// The condition keys that restrict a role, and their values.
type Restricted = BTreeMap<&'static str, BTreeSet<String>>;

/// Each action on a table or an index, such as `("dynamodb:GetItem", "MembersTable.Arn")`.
type Permissions = BTreeMap<(String, String), Restricted>;

const ATTRIBUTES: &str = "dynamodb:Attributes";
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
const RETURN_VALUES: &str = "dynamodb:ReturnValues";

fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// The permissions that the template gives the role.
fn granted(role: &str) -> Permissions {
    let template: Value = serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap();
    let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"];
    let mut permissions = Permissions::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        let restricted = restrictions(statement["Condition"].as_object());
        for action in texts(&statement["Action"]) {
            for resource in texts(&statement["Resource"]) {
                assert!(permissions.insert((action.clone(), resource), restricted.clone()).is_none());
            }
        }
    }
    permissions
}

/// The restricted values of a condition. `ForAllValues` is also true for a request without such a value, so `Null` must
/// refuse that request.
fn restrictions(condition: Option<&serde_json::Map<String, Value>>) -> Restricted {
    let Some(condition) = condition else { return Restricted::new() };
    let values = condition["ForAllValues:StringEquals"].as_object().unwrap();
    assert!(values.keys().all(|key| condition["Null"][key] == "false"), "{condition:?}");
    let exceptional = condition.get("StringEqualsIfExists").and_then(Value::as_object);
    let known = [ATTRIBUTES, LEADING_KEYS, RETURN_VALUES];
    let restrictions = values.into_iter().chain(exceptional.into_iter().flatten());
    restrictions
        .map(|(key, it)| (*known.iter().find(|it| *it == key).expect("a known key"), texts(it)))
        .collect()
}

/// The permissions that one call needs. A transaction needs the permission of each of its actions, and no other:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
fn needed(exchange: &Exchange) -> Permissions {
    let request: Value = serde_json::from_str(&exchange.request).unwrap();
    if let Some(actions) = request["TransactItems"].as_array() {
        let actions = actions.iter().filter_map(Value::as_object).flatten();
        return actions.map(|(kind, it)| permission(&format!("{kind}Item"), &it["TableName"], it)).collect();
    }
    match request["RequestItems"].as_object() {
        Some(tables) => {
            tables.iter().map(|(name, it)| permission(&exchange.operation, &json!(name), it)).collect()
        }
        None => [permission(&exchange.operation, &request["TableName"], &request)].into(),
    }
}

fn permission(action: &str, table: &Value, request: &Value) -> ((String, String), Restricted) {
    let table = table.as_str().unwrap();
    let resource = match request["IndexName"].as_str() {
        Some(index) => format!("${{{table}.Arn}}/index/{index}"),
        None => format!("{table}.Arn"),
    };
    let returned = request["ReturnValues"].as_str().unwrap_or("NONE").to_owned();
    let restricted = [
        (ATTRIBUTES, attributes(request)),
        (LEADING_KEYS, leading_keys(request)),
        (RETURN_VALUES, [returned].into()),
    ];
    ((format!("dynamodb:{action}"), resource), restricted.into())
}

/// The items and keys in a request.
fn items(request: &Value) -> impl Iterator<Item = (&String, &Value)> {
    [&request["Key"], &request["Item"]].into_iter().filter_map(Value::as_object).flatten()
}

/// The attributes of the item or its key, and every word of the expressions that is not a keyword, a function or a
/// value.
fn attributes(request: &Value) -> BTreeSet<String> {
    let expressions =
        ["ConditionExpression", "UpdateExpression"].map(|it| request[it].as_str().unwrap_or_default());
    let text = expressions.join(" ");
    let words = text.split(|it: char| !(it.is_alphanumeric() || "_#:".contains(it)));
    let lower = |it: &&str| it.starts_with(|it: char| it.is_ascii_lowercase() || it == '#');
    let is_function = |it: &&str| text.contains(&format!("{it}("));
    let names = words.filter(lower).filter(|it| !is_function(it));
    let spelled = names.map(|it| request["ExpressionAttributeNames"][it].as_str().unwrap_or(it).to_owned());
    spelled.chain(items(request).map(|(name, _)| name.clone())).collect()
}

/// The names of key rings in the request. Only `SigningKeys` is restricted by partition key.
fn leading_keys(request: &Value) -> BTreeSet<String> {
    items(request).filter(|(name, _)| *name == "ring").flat_map(|(_, value)| texts(&value["S"])).collect()
}

/// The permissions that each function used, by its role.
struct Uses<'a> {
    proxy: &'a FaultProxy,
    by_role: BTreeMap<&'static str, Permissions>,
}

impl Uses<'_> {
    /// Records all calls since the previous record as calls of this role's function.
    fn record(&mut self, role: &'static str) {
        let permissions = self.by_role.entry(role).or_default();
        for (permission, restricted) in self.proxy.take_exchanges().iter().flat_map(needed) {
            let used = permissions.entry(permission).or_default();
            for (key, values) in restricted {
                used.entry(key).or_default().extend(values);
            }
        }
    }
}

/// Makes every kind of call. Keys are created and rotated, a hash is renewed, a session is replaced, used and ended,
/// all sessions are revoked, and a missing epoch is created.
async fn everything(app: &TestApp, uses: &mut Uses<'_>) {
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("builder", 4).unwrap()).await;
    uses.proxy.take_exchanges();
    let bob = app.client().logged_in_as("bob@example.com", "builder").await;
    app.advance(31 * DAY);
    let ada = app.client().logged_in().await.logged_in().await;
    uses.record("LoginRole");
    app.advance(Duration::from_mins(6));
    assert_eq!(ada.status().await.status, 200);
    uses.record("StatusRole");
    app.advance(Duration::from_mins(6));
    assert_eq!(app.decide(&ada.authorizer_request()).await.unwrap()["isAuthorized"], json!(true));
    uses.record("AuthorizerRole");
    for client in [bob, ada] {
        client.logout_everywhere().await;
        client.logout().await;
    }
    uses.record("LogoutRole");
    app.delete_epoch(1).await;
    uses.proxy.take_exchanges();
    app.client().logged_in().await;
    uses.record("LoginRole");
    every_action(app).await;
    uses.record("MembersRole");
}

async fn every_action(app: &TestApp) {
    let added = json!({"action": "add", "email": "eve@example.com", "password": "violet-harbour-93"});
    let id = app.invoke(&added).await["memberId"].clone();
    for request in [
        json!({"action": "setPassword", "memberId": id, "password": "quiet-lantern-408", "currentPassword": "wrong"}),
        json!({"action": "setPassword", "memberId": id, "password": "quiet-lantern-408"}),
        json!({"action": "setEmail", "memberId": id, "email": "eve@new.example"}),
        json!({"action": "sessions", "memberId": id}),
        json!({"action": "endSession", "memberId": id, "id": "0".repeat(64)}),
        json!({"action": "remove", "memberId": id}),
    ] {
        app.invoke(&request).await;
    }
}

#[tokio::test]
async fn a_role_allows_exactly_the_calls_that_its_function_makes() {
    let app = TestApp::start().await;
    let proxy = app.fault_proxy();
    let mut uses = Uses { proxy: &proxy, by_role: BTreeMap::new() };
    everything(&app.through(&proxy), &mut uses).await;
    for (role, uses) in uses.by_role {
        let granted = granted(role);
        let names = |permissions: &Permissions| permissions.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&granted), names(&uses), "{role}");
        for (permission, restricted) in granted {
            for (key, values) in &restricted {
                // AWS does not say whether a request without `ReturnValues` counts as `NONE`, so roles also allow
                // `NONE`.
                let uses = uses[&permission][key]
                    .iter()
                    .cloned()
                    .chain((*key == RETURN_VALUES).then(|| "NONE".into()));
                assert_eq!(*values, uses.collect(), "{role} {permission:?} {key}");
            }
            let must_be = needs_restriction(role, &permission.0, &permission.1);
            assert_eq!(!restricted.is_empty(), must_be, "{role} {permission:?}");
        }
    }
}

/// Whether the permission must be restricted. Status and the authorizer must not create sessions. Login and logout must
/// not change a generation, and login must change only the hash of a member. Only login may use the keys of devices.
fn needs_restriction(role: &str, action: &str, resource: &str) -> bool {
    let is_item_of_others = action == "dynamodb:UpdateItem" && resource != "RateLimitsTable.Arn";
    role != "MembersRole" && (is_item_of_others || resource == "SigningKeysTable.Arn")
}
