"""Runs the programs in the documents against the local server, and checks that every program on a page is tested."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import requests
from django.conf import settings
from django.core.management import call_command
from django.test import RequestFactory

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ROOT / "docs/programs"
# Programs in other folders. Two programs do not run here: first-login.js has its own tests, and a browser test of the
# local server runs across_origins.js.
ELSEWHERE = [ROOT / "examples/sign-up/src/first-login.js", ROOT / "functions/members/examples/call.rs"]
SECRET = "the-secret-of-the-application-server"


def compare():
    programs = [path.read_text() for path in [*PROGRAMS.glob("*.*"), *ELSEWHERE]]
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        languages = "js|python|rust" + "|sh" * (page.name == "members.md")
        for shown in re.findall(rf"^```(?:{languages})\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            if not any(shown in program for program in programs):
                sys.exit(f"{page}: nothing runs this program:\n{shown}")


@contextmanager
def started(*command, **variables):
    """Starts a server, which ends with the block. Yields the server's output, line by line."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=os.environ | variables, **pipes) as server:
        try:
            yield server.stdout
        finally:
            server.terminate()


@contextmanager
def local_server(*options, **variables):
    """The URLs of a local server and its database, and the environment that the server's greeting prints."""
    with started(ROOT / "target/debug/local", "--port", "0", *options, **variables) as output:
        lines = [output.readline() for _ in range(9 if options else 8)]
        exports = " ".join(line.partition("#")[0].removeprefix("export") for line in lines if line.startswith("export"))
        database = next(line.rpartition("=")[2].strip() for line in lines if "--local=" in line)
        yield lines[0].strip(), database, os.environ | dict(pair.split("=", 1) for pair in exports.split())


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def visitor(cookie):
    headers = {"cookie": cookie, "host": "www.example.org"}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR="203.0.113.7")


def log_in(url, email="test@tozo.invalid", password="password", **headers):
    """The status of a login, and the cookies that it set."""
    response = requests.post(f"{url}/sessions/", json={"email": email, "password": password}, headers=headers)
    return response.status_code, "; ".join(f"{it.name}={it.value}" for it in response.cookies)


def commands_and_calls():
    with local_server() as (_, database, environment):
        commands = (PROGRAMS / "members.sh").read_text().replace("--local", f"--local={database}")
        built = commands.replace("cargo run -p members --", "target/debug/members")
        listed = run("bash", "-euo", "pipefail", "-c", built, cwd=ROOT)
        assert "ada@example.com: added as member 2" in listed, listed
        for command in ([sys.executable, PROGRAMS / "members.py"], [ROOT / "target/debug/examples/call"]):
            found = run(*command, env=environment)
            assert "test@tozo.invalid" in found, "the members function was not called"


def client_over_https():
    with local_server("--https") as (url, _, environment):
        program = (PROGRAMS / "log_in.py").read_text().replace("https://localhost:9000", url)
        trusting = environment | {"REQUESTS_CA_BUNDLE": environment["AWS_CA_BUNDLE"]}
        assert run(sys.executable, "-c", program, env=trusting) == "{'memberId': 1}\n"


def dev_server():
    """A client with an `Origin` and no `Sec-Fetch-Site` logs in through Vite."""
    with local_server() as (url, _, _), TemporaryDirectory() as folder:
        config = (PROGRAMS / "vite.config.js").read_text().replace("http://localhost:9000", url)
        (Path(folder) / "vite.config.js").write_text(config)
        # In CI, Vite would print color codes between the host and the port.
        with started("vite", folder, "--port", "0", NO_COLOR="1") as output:
            vite = next(found[0] for line in output if (found := re.search(r"http://localhost:\d+", line)))
            assert log_in(vite, origin=vite)[0] == 200


def django_application():
    with local_server(PROXY_SECRET=SECRET) as (url, database, environment), TemporaryDirectory() as folder:
        os.environ |= environment | {"SESSIONS_URL": f"{url}/sessions/", "PROXY_SECRET": SECRET}
        application = ["django.contrib.auth", "django.contrib.contenttypes"]
        memory = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        settings.configure(ALLOWED_HOSTS=["*"], INSTALLED_APPS=application, DATABASES=memory)
        django.setup()
        call_command("migrate", verbosity=0)
        sys.path.append(str(PROGRAMS))
        import ask_authorizer
        import ask_status
        from move_in import get_user_model, move_in

        proxy = {"x-proxy-secret": SECRET, "x-proxy-client-ip": "203.0.113.7", "x-proxy-host": "www.example.org"}
        _, cookie = log_in(url, **proxy)
        for program in (ask_authorizer, ask_status):
            assert [program.member_of(visitor(it)) for it in ("", cookie)] == [None, 1], program

        jon = get_user_model().objects.create_user("jon", "jon@example.com", "snow1")
        file = Path(folder) / "members.csv"
        file.write_text(f"email,hash,id\n{jon.email},{jon.password},701\n")
        run(ROOT / "target/debug/members", "import", file, "--without-password", f"--local={database}")
        assert [move_in(jon.email, it) for it in ("wrong", "snow1", "snow1")] == [False, True, False]
        assert log_in(url, jon.email, "snow1", **proxy)[0] == 200


def main():
    compare()
    commands_and_calls()
    client_over_https()
    dev_server()
    django_application()
    print("documents: all programs run")


if __name__ == "__main__":
    main()
