"""What the template must say, looked up in the template as SAM expands it."""

import unittest
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from expand import expand

ROOT = Path(__file__).resolve().parent.parent
SOURCE = yaml_parse((ROOT / "template.yaml").read_text())
TEMPLATE = expand(ROOT / "template.yaml")["Resources"]
FUNCTIONS = ("Authorizer", "Login", "Logout", "Members", "Status")


def of_type(kind):
    return {name: it["Properties"] for name, it in TEMPLATE.items() if it["Type"] == kind}


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


if __name__ == "__main__":
    unittest.main()
