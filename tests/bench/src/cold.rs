//! Cold starts: from the start of a process to its first response.

use crate::function::Function;
use crate::instance::Instance;
use crate::laboratory::{Laboratory, Variable};
use crate::statistics::{Times, median};
use std::io;

/// The measurements of one function, one value for each round.
#[derive(Default)]
pub(crate) struct ColdStarts {
    /// From the start until the function is ready for an event.
    pub(crate) ready: Times,
    /// The processor time from the start until the function is ready.
    pub(crate) init_cpu: Times,
    /// From the first event to the response.
    pub(crate) first_request: Times,
    /// The processor time from the start to the first response.
    pub(crate) cpu: Times,
    peak_memory: Vec<u64>,
    calls: Vec<u64>,
}

impl ColdStarts {
    /// Peak memory in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        median(&self.peak_memory)
    }

    /// Calls to `DynamoDB`.
    pub(crate) fn calls(&self) -> u64 {
        median(&self.calls)
    }

    async fn add(
        &mut self,
        laboratory: &Laboratory,
        function: &Function,
        variables: &[Variable],
    ) -> io::Result<()> {
        let calls = laboratory.dynamodb.calls();
        let mut instance = Instance::start(function, variables).await?;
        self.ready.push(instance.ready().await);
        self.init_cpu.push(instance.processor_time().await);
        self.first_request.push(instance.ask(function).await?);
        self.cpu.push(instance.processor_time().await);
        self.peak_memory.push(instance.peak_memory());
        self.calls.push(laboratory.dynamodb.calls() - calls);
        Ok(())
    }
}

/// Measures cold starts of each function in turns, so that other load on the machine affects all in the same way. The
/// first round fills the page cache and is not counted.
pub(crate) async fn measure(
    laboratory: &Laboratory,
    functions: &[Function],
    variables: &[Variable],
    rounds: usize,
) -> io::Result<Vec<ColdStarts>> {
    let mut starts: Vec<_> = functions.iter().map(|_| ColdStarts::default()).collect();
    for function in functions {
        ColdStarts::default().add(laboratory, function, variables).await?;
    }
    for _ in 0..rounds {
        for (function, starts) in functions.iter().zip(&mut starts) {
            starts.add(laboratory, function, variables).await?;
        }
    }
    Ok(starts)
}
