//! One instance of a function, started as Lambda starts it, and its cost so far.

use crate::function::Function;
use crate::runtime_api::RuntimeApi;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// A running process. Dropping it ends the process.
pub(crate) struct Instance {
    process: Child,
    api: RuntimeApi,
    started: Instant,
}

/// Long enough for an instance to become idle after its last response.
const REST: Duration = Duration::from_millis(8);

impl Instance {
    /// Starts `function` with these variables and its own.
    pub(crate) async fn start(function: &Function, variables: &[(String, String)]) -> io::Result<Self> {
        Self::start_under(&[], function, variables).await
    }

    /// Starts `function` as an argument of another command.
    pub(crate) async fn start_under(
        tool: &[&str],
        function: &Function,
        variables: &[(String, String)],
    ) -> io::Result<Self> {
        let api = RuntimeApi::start().await?;
        let mut words = tool.iter().map(Path::new).chain(function.command.iter().map(AsRef::as_ref));
        let mut command = Command::new(words.next().unwrap_or(Path::new("")));
        command.args(words).env_clear().envs(variables.iter().chain(&function.authorities).cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let started = Instant::now();
        Ok(Self { process: command.spawn()?, api, started })
    }

    /// The time from the start until the instance asks for an event.
    pub(crate) async fn ready(&mut self) -> Duration {
        tokio::select! {
            ready = self.api.ready() => ready - self.started,
            ended = self.process.wait() => panic!("it ends before it is ready: {ended:?}"),
        }
    }

    /// The time until the instance answers the event of `function`.
    ///
    /// # Errors
    /// When the response is not the expected one. On a very busy machine, connecting can take longer than the timeout
    /// (1 s), and the response is 503.
    pub(crate) async fn ask(&mut self, function: &Function) -> io::Result<Duration> {
        let (response, time) = tokio::select! {
            responded = self.api.ask(&function.event) => responded,
            ended = self.process.wait() => panic!("it ends without a response: {ended:?}"),
        };
        let response = String::from_utf8_lossy(&response);
        if !response.contains(function.expected) {
            return Err(io::Error::other(format!("{} does not return {}", function.name, function.expected)));
        }
        self.api.ready().await;
        Ok(time)
    }

    /// The processor time of all threads so far, measured while the instance is idle.
    pub(crate) async fn processor_time(&self) -> Duration {
        sleep(REST).await;
        let threads = fs::read_dir(self.file("task")).expect("the process runs");
        let time = |thread: io::Result<fs::DirEntry>| {
            let times = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
        };
        threads.filter_map(time).sum()
    }

    /// The peak memory in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(self.file("status")).expect("the process runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        peak.and_then(|peak| peak.trim().parse().ok()).expect("Linux says so in kB")
    }

    /// Asks the process to end and waits for the end.
    pub(crate) async fn end(mut self) -> io::Result<()> {
        let id = self.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        self.process.wait().await.map(drop)
    }

    fn id(&self) -> u32 {
        self.process.id().expect("it has not ended")
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new("/proc").join(self.id().to_string()).join(name)
    }
}
