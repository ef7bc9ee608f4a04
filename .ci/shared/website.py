"""Deploys the stack of examples/website to an emulated AWS, next to stacks that export the values it imports.

The emulator's CloudFront does not reach API Gateway, so this script checks the distribution's configuration.
"""

import sys
import tempfile
from pathlib import Path

import boto3

from emulated_aws import emulated_aws

SITE = Path(__file__).resolve().parent.parent.parent / "examples/website"
SECRET = "{Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {ExcludePunctuation: true}}}"
# The exports of the session API and of an application's API, with their own secrets.
IMPORTED = f"""
Resources:
  A: {SECRET}
  B: {SECRET}
Outputs:
  ApiDomain: {{Value: !Sub "${{AWS::StackName}}.test", Export: {{Name: !Sub "${{AWS::StackName}}-ApiDomain"}}}}
  A: {{Value: !Ref A, Export: {{Name: !Sub "${{AWS::StackName}}-ProxySecretArnA"}}}}
  B: {{Value: !Ref B, Export: {{Name: !Sub "${{AWS::StackName}}-ProxySecretArnB"}}}}
"""
APIS = {"sessions": "session-api.test", "app": "protected-route.test", "sign-up": "sign-up.test"}
BEHAVIOURS = [
    ("/sessions*", "sessions"),
    ("/sign-up/*", "sign-up"),
    ("/app/*", "app"),
]


def deploy(name, template, action="create", **parameters):
    """Creates or updates a stack, and returns its outputs."""
    cloudformation = boto3.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    getattr(cloudformation, f"{action}_stack")(StackName=name, TemplateBody=template, Parameters=given)
    cloudformation.get_waiter(f"stack_{action}_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {it["OutputKey"]: it["OutputValue"] for it in outputs}


def check_distribution(secret):
    """Checks that each API gets its paths, and that only the session API gets the secret."""
    cloudfront = boto3.client("cloudfront")
    [distribution] = cloudfront.list_distributions()["DistributionList"]["Items"]
    config = cloudfront.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
    apis, headers = {}, {}
    for origin in config["Origins"]["Items"]:
        custom = origin.get("CustomHeaders", {}).get("Items", [])
        headers[origin["Id"]] = {it["HeaderName"]: it["HeaderValue"] for it in custom}
        apis[origin["Id"]] = origin["DomainName"]
    bucket = apis.pop("site")
    if apis != APIS or headers != dict.fromkeys(["site", *APIS], {}) | {"sessions": {"x-proxy-secret": secret}}:
        sys.exit(f"the origins are not as they should be: {apis}, {bucket}")
    if [(it["PathPattern"], it["TargetOriginId"]) for it in config["CacheBehaviors"]["Items"]] != BEHAVIOURS:
        sys.exit("the paths do not lead where they should")


def main():
    with tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder)):
        session_api = deploy("session-api", IMPORTED)
        for name in ("protected-route", "sign-up"):
            deploy(name, IMPORTED)
        stacks = {"AppStack": "protected-route", "SignUpStack": "sign-up"}
        template = (SITE / "template.yaml").read_text()
        for action, which in (("create", "A"), ("update", "B")):
            deploy("website", template, action, ProxySecret=which, **stacks)
            value = boto3.client("secretsmanager").get_secret_value(SecretId=session_api[which])["SecretString"]
            check_distribution(value)
            print(f"website: CloudFront sends secret {which}")


if __name__ == "__main__":
    main()
