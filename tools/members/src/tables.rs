//! The tables of a command.

pub(crate) mod retry;
mod stack;

use crate::error::Error;
use crate::options::Target;
use crate::tables::stack::Stack;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use shared::accounts::Accounts;
use shared::config::Environment;
use shared::members::{Epochs, Members, PasswordHasher, PasswordPolicy};
use shared::sessions::{SessionTimeouts, Sessions};
use shared::store::{connect, with_limits};

/// The members, their sessions, and the deployment's rules for passwords.
pub(crate) struct Tables {
    pub(crate) accounts: Accounts,
    pub(crate) passwords: PasswordHasher,
    pub(crate) policy: PasswordPolicy,
}

/// The cost of new hashes if neither the stack nor the environment sets it: the default in `template.yaml`.
const DEFAULT_COST: &str = "12";

impl Tables {
    /// Finds the tables of a stack, of the local server, or those that the environment names.
    pub(crate) async fn open(target: &Target, environment: &Environment) -> Result<Self, Error> {
        if let Some(url) = &target.local {
            let dynamodb = local_client(url, environment);
            let tables = LOCAL_TABLES.map(str::to_owned);
            return Self::of(environment, dynamodb, tables);
        }
        if let Some(name) = &target.stack {
            let stack = Stack::describe(name).await?;
            let tables = [stack.members_table, stack.sessions_table, stack.epochs_table];
            return Self::of(&environment.or(stack.settings), connect().await, tables);
        }
        let tables = ["MEMBERS_TABLE", "SESSIONS_TABLE", "EPOCHS_TABLE"].map(|name| environment.table(name));
        let [members, sessions, epochs] = tables.map(|table| table.map_err(Error::NoTable));
        Self::of(environment, connect().await, [members?, sessions?, epochs?])
    }

    fn of(
        environment: &Environment,
        dynamodb: Client,
        [members, sessions, epochs]: [String; 3],
    ) -> Result<Self, Error> {
        let timeouts = SessionTimeouts::from_env(environment)?;
        let epochs = Epochs::new(dynamodb.clone(), epochs);
        Ok(Self {
            accounts: Accounts::new(
                Members::new(dynamodb.clone(), members, epochs.clone()),
                Sessions::new(dynamodb, sessions, epochs, timeouts),
            ),
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", DEFAULT_COST)?),
            policy: PasswordPolicy::from_env(environment)?,
        })
    }
}

/// The local server's tables, as in `template.yaml`.
const LOCAL_TABLES: [&str; 3] = ["MembersTable", "SessionsTable", "EpochsTable"];

/// A client of an emulator, which requires credentials and accepts any. The environment's credentials are used if they
/// are set, as in the local server, because an emulator can keep separate tables for each access key. The session token
/// is not sent: no emulator needs it, and the connection is not encrypted.
fn local_client(url: &str, environment: &Environment) -> Client {
    let own = |name| environment.get(name).map(str::to_owned);
    let region = own("AWS_REGION").or_else(|| own("AWS_DEFAULT_REGION"));
    let credentials = match (own("AWS_ACCESS_KEY_ID"), own("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => Credentials::new(id, secret, None, None, "environment"),
        _ => Credentials::new("local", "local", None, None, "local"),
    };
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.unwrap_or_else(|| "us-east-1".to_owned())))
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(with_limits(config).build())
}
