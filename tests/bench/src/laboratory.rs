//! The parts that all measurements share: the canned database, the fixtures, and the environment of an instance.

use crate::canned_dynamodb::CannedDynamoDb;
use crate::certificate::Certificate;
use crate::fixtures::Fixtures;
use std::io;

/// Everything that a measurement needs.
pub(crate) struct Laboratory {
    /// The database.
    pub(crate) dynamodb: CannedDynamoDb,
    /// The events of the functions.
    pub(crate) fixtures: Fixtures,
    /// The certificate of the database.
    pub(crate) certificate: Certificate,
}

/// How a function reaches the database.
#[derive(Clone, Copy)]
pub(crate) enum Connection {
    /// Over HTTP.
    Plain,
    /// Over TLS, as on Lambda.
    Tls,
    /// Over TLS, with `SSL_CERT_FILE` set to the system's roots, so that Amazon's are not tried first.
    SystemRoots,
}

/// The name and the value of an environment variable.
pub(crate) type Variable = (String, String);

impl Laboratory {
    pub(crate) async fn open() -> io::Result<Self> {
        let (certificate, fixtures) = (Certificate::generate(), Fixtures::generate());
        let dynamodb = CannedDynamoDb::start(fixtures.items(), &certificate).await?;
        Ok(Self { dynamodb, fixtures, certificate })
    }

    /// The environment variables of an instance, as Lambda and the template set them. All functions get all variables
    /// and ignore unknown ones.
    pub(crate) fn environment(&self, connection: Connection) -> Vec<Variable> {
        let endpoint = match connection {
            Connection::Plain => &self.dynamodb.plain,
            Connection::Tls | Connection::SystemRoots => &self.dynamodb.secure,
        };
        let variables = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", std::env::var("HOME").unwrap_or_default()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_DEFAULT_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("AWS_SESSION_TOKEN", "local".into()),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "group".into()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "stream".into()),
            ("MEMBERS_TABLE", "MembersTable".into()),
            ("SESSIONS_TABLE", "SessionsTable".into()),
            ("EPOCHS_TABLE", "EpochsTable".into()),
            ("RATE_LIMITS_TABLE", "RateLimitsTable".into()),
            ("SIGNING_KEYS_TABLE", "SigningKeysTable".into()),
        ];
        let mut variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value)).into();
        if matches!(connection, Connection::SystemRoots) {
            variables.push(("SSL_CERT_FILE".to_owned(), self.certificate.system_roots()));
        }
        variables
    }
}
