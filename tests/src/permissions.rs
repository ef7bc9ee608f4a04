//! What a function's role must allow, seen from what the function sends, and what the template allows it.

mod access;
mod call;
mod condition;
mod expression;
mod role;

pub use access::Access;
pub use role::Role;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use embedded_dynamodb::{Table, Template};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Records the accesses of a client's calls to tables and indexes, as the calls go on the wire. Clones share
/// the record.
#[derive(Clone, Debug)]
pub struct Accesses {
    /// The tables that the client may use: the keys of items are told by their schema.
    tables: Arc<[Table]>,
    record: Arc<Mutex<BTreeSet<Access>>>,
}

impl Accesses {
    /// A record of accesses to the tables of a template.
    pub fn to_tables_of(template: &Template) -> Self {
        Self { tables: template.tables().into(), record: Arc::default() }
    }

    /// All permissions so far.
    pub fn so_far(&self) -> BTreeSet<Access> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Accesses {
    fn name(&self) -> &'static str {
        "Accesses"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let operation = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        let accesses = call::accesses(operation.unwrap_or_default(), &body, &self.tables);
        self.record.lock().unwrap_or_else(PoisonError::into_inner).extend(accesses);
        Ok(())
    }
}
