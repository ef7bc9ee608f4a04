//! The program that drives the browsers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than the driver takes to start or to stop.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A running driver, on a free port. When this value is dropped, the driver stops and ends its browsers.
pub(crate) struct Chromedriver {
    process: Child,
    port: u16,
}

impl Chromedriver {
    /// # Panics
    /// If a program is missing: apt-get install chromium chromium-driver.
    pub(crate) fn start() -> Self {
        let process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let process = process.expect("chromedriver is in the PATH");
        let mut chromedriver = Self { process, port: 0 };
        chromedriver.port = chromedriver.printed_port();
        chromedriver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port from the driver's last line. The driver is ready when it prints that line.
    fn printed_port(&mut self) -> u16 {
        let mut lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let (sender, ports) = mpsc::channel();
        thread::spawn(move || {
            let port = |line: io::Result<String>| {
                line.ok()?.strip_suffix('.')?.rsplit_once("successfully on port ")?.1.parse().ok()
            };
            let _ = lines.find_map(port).map(|port| sender.send(port));
            lines.for_each(drop); // so that the driver never blocks on a full pipe
        });
        ports.recv_timeout(LONGEST_WAIT).expect("chromedriver prints its port")
    }

    /// Asks the driver to shut down. If the driver were killed, its browsers would keep running.
    fn shut_down(&mut self) -> io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(LONGEST_WAIT))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let _ = connection.read_to_end(&mut Vec::new());
        let begun = Instant::now();
        while self.process.try_wait()?.is_none() && begun.elapsed() < LONGEST_WAIT {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.shut_down();
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
