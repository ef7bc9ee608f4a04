//! The API in process.

use crate::client::Client;
use crate::fault_proxy::FaultProxy;
use crate::invocation::assert_documented;
use crate::log;
use authorizer::{Authorizer, Undecided};
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::Builder;
use embedded_dynamodb::table_variables;
use login::Login;
use login::throttle::LoginThrottle;
use logout::Logout;
use members_function::MembersFunction;
use serde_json::Value;
use serde_json::value::to_raw_value;
use shared::accounts::Accounts;
use shared::config::Environment;
use shared::gateway::Gateway;
use shared::gateway::process::Start;
use shared::members::{
    Cost, Email, Epochs, Member, MemberId, Members, Password, PasswordHash, PasswordHasher,
};
use shared::sessions::{SessionTimeouts, Sessions};
use shared::store::with_limits;
use shared::timestamp::Timestamp;
use status::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use test_database::{Calls, TestDatabase};

/// A database, instances of the functions, and a clock that only the test moves.
#[derive(Clone)]
pub struct TestApp {
    instance: Arc<Instance>,
    environment: Arc<Vec<(String, String)>>,
    database: Arc<TestDatabase>,
    operator: DynamoDb,
    clock: Arc<AtomicU64>,
    clients: Arc<AtomicU64>,
}

/// One instance of each function, and the calls that they make.
struct Instance {
    authorizer: Authorizer,
    login: Gateway<Login>,
    logout: Gateway<Logout>,
    members: MembersFunction,
    status: Gateway<Status>,
    calls: Calls,
}

