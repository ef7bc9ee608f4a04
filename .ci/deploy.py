"""Deploys what `sam build` made to an emulated AWS, as the documents tell a user to, and uses it there.

docs/emulated-aws.md says what the emulator leaves out.
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from emulated_aws import emulated_aws, resolve_localhost
from function_log import check_log
from permissions import check_permissions
from routes import make_routes
from stack import Stack
from visit import Member

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/protected-route"
NEWEST_GLIBC = (2, 34)  # of provided.al2023
EMAIL, PASSWORD = "deployed@tozo.invalid", secrets.token_urlsafe()
# The quickest hashes, and limits that the suite meets and that are soon over.
QUICK = {"LoginQuota": "5/5", "StatusQuota": "10/5", "AccountQuota": "1000/60", "BcryptCost": 10}


def built(project):
    return project / ".aws-sam/build"


def check_glibc():
    """No binary asks for a C library newer than the one of its runtime."""
    for bootstrap in sorted([*built(ROOT).glob("*/bootstrap"), *built(EXAMPLE).glob("*/bootstrap")]):
        symbols = subprocess.run(
            ["objdump", "-T", bootstrap], capture_output=True, text=True, check=True
        ).stdout
        newest = max(tuple(map(int, it.split("."))) for it in re.findall(r"GLIBC_([0-9.]+)", symbols))
        print(
            f"{bootstrap.parent.name}: {bootstrap.stat().st_size / 1e6:.1f} MB, glibc {newest[0]}.{newest[1]}"
        )
        if newest > NEWEST_GLIBC:
            sys.exit("that is newer than provided.al2023 has")


def check_tables(stack):
    """The tables have the keys that the code expects. The emulator makes no more of them."""
    for name, resource in stack.template()["Resources"].items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        made = boto3.client("dynamodb").describe_table(TableName=stack.physical()[name])["Table"]
        for property in ("KeySchema", "AttributeDefinitions"):
            if made[property] != resource["Properties"][property]:
                sys.exit(f"{name} is not the table that the template describes")
        print(f"{name}: {', '.join(it['AttributeName'] for it in made['KeySchema'])}")


def add_member(stack):
    """By the operator's command line, which finds the tables by the stack's outputs."""
    command = [ROOT / "target/debug/members", "--stack", stack.name, "add", EMAIL, "--password-stdin", "--allow-weak"]
    environment = os.environ | {"BCRYPT_COST": str(QUICK["BcryptCost"])}
    subprocess.run(command, input=PASSWORD, text=True, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Member(stack, EMAIL, PASSWORD)


def run_scenarios(stack):
    member = {"API_EMAIL": EMAIL, "API_PASSWORD": PASSWORD, "API_MAY_FILL_BUCKETS": "1"}
    command = ["cargo", "test", "--workspace", "--locked", "--quiet", "--test", "deployed"]
    environment = os.environ | member | {"API_URL": stack.outputs()["ApiUrl"]}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    counts = re.search(r"\d+ ok, (\d+) skipped, (\d+) failed", ran.stdout)
    if ran.returncode or not counts or counts[1] != "0":
        sys.exit(f"{ran.stdout}{ran.stderr}\nof the scenarios one failed or was skipped")
    print(f"scenarios of the contract: {counts[0]}")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    check_glibc()
    with tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder)):
        resolve_localhost()
        api = Stack.deploy(ROOT, built(ROOT), **QUICK)
        make_routes(api)
        check_tables(api)
        member = add_member(api)
        run_scenarios(api)
        run_scenarios(api)  # the suite is safe to repeat
        example = Stack.deploy(EXAMPLE, built(EXAMPLE))
        make_routes(example)
        check_permissions(api, example.outputs()["ExampleUrl"], member)
        check_log(api)
        example.delete(EXAMPLE)
        api.delete(ROOT)


if __name__ == "__main__":
    main()
