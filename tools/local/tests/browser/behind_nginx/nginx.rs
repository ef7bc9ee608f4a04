//! nginx as a process of this user, with the site's files and the recipe for the API.

use super::upstream::{SECRET, Upstream};
use crate::chromedriver::is_installed;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, fs};

const PAGE: &str = include_str!("../../../../../docs/trusted-proxy.md");

/// Far longer than a start takes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Whether nginx is installed. A missing nginx is a failure where the environment says `REQUIRE_NGINX=1`.
pub(crate) fn is_there() -> bool {
    let is_there = is_installed("nginx");
    let is_required = env::var_os("REQUIRE_NGINX").is_some_and(|it| it == "1");
    assert!(is_there || !is_required, "no nginx: apt-get install nginx-light");
    if !is_there {
        let _ = writeln!(io::stderr(), "skipped: no nginx in the PATH");
    }
    is_there
}

/// The block of the page, with what every user puts in its place: the API's address, the certificates to trust and the
/// secret.
fn recipe(upstream: &Upstream, trusted: &Path) -> String {
    let (_, block) = PAGE.split_once("```nginx\n").expect("the page has a recipe");
    let (block, _) = block.split_once("```").expect("the recipe ends");
    let replaced = [
        ("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", upstream.url()),
        ("/etc/ssl/certs/ca-certificates.crt", trusted.to_str().unwrap()),
        ("…", SECRET),
    ];
    replaced.into_iter().fold(block.to_owned(), |recipe, (example, own)| {
        assert_eq!(recipe.matches(example).count(), 1, "{example}");
        recipe.replace(example, own)
    })
}

/// What surrounds the recipe. Nothing is written outside the folder, so no rights are needed.
fn configuration(folder: &Path, port: u16, recipe: &str) -> String {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/website/site");
    let (folder, site) = (folder.display(), site.display());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|it| format!("{it}_temp_path {folder}/{it};\n")).concat();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log stderr error;
        events {{}}
        http {{
            access_log off;
            {temporary}
            types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; }}
            server {{
                listen 127.0.0.1:{port};
                root {site};
                {recipe}
            }}
        }}"
    )
}

/// It runs until this is dropped.
pub(crate) struct Nginx {
    process: Child,
    address: SocketAddr,
}

impl Nginx {
    /// nginx before this server, whose certificate it trusts.
    pub(crate) async fn start(upstream: &Upstream) -> Self {
        Self::start_trusting(upstream, upstream.certificate()).await
    }

    pub(crate) async fn start_trusting(upstream: &Upstream, trusted: &Path) -> Self {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let folder = upstream.folder().join(format!("nginx-{}", address.port()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(&folder, address.port(), &recipe(upstream, trusted))).unwrap();
        let process =
            Command::new("nginx").arg("-p").arg(&folder).arg("-c").arg(&file).args(["-e", "stderr"]).spawn();
        let mut nginx = Self { process: process.unwrap(), address };
        nginx.listening().await;
        nginx
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    async fn listening(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(self.process.try_wait().unwrap().is_none(), "nginx refuses its configuration");
            assert!(begun.elapsed() < LONGEST_WAIT, "nginx does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
