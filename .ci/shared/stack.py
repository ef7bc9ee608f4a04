"""A stack that sam deploys with a user's options, and the stack's resources."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import yaml
from samtranslator.yaml_helper import yaml_parse

PROGRAMS = Path(sys.executable).parent
PATH = f"{PROGRAMS}:/usr/bin:/bin"  # like that of a user without Rust


def sam(*command, folder):
    """Runs a sam command in a project's folder. Shows the output only if the command fails."""
    ran = subprocess.run(
        [PROGRAMS / "sam", *command],
        cwd=folder,
        env=os.environ | {"PATH": PATH},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        sys.exit(ran.stdout + ran.stderr)


def remove_metric_math(template):
    """Removes alarms with metric math, which the emulator refuses. Returns their names."""
    refused = [name for name, it in template["Resources"].items() if "Metrics" in it.get("Properties", {})]
    for name in refused:
        del template["Resources"][name]
    return refused


def remove_null_conditions(template):
    """Removes `Null` conditions: the emulator has no condition keys for writes, so it would treat them as missing."""
    changed = []
    for name, it in template["Resources"].items():
        for policy in it["Properties"].get("Policies", []) if it["Type"] == "AWS::IAM::Role" else []:
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement.get("Condition", {}).pop("Null", None):
                    changed.append(name)
    return sorted(set(changed))


def for_emulator(path):
    """Writes a copy of a template without the parts that the emulator does not support, and prints these parts."""
    template = yaml_parse(path.read_text())
    for what, remove in (
        ("alarms with metric math", remove_metric_math),
        ("Null conditions", remove_null_conditions),
    ):
        print(f"left out for the emulator, {what}:", ", ".join(remove(template)) or "nothing")
    copy = path.with_name("emulated.json")
    copy.write_text(json.dumps(template))
    return copy


class Stack:
    def __init__(self, name):
        self.name = name
        self.cloudformation = boto3.client("cloudformation")

    @classmethod
    def deploy(cls, project, built, **parameters):
        """Deploys the output of `sam build`. The project's samconfig.toml names the stack."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        options = ["--parameter-overrides", *overrides] if overrides else []
        config = ["--config-file", project / "samconfig.toml"]
        sam("deploy", *config, "--template-file", for_emulator(built / "template.yaml"), *options, folder=project)
        name = next(
            line for line in (project / "samconfig.toml").read_text().splitlines() if "stack_name" in line
        )
        stack = cls(name.split('"')[1])
        print(f"{stack.name}: {stack.description()['StackStatus']}, {len(stack.physical())} resources")
        return stack

    def description(self):
        return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]

    def outputs(self):
        return {it["OutputKey"]: it["OutputValue"] for it in self.description()["Outputs"]}

    def physical(self):
        """The physical names of the resources, by their logical names."""
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [it for page in pages for it in page["StackResourceSummaries"]]
        return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found}

    def template(self):
        """The deployed template, after SAM's transform."""
        body = self.cloudformation.get_template(StackName=self.name, TemplateStage="Processed")[
            "TemplateBody"
        ]
        return body if isinstance(body, dict) else yaml.safe_load(body)

    def functions(self):
        template = self.template()["Resources"]
        physical = self.physical()
        return {
            name: physical[name] for name, it in template.items() if it["Type"] == "AWS::Lambda::Function"
        }

    def delete(self, project):
        """Deletes the stack as a user does, and checks that its tables and logs stay."""
        kept = {name for logical, name in self.physical().items() if re.search("Table$|^FunctionLog$|^AccessLog$", logical)}
        sam("delete", "--stack-name", self.name, "--no-prompts", folder=project)
        logs = {it["logGroupName"] for it in boto3.client("logs").describe_log_groups()["logGroups"]}
        if gone := kept - logs - set(boto3.client("dynamodb").list_tables()["TableNames"]):
            sys.exit(f"deleted with the stack: {gone}")
        print(f"{self.name} is deleted{f', and its {len(kept)} tables and logs stay' if kept else ''}")