impl TestApp {
    /// The API as the template deploys it, with hashes of a low cost and one member: `ada@example.com`, password
    /// `enchantress`, id 1.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Like [`Self::start`], with these environment variables. `BCRYPT_COST` also sets the cost of the members' hashes.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        log::collect();
        let database = TestDatabase::start().await.expect("a database");
        let environment = owned(variables);
        let app = Self {
            instance: Arc::new(Instance::start(&database.config(), &environment)),
            environment: Arc::new(environment),
            operator: DynamoDb::from_conf(database.config().build()),
            database: Arc::new(database),
            clock: Arc::new(AtomicU64::new(Timestamp::now().as_micros())),
            clients: Arc::default(),
        };
        app.add_member("ada@example.com", "enchantress").await;
        app
    }

    /// Like [`Self::start`], with this quota for password guesses against one account. All other limits are those of
    /// the template.
    pub async fn start_with_account_quota(quota: &str) -> Self {
        Self::start_with(&[("ACCOUNT_QUOTA", quota)]).await
    }

    /// Like [`Self::start`], with this quota for each limit, and with these environment variables.
    pub async fn start_with_quotas(quota: &str, variables: &[(&str, &str)]) -> Self {
        let quotas = ["LOGIN_QUOTA", "STATUS_QUOTA", "ACCOUNT_QUOTA"].map(|name| (name, quota));
        Self::start_with(&[&quotas[..], variables].concat()).await
    }

    /// Like [`Self::start`], with limits that no test reaches, and with these environment variables.
    pub async fn start_without_limits(variables: &[(&str, &str)]) -> Self {
        Self::start_with_quotas("1000000/1", variables).await
    }

    /// The same API on the same tables, served by new instances.
    #[must_use]
    pub fn on_another_instance(&self) -> Self {
        self.on_instance_with(&[])
    }

    /// The same API on the same tables, served by new instances that also have these variables.
    #[must_use]
    pub fn on_instance_with(&self, variables: &[(&str, &str)]) -> Self {
        let environment = Arc::new([&self.environment[..], &owned(variables)].concat());
        let instance = Arc::new(Instance::start(&self.database.config(), &environment));
        Self { instance, environment, ..self.clone() }
    }

    /// The same API, served by instances that cannot reach `DynamoDB`.
    #[must_use]
    pub fn without_database(&self) -> Self {
        let nowhere = embedded_dynamodb::local_config("http://127.0.0.1:1");
        let instance = Arc::new(Instance::start(&nowhere, &self.environment));
        Self { instance, ..self.clone() }
    }

    /// A proxy to this API's database, for [`Self::through`].
    pub fn fault_proxy(&self) -> FaultProxy {
        FaultProxy::to(self.database.endpoint())
    }

    /// The same API on the same tables. The calls of its instances and of the operator go through this proxy.
    #[must_use]
    pub fn through(&self, proxy: &FaultProxy) -> Self {
        let config = proxy.config(self.database.config());
        let instance = Arc::new(Instance::start(&config, &self.environment));
        Self { instance, operator: DynamoDb::from_conf(config.build()), ..self.clone() }
    }

    /// A client with a new address.
    pub fn client(&self) -> Client {
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        self.client_at(&format!("192.0.{}.{}", 2 + number / 250, 1 + number % 250))
    }

    /// A client with this address.
    pub fn client_at(&self, address: &str) -> Client {
        Client::new(self.clone(), address)
    }

    /// The current time of this test.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).expect("less than 500,000 years");
        self.clock.fetch_add(micros, Ordering::Relaxed);
    }

    /// Adds a member.
    pub async fn add_member(&self, email: &str, password: &str) -> MemberId {
        self.add_member_with_hash(email, self.hash(password).await.as_str()).await
    }

    async fn hash(&self, password: &str) -> PasswordHash {
        let hasher = PasswordHasher::new(cost(&self.environment));
        hasher.hash(&Password::new(password)).await.expect("a password")
    }

    /// Adds a member with this hash.
    pub async fn add_member_with_hash(&self, email: &str, hash: &str) -> MemberId {
        let hash: PasswordHash = hash.parse().expect("a hash");
        let added = self.accounts().add(&parse(email), &hash, self.now()).await;
        added.expect("a database").expect("a new email")
    }

    /// Sets a member's password as the operator does.
    pub async fn set_password(&self, email: &str, password: &str) {
        let hash = self.hash(password).await;
        let member = self.get(email).await;
        assert!(self.accounts().set_password(&member, &hash, self.now()).await.expect("a database"));
    }

    /// Disables a member as the operator does.
    pub async fn disable(&self, email: &str) {
        assert!(self.accounts().disable(&self.get(email).await, self.now()).await.expect("a database"));
    }

    /// Revokes a member's sessions as the operator does.
    pub async fn end_sessions(&self, email: &str) {
        self.accounts().revoke_sessions(&self.get(email).await, self.now()).await.expect("a database");
    }

    /// Enables a member as the operator does.
    pub async fn enable(&self, email: &str) {
        assert!(self.accounts().enable(&self.get(email).await).await.expect("a database"));
    }

    /// Removes a member as the operator does.
    pub async fn remove(&self, email: &str) {
        self.accounts().remove(&self.get(email).await, self.now()).await.expect("a database");
    }

    /// The member with this email.
    pub async fn get(&self, email: &str) -> Member {
        self.members().get(&parse(email)).await.expect("a database").expect("a member")
    }

    /// The bcrypt rounds that the login function has computed so far.
    pub fn rounds(&self) -> u64 {
        self.instance.login.handler().rounds()
    }

    /// The calls to `DynamoDB` since the last call of this method.
    pub fn take_calls(&self) -> Vec<String> {
        self.instance.calls.take()
    }

    /// Discards the calls so far.
    pub fn forget_calls(&self) {
        self.instance.calls.forget();
    }

    /// A client of the database, to read and change the tables.
    pub fn database(&self) -> DynamoDb {
        self.operator.clone()
    }

    /// The gateway's response to an event.
    pub async fn respond(&self, event: &Value) -> Value {
        let raw = to_raw_value(event).expect("JSON is JSON");
        let Instance { login, logout, status, .. } = &*self.instance;
        match event["requestContext"]["http"]["method"].as_str() {
            Some("DELETE") => logout.respond(&raw, self.now()).await,
            Some("GET") => status.respond(&raw, self.now()).await,
            _ => login.respond(&raw, self.now()).await,
        }
    }

    /// The authorizer's decision on an event in its own format.
    pub async fn decide(&self, event: &Value) -> Result<Value, Undecided> {
        let raw = to_raw_value(event).expect("JSON is JSON");
        let decision = self.instance.authorizer.decide(&raw, self.now()).await?;
        Ok(serde_json::to_value(decision).expect("a decision is JSON"))
    }

    /// The members function's response to an invocation. Checks both against `docs/members-function.schema.json`.
    pub async fn invoke(&self, request: &Value) -> Value {
        assert_documented("request", request);
        self.invoke_with(request).await
    }

    /// Like [`Self::invoke`], but the request may be undocumented.
    pub async fn invoke_with(&self, request: &Value) -> Value {
        let raw = to_raw_value(request).expect("JSON is JSON");
        let response = self.instance.members.respond(&raw, "an-invocation", self.now()).await;
        let response = serde_json::to_value(response).expect("a response is JSON");
        assert_documented("response", &response);
        response
    }

    /// The bcrypt rounds that the members function has computed so far.
    pub fn rounds_of_members(&self) -> u64 {
        self.instance.members.rounds()
    }

    /// The actions of an operator.
    pub fn accounts(&self) -> Accounts {
        Accounts::new(self.members(), self.sessions())
    }

    /// The limits on logins to each account, as the login function applies them.
    pub fn throttle(&self) -> LoginThrottle {
        let environment = table_variables().into_iter().chain(self.environment.to_vec()).collect();
        LoginThrottle::from_env(&environment, &self.database()).expect(COMPLETE)
    }

    /// The members, as an operator's command uses them.
    pub fn members(&self) -> Members {
        Members::new(self.database(), "MembersTable".into(), self.epochs())
    }

    /// The sessions, as an operator's command uses them.
    pub fn sessions(&self) -> Sessions {
        let timeouts = SessionTimeouts::from_env(&Environment::default()).expect("defaults");
        Sessions::new(self.database(), "SessionsTable".into(), self.epochs(), timeouts)
    }

    fn epochs(&self) -> Epochs {
        Epochs::new(self.database(), "EpochsTable".into())
    }
}

