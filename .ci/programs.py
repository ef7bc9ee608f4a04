"""Runs the programs of the documents against the local server, and compares them with the documents."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "docs/programs"
PAGES = {
    "members.md": ["members.sh"],
    "members-function.md": ["members.py", "members/src/main.rs"],
    "developing-a-page.md": ["log_in.py", "vite.config.js"],
}


def compare():
    for page, programs in PAGES.items():
        text = (ROOT / "docs" / page).read_text()
        for program in programs:
            if (PROGRAMS / program).read_text() not in text:
                sys.exit(f"docs/{page} differs from docs/programs/{program}")


@contextmanager
def local_server(*options):
    """The URL of a local server, and the environment that its greeting prints."""
    command = [ROOT / "target/debug/local", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            lines = [server.stdout.readline() for _ in range(9 if options else 8)]
            exports = " ".join(line.partition("#")[0].removeprefix("export") for line in lines if line.startswith("export"))
            database = next(line.rpartition("=")[2].strip() for line in lines if "--local=" in line)
            yield lines[0].strip(), database, os.environ | dict(pair.split("=", 1) for pair in exports.split())
        finally:
            server.terminate()


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def main():
    compare()
    with local_server() as (_, database, environment):
        commands = (PROGRAMS / "members.sh").read_text().replace("--local", f"--local={database}")
        built = commands.replace("cargo run -p members --", "target/debug/members")
        listed = run("bash", "-euo", "pipefail", "-c", built, cwd=ROOT)
        assert "ada@example.com: added as member 2" in listed, listed
        found = [
            run(sys.executable, PROGRAMS / "members.py", env=environment),
            run("cargo", "run", "--quiet", "--manifest-path", PROGRAMS / "members/Cargo.toml",
                "--target-dir", ROOT / "target/programs", env=environment),
        ]
        assert all("test@tozo.invalid" in it for it in found), "the members function was not called"
    with local_server("--https") as (url, _, environment):
        program = (PROGRAMS / "log_in.py").read_text().replace("https://localhost:9000", url)
        trusting = environment | {"REQUESTS_CA_BUNDLE": environment["AWS_CA_BUNDLE"]}
        assert run(sys.executable, "-c", program, env=trusting) == "{'memberId': 1}\n"
    print("documents: all programs run")


if __name__ == "__main__":
    main()
