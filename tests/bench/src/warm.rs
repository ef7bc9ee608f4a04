//! Responses of a warm instance.

use crate::function::Function;
use crate::instance::Instance;
use crate::laboratory::{Laboratory, Variable};
use crate::statistics::{Times, median};
use std::io;

/// The measurements of one function.
#[derive(Default)]
pub(crate) struct Warm {
    /// The time of each response.
    pub(crate) wall: Times,
    /// The mean processor time of a response, one value for each batch.
    pub(crate) cpu: Times,
    calls: Vec<u64>,
}

impl Warm {
    /// Calls to `DynamoDB` for one response.
    pub(crate) fn calls(&self) -> u64 {
        median(&self.calls)
    }

    async fn add(
        &mut self,
        laboratory: &Laboratory,
        instance: &mut Instance,
        function: &Function,
        batch: u32,
    ) -> io::Result<()> {
        let (calls, cpu) = (laboratory.dynamodb.calls(), instance.processor_time().await);
        for _ in 0..batch {
            self.wall.push(instance.ask(function).await?);
        }
        self.cpu.push((instance.processor_time().await - cpu) / batch);
        self.calls.push((laboratory.dynamodb.calls() - calls) / u64::from(batch));
        Ok(())
    }
}

/// Measures batches of each function in turns, each function on one instance. The first batch is not counted.
pub(crate) async fn measure(
    laboratory: &Laboratory,
    functions: &[Function],
    variables: &[Variable],
    (rounds, batch): (usize, u32),
) -> io::Result<Vec<Warm>> {
    let mut instances = Vec::new();
    for function in functions {
        let mut instance = Instance::start(function, variables).await?;
        instance.ready().await;
        Warm::default().add(laboratory, &mut instance, function, batch).await?;
        instances.push((instance, function, Warm::default()));
    }
    for _ in 0..rounds {
        for (instance, function, warm) in &mut instances {
            warm.add(laboratory, instance, function, batch).await?;
        }
    }
    Ok(instances.into_iter().map(|(.., warm)| warm).collect())
}
