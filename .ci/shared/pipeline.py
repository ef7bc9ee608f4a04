#!/usr/bin/env python3
"""Runs deploy/pipeline on an emulated AWS: a good build reaches production, and a bad build stops at staging.

docs/testing.md says what the emulator leaves out.
"""

import copy
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
from samtranslator.yaml_helper import yaml_parse

from emulated_aws import emulated_aws
from routes import make_routes
from stack import PROGRAMS, Stack, for_emulator

ROOT = Path(__file__).resolve().parent.parent.parent
BUCKET = "pipeline-artifacts"
TOLD = ("deployed to ", "error: the member ")
EMAIL, PASSWORD = "staging@tozo.invalid", secrets.token_urlsafe()


def stack(stage):
    return Stack(f"session-api-{stage}")


def pipeline(*arguments):
    """Runs the pipeline. Returns its exit code and what it printed."""
    start = time.monotonic()
    settings = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "ARTIFACTS_BUCKET": BUCKET,
        "AFTER_DEPLOY": __file__,
        "API_EMAIL": EMAIL,
        "API_PASSWORD": PASSWORD,
    }
    command = [ROOT / "deploy/pipeline", *arguments]
    ran = subprocess.run(command, env=os.environ | settings, text=True, capture_output=True)
    print(f"$ deploy/pipeline {' '.join(map(str, arguments))}")
    told = [it for it in (ran.stdout + ran.stderr).splitlines() if it.startswith(TOLD) or " ok, " in it]
    print(*told, f"exit {ran.returncode}, after {time.monotonic() - start:.0f} s", sep="\n")
    return ran


def must_succeed(*arguments):
    ran = pipeline(*arguments)
    if ran.returncode:
        sys.exit(f"{ran.stdout}{ran.stderr}")


def versions(stage):
    """The version behind the alias of each function of a stage, and the hash of its package."""
    found = {}
    for logical, name in stack(stage).functions().items():
        live = boto3.client("lambda").get_function(FunctionName=name, Qualifier="live")["Configuration"]
        found[logical] = (live["Version"], live["CodeSha256"])
    return found


def packages(stage):
    return {name: sha for name, (_, sha) in versions(stage).items()}


def with_login_replaced(template):
    """A copy of the packaged template with a fault: login has the package of status. This needs no second build."""
    bad = copy.deepcopy(template)
    login, status = (bad["Resources"][f"{it}Function"]["Properties"] for it in ("Login", "Status"))
    login["CodeUri"] = status["CodeUri"]
    return bad


def write(path, template):
    path.write_text(json.dumps(template))
    return path


def check_release(template):
    """Checks that production runs the packages that were checked on staging."""
    must_succeed("release", template)
    if packages("staging") != packages("production"):
        sys.exit("production does not run what staging ran")
    print("production runs the packages of staging")


def check_stop(template):
    """Checks that a build that fails on staging does not reach production."""
    before = versions("production")
    ran = pipeline("release", template)
    staging = packages("staging")
    if staging["LoginFunction"] != staging["StatusFunction"]:
        sys.exit("the planted fault is not on staging")
    if not ran.returncode:
        sys.exit("the pipeline did not stop")
    if versions("production") != before:
        sys.exit("production has changed")
    print("the pipeline stopped at staging, and production keeps its versions")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder)):
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        packaged = Path(folder) / "packaged.yaml"
        must_succeed("package", packaged)
        good = for_emulator(packaged)
        check_release(good)
        check_stop(write(Path(folder) / "bad.json", with_login_replaced(yaml_parse(good.read_text()))))


def after_deploy(stage):
    """After the first deployment, adds the routes that the emulator does not create, and the scenarios' member."""
    deployed = stack(stage)
    if boto3.client("apigatewayv2").get_routes(ApiId=deployed.physical()["Api"])["Items"]:
        return
    make_routes(deployed)
    if stage == "staging":
        command = [ROOT / "target/debug/members", "--stack", deployed.name, "add", EMAIL]
        options = ["--password-stdin", "--allow-weak"]
        password = os.environ["API_PASSWORD"]
        subprocess.run([*command, *options], input=password, text=True, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    after_deploy(sys.argv[1]) if sys.argv[1:] else main()
