"""Deploys a release archive to an emulated AWS, as the README in the archive tells a user without Rust, and
tests the deployment.

docs/testing.md says what the emulator leaves out.
"""

import os
import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from emulated_aws import emulated_aws, resolve_localhost
from function_log import check_log
from routes import make_routes
from stack import PATH, Stack
from visit import manage_members, visit_route

ROOT = Path(__file__).resolve().parent.parent.parent
NEWEST_GLIBC = (2, 34)  # in the runtime provided.al2023
EMAIL, PASSWORD = "deployed@tozo.invalid", secrets.token_urlsafe()
# The fastest hashes, and limits that the scenarios can exhaust and that refill quickly.
QUICK = {"LoginQuota": "5/5", "StatusQuota": "10/5", "AccountQuota": "1000/60", "BcryptCost": 10}


def unpack(archive, folder):
    """Unpacks the archive, verifies the checksums and returns the folder."""
    subprocess.run(["tar", "--extract", "--file", archive, "--directory", folder], check=True)
    (project,) = folder.iterdir()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=project, check=True)
    return project


def check_glibc(project):
    """Checks that no program needs a newer C library than Lambda's runtime has."""
    for program in sorted(project.glob("**/bootstrap")):
        symbols = subprocess.run(["objdump", "-T", program], capture_output=True, text=True, check=True).stdout
        newest = max(tuple(map(int, it.split("."))) for it in re.findall(r"GLIBC_([0-9.]+)", symbols))
        name = program.relative_to(project)
        print(f"{name}: {program.stat().st_size / 1e6:.1f} MB, glibc {newest[0]}.{newest[1]}")
        if newest > NEWEST_GLIBC:
            sys.exit("that is newer than provided.al2023 has")


def check_tables(stack):
    """Checks that the tables have the keys of the template. The emulator supports no other property of a table."""
    for name, resource in stack.template()["Resources"].items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        made = boto3.client("dynamodb").describe_table(TableName=stack.physical()[name])["Table"]
        for property in ("KeySchema", "AttributeDefinitions"):
            if made[property] != resource["Properties"][property]:
                sys.exit(f"{name} is not the table that the template describes")
        print(f"{name}: {', '.join(it['AttributeName'] for it in made['KeySchema'])}")


def profile(folder):
    """The environment of an operator whose credentials come from a program (`credential_process`)."""
    keys = {"Version": 1, "AccessKeyId": "test", "SecretAccessKey": "test"}
    (folder / "credentials.json").write_text(json.dumps(keys))
    (folder / "config").write_text(f"[default]\ncredential_process = cat {folder}/credentials.json\n")
    without = {name: it for name, it in os.environ.items() if "ACCESS_KEY" not in name}
    return without | {"AWS_CONFIG_FILE": str(folder / "config")}


def add_member(members, stack, environment):
    """Adds a member with the command line, which finds the tables in the stack's outputs. Returns the member id."""
    command = [members, "--stack", stack.name, "add", EMAIL, "--password-stdin", "--allow-weak"]
    environment |= {"BCRYPT_COST": str(QUICK["BcryptCost"])}
    added = subprocess.run(command, input=PASSWORD, text=True, env=environment, check=True, capture_output=True)
    return int(re.search(r"as member (\d+)", added.stdout)[1])


def run_scenarios(stack):
    member = {"API_EMAIL": EMAIL, "API_PASSWORD": PASSWORD, "API_MAY_FILL_BUCKETS": "1"}
    command = ["cargo", "test", "--workspace", "--locked", "--quiet", "--test", "deployed"]
    environment = os.environ | member | {"API_URL": stack.outputs()["ApiUrl"]}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    counts = re.search(r"\d+ ok, (\d+) skipped, (\d+) failed", ran.stdout)
    if ran.returncode or not counts or counts[1] != "0":
        sys.exit(f"{ran.stdout}{ran.stderr}\nof the scenarios one failed or was skipped")
    print(f"scenarios of the contract: {counts[0]}")


def main(archive):
    sys.stdout.reconfigure(line_buffering=True)
    if shutil.which("cargo", path=PATH):
        sys.exit("cargo is where sam finds it, so this shows nothing about a user without Rust")
    with tempfile.TemporaryDirectory() as unpacked, tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder)):
        resolve_localhost()
        project = unpack(archive, Path(unpacked))
        check_glibc(project)
        api = Stack.deploy(project, project, **QUICK)
        make_routes(api)
        check_tables(api)
        member_id = add_member(project / "members", api, profile(Path(folder)))
        run_scenarios(api)
        example_project = project / "examples/protected-route"
        example = Stack.deploy(example_project, example_project)
        make_routes(example)
        login = {"email": EMAIL, "password": PASSWORD}
        visit_route(api.outputs()["ApiUrl"], example.outputs()["ExampleUrl"], login, member_id)
        manage_members(api.outputs()["MembersAliasArn"])
        check_log(api)
        example.delete(example_project)
        api.delete(project)


if __name__ == "__main__":
    main(sys.argv[1])
