//! Instructions, as counted by valgrind. A busy machine does not change the counts.

use crate::function::{Function, Functions};
use crate::instance::Instance;
use crate::laboratory::Variable;
use std::{fs, io};

/// How often a count is tried. Under valgrind on a busy machine, calls to `DynamoDB` can time out.
const TRIES: usize = 5;

/// The instructions of an instance from its start until it is ready, or until it has sent `requests` responses.
pub(crate) async fn count(function: &Function, variables: &[Variable], requests: usize) -> io::Result<u64> {
    for _ in 1..TRIES {
        if let Ok(count) = try_count(function, variables, requests).await {
            return Ok(count);
        }
    }
    try_count(function, variables, requests).await
}

async fn try_count(function: &Function, variables: &[Variable], requests: usize) -> io::Result<u64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("callgrind.out");
    let output = format!("--callgrind-out-file={}", file.display());
    let tool = ["valgrind", "--quiet", "--tool=callgrind", &output];
    let mut instance = Instance::start_under(&tool, function, variables).await?;
    instance.ready().await;
    for _ in 0..requests {
        instance.ask(function).await?;
    }
    instance.end().await?;
    let profile = fs::read_to_string(file)?;
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.ok_or_else(|| io::Error::other("callgrind counted nothing"))
}

/// The instructions of a login at cost 10.
pub(crate) struct Login {
    /// From the start to the first response, without the hash.
    pub(crate) cold: u64,
    /// A warm response, without the hash.
    pub(crate) warm: u64,
    /// The hash: 2^10 rounds.
    pub(crate) hash: u64,
}

impl Login {
    /// Counts the first response over TLS with the variables `tls`, and the others over HTTP with the variables `http`.
    pub(crate) async fn count(
        functions: &Functions<'_>,
        tls: &[Variable],
        http: &[Variable],
    ) -> io::Result<Self> {
        let (login, http_at_10) = (functions.quick_login(), at_cost(http, "10"));
        let hash = Self::hash(&functions.failed_login(), http).await?;
        let cold = count(&login, &at_cost(tls, "10"), 1).await?;
        let warm = count(&login, &http_at_10, 3).await? - count(&login, &http_at_10, 2).await?;
        Ok(Self { cold: cold - hash, warm: warm - hash, hash })
    }

    /// Counts only the hash. A failed login at cost 11 does twice the rounds of cost 10, so the difference is one hash
    /// at cost 10.
    pub(crate) async fn hash(failed_login: &Function, variables: &[Variable]) -> io::Result<u64> {
        let quick = count(failed_login, &at_cost(variables, "10"), 1).await?;
        Ok(count(failed_login, &at_cost(variables, "11"), 1).await? - quick)
    }
}

/// The same variables, with another cost of bcrypt.
pub(crate) fn at_cost(variables: &[Variable], cost: &str) -> Vec<Variable> {
    [variables, &[("BCRYPT_COST".to_owned(), cost.to_owned())]].concat()
}
