"""Tests of the template after SAM's transform."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from expand import expand

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = yaml_parse((ROOT / "template.yaml").read_text())
EXPANDED = expand(ROOT / "template.yaml")
TEMPLATE = EXPANDED["Resources"]
SHIFTED = expand(ROOT / "template.yaml", DeploymentPreference="Linear10PercentEvery1Minute")["Resources"]
NO_VALUE = {"Ref": "AWS::NoValue"}
FUNCTIONS = ("Authorizer", "Login", "Logout", "Members", "Status")


def of_type(kind, resources=TEMPLATE):
    return {name: it["Properties"] for name, it in resources.items() if it["Type"] == kind}


def references(value):
    """The names that a part of the template refers to: by `Ref`, in the text of `Fn::Sub`, or in a condition."""
    if isinstance(value, list):
        return {name for it in value for name in references(it)}
    if not isinstance(value, dict):
        return set()
    named = {value["Ref"]} if "Ref" in value else set()
    texts = value.get("Fn::Sub", "")
    named |= set(re.findall(r"\$\{([\w:]+)\}", texts if isinstance(texts, str) else texts[0]))
    conditions = {value["Fn::If"][0]} if "Fn::If" in value else set()
    for condition in conditions & SOURCE["Conditions"].keys():
        named |= references(SOURCE["Conditions"][condition])
    return named.union(*(references(it) for it in value.values()))


def longest(parameter):
    """The maximum length of the parameter's value, in characters."""
    if "AllowedValues" in parameter:
        return max(len(it) for it in parameter["AllowedValues"])
    if "AllowedPattern" in parameter:
        return sum(int(it) + 1 for it in re.findall(r"\{0,(\d+)\}", parameter["AllowedPattern"])) + 1
    return parameter.get("MaxLength") or len(str(parameter["MaxValue"]))


