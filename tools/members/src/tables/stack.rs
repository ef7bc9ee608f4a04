//! The outputs and parameters of a deployed stack.

use crate::error::Error;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack as Description;
use shared::store::{StoreError, sdk_config};

/// The tables of a `CloudFormation` stack of `template.yaml`, and its rules for new passwords.
pub(crate) struct Stack {
    pub(crate) members_table: String,
    pub(crate) sessions_table: String,
    pub(crate) epochs_table: String,
    /// The values of the functions' variables.
    pub(crate) settings: Vec<(String, String)>,
}

/// The variables that concern new passwords, each with its parameter in `template.yaml`.
const SETTINGS: [(&str, &str); 3] =
    [("BCRYPT_COST", "BcryptCost"), ("PASSWORD_MIN_LENGTH", "PasswordMinLength"), ("SITE_NAME", "SiteName")];

impl Stack {
    /// Asks `CloudFormation` for the stack's outputs and parameters.
    pub(crate) async fn describe(name: &str) -> Result<Self, Error> {
        let failed = |fault| Error::Stack { name: name.to_owned(), fault };
        let describe = Client::new(&sdk_config().await).describe_stacks().stack_name(name).send();
        let described = describe.await.map_err(|error| failed(StoreError::from(error)))?;
        let stack =
            described.stacks().first().ok_or_else(|| failed(StoreError::permanent("no such stack")))?;
        let table =
            |key| output(stack, key).ok_or_else(|| Error::StackOutput { name: name.to_owned(), output: key });
        Ok(Self {
            members_table: table("MembersTable")?,
            sessions_table: table("SessionsTable")?,
            epochs_table: table("EpochsTable")?,
            settings: SETTINGS.iter().filter_map(|setting| self::setting(stack, *setting)).collect(),
        })
    }
}

fn output(stack: &Description, key: &str) -> Option<String> {
    let output = stack.outputs().iter().find(|output| output.output_key() == Some(key))?;
    output.output_value().map(str::to_owned)
}

fn setting(stack: &Description, (variable, key): (&str, &str)) -> Option<(String, String)> {
    let parameter = stack.parameters().iter().find(|parameter| parameter.parameter_key() == Some(key))?;
    Some((variable.to_owned(), parameter.parameter_value()?.to_owned()))
}
