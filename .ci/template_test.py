"""What the template must say, looked up in the template as SAM expands it."""

import unittest
from pathlib import Path

from expand import expand

ROOT = Path(__file__).resolve().parent.parent
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


if __name__ == "__main__":
    unittest.main()
