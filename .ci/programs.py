"""Runs the programs of the documents against the local server, and compares them with the documents."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import requests

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "docs/programs"
PAGES = {
    "members.md": ["members.sh"],
    "members-function.md": ["members.py"],
    "developing-a-page.md": ["log_in.py", "vite.config.js"],
    "application-server.md": ["ask_status.py"],
}
SECRET = "the-secret-of-the-application-server"


def compare():
    for page, programs in PAGES.items():
        text = (ROOT / "docs" / page).read_text()
        for program in programs:
            if (PROGRAMS / program).read_text() not in text:
                sys.exit(f"docs/{page} differs from docs/programs/{program}")


@contextmanager
def local_server(*options, **variables):
    """The URL of a local server, that of its database, and the environment that its greeting prints."""
    command = [ROOT / "target/debug/local", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=os.environ | variables, **pipes) as server:
        try:
            lines = [server.stdout.readline() for _ in range(9 if options else 8)]
            exports = " ".join(line.partition("#")[0].removeprefix("export") for line in lines if line.startswith("export"))
            database = next(line.rpartition("=")[2].strip() for line in lines if "--local=" in line)
            yield lines[0].strip(), database, os.environ | dict(pair.split("=", 1) for pair in exports.split())
        finally:
            server.terminate()


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def visitor(cookie):
    """A visitor's request, as Django has it."""
    headers, meta = {"cookie": cookie}, {"REMOTE_ADDR": "203.0.113.7"}
    return SimpleNamespace(headers=headers, META=meta, get_host=lambda: "www.example.org")


def log_in(url):
    """The cookie of the local server's member."""
    headers = {"x-proxy-secret": SECRET, "x-proxy-client-ip": "203.0.113.7", "x-proxy-host": "www.example.org"}
    member = {"email": "test@tozo.invalid", "password": "password"}
    response = requests.post(f"{url}/sessions/", json=member, headers=headers)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in response.cookies)


def main():
    compare()
    with local_server() as (_, database, environment):
        commands = (PROGRAMS / "members.sh").read_text().replace("--local", f"--local={database}")
        built = commands.replace("cargo run -p members --", "target/debug/members")
        listed = run("bash", "-euo", "pipefail", "-c", built, cwd=ROOT)
        assert "ada@example.com: added as member 2" in listed, listed
        found = [
            run(sys.executable, PROGRAMS / "members.py", env=environment),
            run(ROOT / "target/debug/examples/call", env=environment),
        ]
        assert all("test@tozo.invalid" in it for it in found), "the members function was not called"
    with local_server("--https") as (url, _, environment):
        program = (PROGRAMS / "log_in.py").read_text().replace("https://localhost:9000", url)
        trusting = environment | {"REQUESTS_CA_BUNDLE": environment["AWS_CA_BUNDLE"]}
        assert run(sys.executable, "-c", program, env=trusting) == "{'memberId': 1}\n"
    with local_server(PROXY_SECRET=SECRET) as (url, _, environment):
        sys.path.append(str(PROGRAMS))
        os.environ |= {"SESSIONS_URL": f"{url}/sessions/", "PROXY_SECRET": SECRET}
        from ask_status import member_of
        assert [member_of(visitor(cookie)) for cookie in ("", log_in(url))] == [None, 1]
    print("documents: all programs run")


if __name__ == "__main__":
    main()