def resolve(value, conditions):
    """The value that CloudFormation computes if exactly these conditions are true."""
    if isinstance(value, list):
        return [it for it in (resolve(it, conditions) for it in value) if it != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return resolve(then if condition in conditions else otherwise, conditions)
    resolved = {key: resolve(it, conditions) for key, it in value.items()}
    return {key: it for key, it in resolved.items() if it != NO_VALUE}


def renamed(old, new):
    """The expanded template with another logical name for a resource."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(re.sub(rf"\b{old}\b", new, (ROOT / "template.yaml").read_text()))
        file.flush()
        return expand(file.name)


class OwnAddress(unittest.TestCase):
    def test_a_custom_domain_switches_it_off_in_a_form_without_a_warning(self):
        (api,) = of_type("AWS::ApiGatewayV2::Api").values()
        self.assertIs(api["FailOnWarnings"], True)
        # API Gateway warns about a server without a URL.
        off = {
            "url": {"Fn::Sub": "https://${CustomDomain}"},
            "x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": True},
        }
        for others in ({"HasAllowedOrigins"}, set()):
            self.assertEqual(resolve(api["Body"], {"IsOnlyAtCustomDomain"} | others)["servers"], [off])
            self.assertNotIn("servers", resolve(api["Body"], others))

    def test_it_is_exported_whatever_the_parameters_are(self):
        # CloudFormation refuses to change the value of an imported export, so no parameter may change it.
        self.assertEqual(references(EXPANDED["Outputs"]["ApiDomain"]["Value"]) & SOURCE["Parameters"].keys(), set())

    def test_every_path_parameter_has_a_schema(self):
        # Without a schema, newer OpenAPI parsers report an error, and FailOnWarnings then fails the deployment.
        (api,) = of_type("AWS::ApiGatewayV2::Api").values()
        operations = [it for methods in api["Body"]["paths"].values() for it in methods.values()]
        declared = [it for operation in operations for it in operation.get("parameters", [])]
        self.assertEqual([it.get("schema") for it in declared], [{"type": "string"}] * 3)


class Architecture(unittest.TestCase):
    def test_programs_for_another_processor_are_refused(self):
        for machine, code in ((62, 0), (183, 1)):  # x86_64 (the default) and arm64
            with tempfile.TemporaryDirectory() as folder:
                program = Path(folder, "LoginFunction/bootstrap")
                program.parent.mkdir()
                program.write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little"))
                command = [ROOT / "deploy/architecture", folder, "default", "staging", "production"]
                self.assertEqual(subprocess.run(command, capture_output=True).returncode, code)


class ProxySecrets(unittest.TestCase):
    def test_a_new_logical_name_makes_new_versions_and_changes_no_name_of_an_output(self):
        after = renamed("ProxySecretA", "ProxySecretA2")
        versions = of_type("AWS::Lambda::Version", after["Resources"])
        self.assertEqual(len(versions), len(FUNCTIONS))
        kept = {versions[name]["FunctionName"]["Ref"] for name in versions.keys() & TEMPLATE.keys()}
        self.assertEqual(kept, {"MembersFunction"}, "a version that is kept has the old secret, if it has one")
        self.assertEqual(after["Outputs"].keys(), EXPANDED["Outputs"].keys())
        self.assertEqual(after["Outputs"]["ProxySecretArnA"]["Value"], {"Ref": "ProxySecretA2"})


class Roles(unittest.TestCase):
    def test_a_function_has_a_role_of_its_own(self):
        roles = {name: it["Role"] for name, it in of_type("AWS::Lambda::Function").items()}
        self.assertEqual(roles, {f"{it}Function": {"Fn::GetAtt": [f"{it}Role", "Arn"]} for it in FUNCTIONS})
        self.assertEqual(sorted(of_type("AWS::IAM::Role")), [f"{it}Role" for it in FUNCTIONS])

    def test_a_role_has_no_policy_of_aws(self):
        for name, role in of_type("AWS::IAM::Role").items():
            self.assertEqual(role["ManagedPolicyArns"], [{"Ref": "WriteFunctionLog"}], name)

    def test_a_function_writes_to_no_other_log(self):
        policies = of_type("AWS::IAM::ManagedPolicy")
        documents = [it["PolicyDocument"] for it in policies.values()]
        for role in of_type("AWS::IAM::Role").values():
            documents += [it["PolicyDocument"] for it in role["Policies"]]
        statements = [it for document in documents for it in document["Statement"]]
        of_logs = [it for it in statements if "logs:" in str(it["Action"])]
        allowed = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["FunctionLog", "Arn"]},
        }
        self.assertEqual(of_logs, [allowed])


class Tables(unittest.TestCase):
    def test_every_table_is_retained_and_only_members_can_be_restored(self):
        # A restored session may be one that was revoked. A restored epoch makes revoked sessions valid again.
        tables = {name: it for name, it in TEMPLATE.items() if it["Type"] == "AWS::DynamoDB::Table"}
        self.assertEqual({it[kind] for it in tables.values() for kind in ("DeletionPolicy", "UpdateReplacePolicy")}, {"Retain"})
        self.assertTrue(all("DeletionProtectionEnabled" in it["Properties"] for it in tables.values()))
        restorable = [name for name, it in tables.items() if "PointInTimeRecoverySpecification" in it["Properties"]]
        self.assertEqual(restorable, ["MembersTable"])


class Floods(unittest.TestCase):
    def test_every_route_of_login_has_a_throttle_of_its_own(self):
        (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()
        (api,) = of_type("AWS::ApiGatewayV2::Api").values()
        logins = {f"POST {path}" for path, methods in api["Body"]["paths"].items() if "post" in methods}
        throttle = {
            "ThrottlingRateLimit": {"Ref": "LoginThrottlingRate"},
            "ThrottlingBurstLimit": {"Ref": "LoginThrottlingBurst"},
        }
        self.assertEqual(stage["RouteSettings"], dict.fromkeys(logins, throttle))

    def test_logins_take_their_share_of_instances_only_where_it_is_set(self):
        for name, it in of_type("AWS::Lambda::Function").items():
            share = {"Fn::If": ["HasLoginConcurrency", {"Ref": "LoginConcurrency"}, {"Ref": "AWS::NoValue"}]}
            expected = share if name == "LoginFunction" else None
            self.assertEqual(it.get("ReservedConcurrentExecutions"), expected, name)

    def test_no_burst_at_the_defaults_becomes_a_thousand_hashes(self):
        parameters = SOURCE["Parameters"]
        burst, rate = (parameters[f"LoginThrottling{it}"]["Default"] for it in ("Burst", "Rate"))
        self.assertLess(2 * (burst + rate), 200)


class Timeouts(unittest.TestCase):
    WAITING = 5.5  # seconds, from shared/src/gateway/deadline.rs
    WAITING_MEMBERS = 12  # seconds, from functions/members/src/lib.rs
    HASH = 2  # seconds at the highest BcryptCost: eight times the time at cost 12 (docs/performance.md), rounded up
    GATEWAY = 30

    def test_a_login_has_time_to_verify_and_to_renew_a_hash(self):
        self.assertGreaterEqual(of_type("AWS::Lambda::Function")["LoginFunction"]["Timeout"], self.WAITING + 2 * self.HASH)

    def test_a_change_of_the_password_has_time_for_all_its_hashes(self):
        attempts = int(re.search(r"const ATTEMPTS: usize = (\d+);", (ROOT / "shared/src/accounts.rs").read_text())[1])
        most = self.WAITING_MEMBERS + (attempts + 1) * self.HASH
        self.assertGreaterEqual(of_type("AWS::Lambda::Function")["MembersFunction"]["Timeout"], most)

    def test_an_application_waits_longer_than_the_members_function_works(self):
        resources = expand(ROOT / "examples/sign-up/template.yaml")["Resources"]
        timeout = resources["SignUpFunction"]["Properties"]["Timeout"]
        self.assertGreater(timeout, of_type("AWS::Lambda::Function")["MembersFunction"]["Timeout"])
        self.assertLess(timeout, self.GATEWAY)


class Deployments(unittest.TestCase):
    def test_requests_go_to_the_alias(self):
        aliases = of_type("AWS::Lambda::Alias")
        self.assertEqual(sorted(aliases), [f"{it}FunctionAliaslive" for it in FUNCTIONS])
        (api,) = of_type("AWS::ApiGatewayV2::Api").values()
        operations = [it for methods in api["Body"]["paths"].values() for it in methods.values()]
        called = {name for it in operations for name in references(it["x-amazon-apigateway-integration"]["uri"])}
        allowed = {it["FunctionName"]["Ref"] for it in of_type("AWS::Lambda::Permission").values()}
        expected = {f"{it}FunctionAliaslive" for it in ("Login", "Logout", "Status")}
        self.assertEqual((called & aliases.keys(), allowed), (expected, expected))
        self.assertFalse(called & of_type("AWS::Lambda::Function").keys())

    def test_other_stacks_import_the_alias_or_the_newest_version_under_another_name(self):
        outputs = EXPANDED["Outputs"]
        for name in ("Authorizer", "Members"):
            alias, newest = outputs[f"{name}AliasArn"], outputs[f"{name}FunctionArn"]
            self.assertEqual(alias["Value"], {"Ref": f"{name}FunctionAliaslive"})
            self.assertEqual(newest["Value"], {"Fn::GetAtt": [f"{name}Function", "Arn"]})
            for it, output in ((f"{name}AliasArn", alias), (f"{name}FunctionArn", newest)):
                self.assertEqual(output["Export"]["Name"], {"Fn::Sub": f"${{AWS::StackName}}-{it}"})

    def test_a_version_depends_on_every_parameter_of_its_function(self):
        for name, version in of_type("AWS::Lambda::Version").items():
            function = version["FunctionName"]["Ref"]
            properties = dict(TEMPLATE[function]["Properties"])
            del properties["Code"]
            properties.pop("ReservedConcurrentExecutions", None)  # not part of a version
            needed = references(properties) & SOURCE["Parameters"].keys()
            described = references(version["Description"])
            self.assertEqual(described, needed, name)
            most = sum(longest(SOURCE["Parameters"][it]) + 1 for it in described)
            self.assertLessEqual(most, 256, name)

    def test_all_at_once_takes_no_code_deploy(self):
        self.assertEqual([it for it in TEMPLATE.values() if "CodeDeploy" in it["Type"]], [])
        self.assertEqual([it for it in TEMPLATE.values() if "UpdatePolicy" in it], [])

    def test_a_shift_goes_back_when_an_alarm_rings(self):
        alarms = of_type("AWS::CloudWatch::Alarm", SHIFTED)
        names = [alarms[it]["AlarmName"] for it in ("ServerErrorsAlarm", "FunctionErrorsAlarm")]
        groups = of_type("AWS::CodeDeploy::DeploymentGroup", SHIFTED)
        self.assertEqual(sorted(groups), [f"{it}FunctionDeploymentGroup" for it in FUNCTIONS])
        for name, group in groups.items():
            watched = {"Enabled": True, "Alarms": [{"Name": it} for it in names]}
            self.assertEqual(group["AlarmConfiguration"], watched, name)
            self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["AutoRollbackConfiguration"]["Events"], name)
            self.assertIn({"ConfigName": "Linear10PercentEvery1Minute"}, group["DeploymentConfigName"]["Fn::Sub"])
            alias = SHIFTED[name.replace("DeploymentGroup", "Aliaslive")]
            shift = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
            self.assertEqual(shift["DeploymentGroupName"], {"Ref": name})


if __name__ == "__main__":
    unittest.main()
