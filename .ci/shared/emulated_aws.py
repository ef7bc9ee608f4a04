"""An emulated AWS on this machine: ministack on the loopback address. It serves TLS and enforces IAM."""

import os
import signal
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import trustme

REGION = "us-east-1"
PROGRAM = Path(os.environ.get("MINISTACK", "ministack"))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def make_certificate(folder):
    """Writes a certificate and key for the hosts of services and APIs, and the certificate of the signing authority."""
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "*.execute-api.localhost")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    server.private_key_pem.write_to_path(folder / "key.pem")
    chain = b"".join(it.bytes() for it in server.cert_chain_pems)
    (folder / "chain.pem").write_bytes(chain)


def client_environment(folder, port):
    """The variables that direct sam, boto3 and our programs to the emulator instead of AWS."""
    authority = str(folder / "authority.pem")
    return {
        "AWS_ENDPOINT_URL": f"https://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CA_BUNDLE": authority,
        "CURL_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
    }


def server_environment(folder, port):
    """The emulator's own variables. Its functions inherit them, and the variables of `client_environment` too."""
    return {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(folder / "chain.pem"),
        "MINISTACK_SSL_KEY": str(folder / "key.pem"),
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }


def wait_for(port, process):
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("ministack did not start")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("ministack does not answer")


@contextmanager
def emulated_aws(folder):
    """Runs the emulator with its files in `folder`, and directs this process and its children to the emulator."""
    make_certificate(folder)
    port = free_port()
    os.environ |= client_environment(folder, port)
    environment = os.environ | server_environment(folder, port)
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAM], env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_for(port, process)
            yield
        finally:
            os.killpg(
                process.pid, signal.SIGKILL
            )  # ends the functions' processes too; no data is kept
            process.wait()


def resolve_localhost():
    """Resolves every name below `localhost` to this machine (RFC 6761, 6.3). Browsers do this, but glibc does not."""
    lookup = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: lookup(
        "localhost" if str(host).endswith(".localhost") else host, *rest, **more
    )


def tls():
    return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