impl Instance {
    /// Starts each function with its own `DynamoDB` client, as on Lambda.
    fn start(database: &Builder, variables: &[(String, String)]) -> Self {
        let calls = Calls::default();
        let client = || DynamoDb::from_conf(with_limits(database.clone()).interceptor(calls.clone()).build());
        let environment: Environment = table_variables().into_iter().chain(variables.to_vec()).collect();
        let cost = cost(variables);
        let login = Login::new(&environment, &client()).expect(COMPLETE).with_cost(cost);
        Self {
            authorizer: Authorizer::new(&environment, &client()).expect(COMPLETE),
            login: Gateway::with_handler(&environment, login).expect(COMPLETE),
            logout: Gateway::new(&environment, &client()).expect(COMPLETE),
            members: MembersFunction::new(&environment, &client()).expect(COMPLETE).with_cost(cost),
            status: Gateway::new(&environment, &client()).expect(COMPLETE),
            calls,
        }
    }
}

const COMPLETE: &str = "the template sets every variable that a function needs";

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn parse(email: &str) -> Email {
    Email::parse(email).expect("an email")
}

/// The cost of hashes and verifications. If it is set twice, the last value counts, as in an [`Environment`].
fn cost(variables: &[(String, String)]) -> Cost {
    let set = variables.iter().rfind(|(name, _)| name == "BCRYPT_COST");
    set.map_or(Cost::OF_TESTS, |(_, cost)| cost.parse().expect("a cost"))
}
