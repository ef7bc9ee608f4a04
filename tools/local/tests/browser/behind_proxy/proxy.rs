//! A proxy that runs as this user, configured with a recipe.

use super::name_server::NameServer;
use super::upstream::{SECRET, Upstream};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PAGE: &str = include_str!("../../../../../docs/hosting-a-site.md");

/// The API's host in the recipes.
const API: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";

/// The name that replaces `API` in the recipes. The test's name server resolves it.
pub(crate) const NAME: &str = "api.test";

/// Far longer than a start takes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A program that has a recipe on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Nginx,
    Caddy,
    Haproxy,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::Nginx, Self::Caddy, Self::Haproxy];

    /// The program's name, which is also the language of its code block on the page.
    const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
        }
    }

    /// The code block of the page with the test's own values: the API's address, the name server, the certificates to
    /// trust and the secret. Caddy's block has no name server and no certificates, because Caddy uses those of the
    /// system.
    fn recipe(self, upstream: &Upstream, trusted: &Path, names: &NameServer) -> String {
        let (_, block) = PAGE.split_once(&format!("```{}\n", self.name())).expect("the page has a recipe");
        let (block, _) = block.split_once("```").expect("the recipe ends");
        let (address, server) = (format!("{NAME}:{}", upstream.port()), names.address());
        let block = block.replace(&format!("{API}:443"), &address);
        let (host, resolver) = match self {
            Self::Nginx => (&*address, ("resolver 169.254.169.253;", format!("resolver {server} valid=1s;"))),
            Self::Caddy => (
                &*address,
                (" {\n", format!(" {{\n    transport http {{\n        resolvers udp/{server}\n    }}\n")),
            ),
            Self::Haproxy => (NAME, ("parse-resolv-conf", format!("nameserver test {server}"))),
        };
        let block = block.replace(API, host).replacen(resolver.0, &resolver.1, 1);
        let trusted = trusted.to_str().unwrap();
        block.replace("/etc/ssl/certs/ca-certificates.crt", trusted).replace('…', SECRET)
    }

    /// The whole configuration. The proxy writes only to the folder, so it needs no special rights.
    fn configuration(self, folder: &Path, port: u16, recipe: &str) -> String {
        let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/website/site");
        let (folder, site) = (folder.display(), site.display());
        match self {
            Self::Nginx => {
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
                let temporary = temporary.map(|it| format!("{it}_temp_path {folder}/{it};")).concat();
                format!(
                    "daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
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
            Self::Caddy => format!(
                "{{\n admin off\n log {{\n output discard\n }}\n}}\n\
                 http://:{port} {{\n bind 127.0.0.1\n root * {site}\n file_server\n {recipe}\n}}\n"
            ),
            Self::Haproxy => format!(
                "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n\
                 frontend web\n bind 127.0.0.1:{port}\n use_backend sessions if {{ path_beg /sessions }}\n{recipe}"
            ),
        }
    }

    fn command(self, folder: &Path, file: &Path) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Self::Nginx => command.arg("-p").arg(folder).arg("-c").arg(file).args(["-e", "stderr"]),
            Self::Caddy => command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file),
            Self::Haproxy => command.args(["-q", "-db", "-f"]).arg(file),
        };
        command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
        command
    }
}

/// A running proxy, which stops when this value is dropped.
pub(crate) struct Proxy {
    process: Child,
    address: SocketAddr,
}

impl Proxy {
    /// Starts the program in front of `upstream`. The proxy trusts the certificate of `upstream`.
    pub(crate) async fn start(program: Program, upstream: &Upstream, names: &NameServer) -> Self {
        Self::start_trusting(program, upstream, upstream.certificate(), names).await
    }

    pub(crate) async fn start_trusting(
        program: Program,
        upstream: &Upstream,
        trusted: &Path,
        names: &NameServer,
    ) -> Self {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let folder = upstream.folder().join(format!("proxy-{}", address.port()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("configuration");
        let recipe = program.recipe(upstream, trusted, names);
        fs::write(&file, program.configuration(&folder, address.port(), &recipe)).unwrap();
        let process = program.command(&folder, &file).env("SSL_CERT_FILE", trusted).spawn();
        let process = process.unwrap_or_else(|error| panic!("{}: {error}", program.name()));
        let mut proxy = Self { process, address };
        proxy.listening().await;
        proxy
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
            assert!(self.process.try_wait().unwrap().is_none(), "the proxy refuses its configuration");
            assert!(begun.elapsed() < LONGEST_WAIT, "the proxy does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
