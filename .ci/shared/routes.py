"""Creates the routes of a stack's HTTP API from the OpenAPI body in the deployed template.

AWS imports the body when it creates the stack. The emulator creates only the API and its stage, and ignores the body.
The routes created here use the functions and the authorizer of the body, so the tests cover what SAM generated.
"""

import re

import boto3

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}


class Body:
    def __init__(self, stack, definition):
        self.stack = stack
        self.definition = definition
        self.made = stack.physical()
        pages = boto3.client("cloudformation").get_paginator("list_exports").paginate()
        self.exports = {it["Name"]: it["Value"] for page in pages for it in page["Exports"]}

    def function(self, uri):
        """The ARN of the function that the URI of an integration or an authorizer names."""
        text, names = uri["Fn::Sub"] if isinstance(uri["Fn::Sub"], list) else (uri["Fn::Sub"], {})
        name = re.search(r"functions/\$\{(\w+)(?:\.Arn)?\}/invocations", text)[1]
        if name not in self.made:
            return self.imported(names[name]["Fn::ImportValue"])
        if self.made[name].startswith("arn:"):  # an alias
            return self.made[name]
        function = boto3.client("lambda").get_function(FunctionName=self.made[name])
        return function["Configuration"]["FunctionArn"]

    def imported(self, name):
        if isinstance(name, dict):
            values = {
                it["ParameterKey"]: it["ParameterValue"] for it in self.stack.description()["Parameters"]
            }
            name = re.sub(r"\$\{(\w+)\}", lambda it: values[it[1]], name["Fn::Sub"])
        return self.exports[name]

    def operations(self):
        for path, item in self.definition["paths"].items():
            for method in METHODS & item.keys():
                yield path, method, item[method]

    def authorizers(self):
        schemes = self.definition.get("components", {}).get("securitySchemes", {})
        return {name: it["x-amazon-apigateway-authorizer"] for name, it in schemes.items()}


def invocation(arn):
    return f"arn:aws:apigateway:{arn.split(':')[3]}:lambda:path/2015-03-31/functions/{arn}/invocations"


def make_authorizer(gateway, api, name, body, authorizer):
    made = gateway.create_authorizer(
        ApiId=api,
        Name=name,
        AuthorizerType="REQUEST",
        AuthorizerUri=invocation(body.function(authorizer["authorizerUri"])),
        AuthorizerPayloadFormatVersion=str(authorizer["authorizerPayloadFormatVersion"]),
        AuthorizerResultTtlInSeconds=authorizer["authorizerResultTtlInSeconds"],
        EnableSimpleResponses=authorizer["enableSimpleResponses"],
        IdentitySource=authorizer["identitySource"],
    )
    return made["AuthorizerId"]


def make_route(gateway, api, key, body, operation, authorizers):
    described = operation["x-amazon-apigateway-integration"]
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType=described["type"].upper(),
        IntegrationMethod=described["httpMethod"],
        IntegrationUri=body.function(described["uri"]),
        PayloadFormatVersion=str(described["payloadFormatVersion"]),
    )
    required = [name for it in operation.get("security", []) for name in it]
    security = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizers[required[0]]} if required else {}
    gateway.create_route(
        ApiId=api, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}", **security
    )


def make_routes(stack):
    gateway = boto3.client("apigatewayv2")
    apis = {
        name: it
        for name, it in stack.template()["Resources"].items()
        if it["Type"] == "AWS::ApiGatewayV2::Api"
    }
    for name, resource in apis.items():
        api = stack.physical()[name]
        body = Body(stack, resource["Properties"]["Body"])
        authorizers = {
            it: make_authorizer(gateway, api, it, body, how) for it, how in body.authorizers().items()
        }
        keys = []
        for path, method, operation in body.operations():
            keys.append(f"{'ANY' if method.startswith('x-') else method.upper()} {path}")
            make_route(gateway, api, keys[-1], body, operation, authorizers)
        print(f"{stack.name}: routes {', '.join(sorted(keys))}")
