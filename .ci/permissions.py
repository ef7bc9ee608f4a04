"""Takes one permission at a time from the functions' roles, and sees that a visit goes wrong without it."""

import copy
import json
import time

import boto3

from visit import Visit, Wrong


class Role:
    """The role of a function, with the policies that the template wrote into it."""

    def __init__(self, logical, function):
        self.logical, self.function = logical, function
        configuration = boto3.client("lambda").get_function_configuration(FunctionName=function)
        self.name = configuration["Role"].split("/")[-1]
        self.variables = configuration["Environment"]["Variables"]
        self.iam = boto3.client("iam")
        names = self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        self.policies = {
            it: self.iam.get_role_policy(RoleName=self.name, PolicyName=it)["PolicyDocument"] for it in names
        }

    def without_each(self):
        """Each action of each statement: its name, the policy, and the policy's document without it."""
        for policy, document in self.policies.items():
            for at, statement in enumerate(document["Statement"]):
                actions = (
                    statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                )
                for action in actions:
                    rest = copy.deepcopy(document)
                    rest["Statement"][at]["Action"] = [it for it in actions if it != action]
                    rest["Statement"] = [it for it in rest["Statement"] if it["Action"]]
                    yield f"{self.logical} {action} on {table_of(statement)}", policy, rest

    def put(self, policy, document):
        if document["Statement"]:
            self.iam.put_role_policy(
                RoleName=self.name, PolicyName=policy, PolicyDocument=json.dumps(document)
            )
        else:
            self.iam.delete_role_policy(RoleName=self.name, PolicyName=policy)

    def restore(self):
        for policy, document in self.policies.items():
            self.put(policy, document)

    def restart(self, number):
        """Ends the function's processes, with what they remember, and lifts its limits."""
        changed = self.variables | {"RUN": str(number)}
        changed |= {name: "1000/60" for name in ("LOGIN_QUOTA", "STATUS_QUOTA") if name in self.variables}
        changed |= {"BCRYPT_COST": "11"} if "BCRYPT_COST" in self.variables else {}  # above the member's hash
        functions = boto3.client("lambda")
        functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": changed}
        )
        version = functions.publish_version(FunctionName=self.function)["Version"]
        functions.update_alias(FunctionName=self.function, Name="live", FunctionVersion=version)


def table_of(statement):
    resource = statement["Resource"]
    return (resource if isinstance(resource, str) else resource[0]).split("/")[-1].rsplit("-", 1)[0]


class Trial:
    """Visits with one permission less."""

    def __init__(self, stack, route, member):
        self.api, self.route, self.member = stack.outputs()["ApiUrl"], route, member
        self.roles = [Role(logical, function) for logical, function in stack.functions().items()]
        self.runs = 0

    def visit(self):
        """What goes wrong in a visit, or `None`."""
        self.runs += 1
        for role in self.roles:
            role.restart(self.runs)
        self.member.start_over()
        try:
            Visit(self.api, self.route, self.member).run()
        except Wrong as wrong:
            return wrong

    def try_each(self):
        """What is not needed: the permissions without which a visit goes as well as with them."""
        if wrong := self.visit():
            raise SystemExit(f"with all permissions: {wrong}")
        unneeded = []
        for role in self.roles:
            for what, policy, document in role.without_each():
                role.put(policy, document)
                wrong = self.visit()
                role.restore()
                print(f"without {what}: {wrong or 'nothing goes wrong'}")
                unneeded += [] if wrong else [what]
        return unneeded


def check_permissions(stack, route, member):
    start = time.monotonic()
    trial = Trial(stack, route, member)
    unneeded = trial.try_each()
    print(f"{trial.runs - 1} permissions taken away, in {time.monotonic() - start:.0f} s")
    if unneeded:
        raise SystemExit(f"not needed, as far as a visit shows: {', '.join(unneeded)}")
