"""Deploys what `sam build` made to a moto on this machine, and logs in there.

moto has no SAM transform, no API Gateway v2 and no alarms, and drops expiry, point-in-time recovery and
encryption. So this shows that the packages are uploaded, that the stack comes up with what moto can make of it,
that its tables are those that the code expects, and that the built binaries work on them. It shows no more:
what moto does not make is listed.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, socket

import boto3
import samcli
from expand import expand

ROOT = Path(__file__).parent.parent
BUILT = ROOT / ".aws-sam/build"
RIE = Path(samcli.__file__).parent / "local/rapid/aws-lambda-rie-x86_64"
STACK = "session-api"
EMAIL, PASSWORD = "deployed@tozo.invalid", "correct horse battery"
OLDEST_GLIBC_OF_AL2023 = (2, 34)


def free_port():
    with socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@contextmanager
def running(command, port, environment):
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


def quietly(*command, cwd):
    """Runs a command of SAM, and shows what it says only when it fails."""
    ran = subprocess.run([Path(sys.executable).with_name("sam"), *command], cwd=cwd, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stdout + ran.stderr)


def check_glibc():
    """No binary asks for a C library newer than the one of its runtime."""
    for bootstrap in sorted(BUILT.glob("*/bootstrap")):
        symbols = subprocess.run(["objdump", "-T", bootstrap], capture_output=True, text=True, check=True).stdout
        versions = {tuple(map(int, it.split("."))) for it in re.findall(r"GLIBC_([0-9.]+)", symbols)}
        newest = max(versions)
        print(f"{bootstrap.parent.name}: {bootstrap.stat().st_size / 1e6:.1f} MB, glibc {newest[0]}.{newest[1]}")
        if newest > OLDEST_GLIBC_OF_AL2023:
            sys.exit("that is newer than provided.al2023 has")


def deploy(folder):
    bucket = ["--s3-bucket", "packages"]
    boto3.client("s3").create_bucket(Bucket=bucket[1])
    packaged, expanded = folder / "packaged.yaml", folder / "expanded.json"
    quietly("package", *bucket, "--output-template-file", packaged, cwd=ROOT)
    template = expand(packaged)
    expanded.write_text(json.dumps(template))
    stack = ["--stack-name", STACK, "--capabilities", "CAPABILITY_IAM", "--no-resolve-s3"]
    quietly("deploy", "--template-file", expanded, *bucket, *stack, cwd=folder)
    return template


def check_stack(template):
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    print(stack["StackStatus"])
    if stack["StackStatus"] != "CREATE_COMPLETE":
        sys.exit("the stack did not come up")
    made = boto3.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    physical = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in made}
    wanted = {name: it["Type"] for name, it in template["Resources"].items() if "Condition" not in it}
    missing = {kind for name, kind in wanted.items() if not physical.get(name)}
    print("made:", len(physical), "of", len(wanted), "resources")
    print("not made by moto:", ", ".join(sorted(missing)))
    return physical


def check_tables(template, physical):
    for name, table in template["Resources"].items():
        if table["Type"] != "AWS::DynamoDB::Table":
            continue
        made = boto3.client("dynamodb").describe_table(TableName=physical[name])["Table"]
        wanted = table["Properties"]
        if made["KeySchema"] != wanted["KeySchema"] or made["AttributeDefinitions"] != wanted["AttributeDefinitions"]:
            sys.exit(f"{name} is not the table that the template describes")
        print(f"{name}: {', '.join(it['AttributeName'] for it in made['KeySchema'])}")


def add_member(tables):
    command = [ROOT / "target/debug/members", "add", EMAIL, "--password-stdin"]  # as the tests have left it
    subprocess.run(command, cwd=ROOT, input=PASSWORD, text=True, env=os.environ | tables, check=True)


class Function:
    """A function as the stack has it, run by the emulator of Lambda's runtime."""

    def __init__(self, stack, logical_id, physical):
        configuration = boto3.client("lambda").get_function_configuration(FunctionName=physical[logical_id])
        self.port = free_port()
        self.event = json.loads((ROOT / f"events/{logical_id.removesuffix('Function').lower()}.json").read_text())
        address, runtime = f"127.0.0.1:{self.port}", f"127.0.0.1:{free_port()}"
        command = [RIE, "--runtime-interface-emulator-address", address, "--runtime-api-address", runtime]
        variables = configuration["Environment"]["Variables"]
        environment = os.environ | {name: str(value) for name, value in variables.items()}
        stack.enter_context(running([*command, BUILT / logical_id / "bootstrap"], self.port, environment))

    def answer(self, cookies=(), **changes):
        event = self.event | {"cookies": list(cookies)} | changes
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=60) as response:
            return json.load(response)


def expect(what, answer, expected):
    seen = {name: answer.get(name) for name in expected}
    print(f"{what}: {json.dumps(seen)}")
    if seen != expected:
        sys.exit(f"expected {json.dumps(expected)}")


def flow(physical):
    with ExitStack() as stack:
        login, logout, status, authorizer = (
            Function(stack, f"{it}Function", physical) for it in ("Login", "Logout", "Status", "Authorizer")
        )
        body = json.dumps({"email": EMAIL, "password": "wrong"})
        expect("wrong password", login.answer(body=body, isBase64Encoded=False), {"statusCode": 401})
        body = base64.b64encode(json.dumps({"email": EMAIL, "password": PASSWORD}).encode()).decode()
        answer = login.answer(body=body, isBase64Encoded=True)
        expect("login", answer, {"statusCode": 200, "body": "{}"})
        cookies = [it.split(";")[0] for it in answer["cookies"]]
        expect("status", status.answer(cookies), {"statusCode": 200, "body": '{"memberId":1}'})
        expect("authorizer", authorizer.answer(cookies), {"isAuthorized": True, "context": {"memberId": 1}})
        expect("logout", logout.answer(cookies), {"statusCode": 200, "body": "{}"})
        expect("status", status.answer(cookies), {"statusCode": 401})
        expect("authorizer", authorizer.answer(cookies), {"isAuthorized": False})


def tear_down(physical):
    quietly("delete", "--stack-name", STACK, "--no-prompts", cwd=ROOT)
    tables = {it for name, it in physical.items() if name.endswith("Table")}
    if not tables <= set(boto3.client("dynamodb").list_tables()["TableNames"]):
        sys.exit("a table went with the stack")
    print("the stack is gone, and its tables are not")


def main():
    check_glibc()
    port = free_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    moto = [Path(sys.executable).with_name("moto_server"), "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder, running(moto, port, os.environ.copy()):
        template = deploy(Path(folder))
        physical = check_stack(template)
        check_tables(template, physical)
        add_member({f"{it.upper()}_TABLE": physical[f"{it.capitalize()}Table"] for it in ("members", "sessions")})
        flow(physical)
        tear_down(physical)


main()
