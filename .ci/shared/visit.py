"""Calls a protected route and the members function, as an application does."""

import json
import os
import secrets

import boto3
import requests

SESSION = "__Host-Http-session"


def ask(expected, method, url, cookie=None, **options):
    headers = {"cookie": cookie} if cookie else {}
    response = requests.request(method, url, headers=headers, verify=os.environ["SSL_CERT_FILE"], timeout=60, **options)
    if response.status_code != expected:
        raise SystemExit(f"{method} {url}: {response.status_code}, not {expected}")
    return response


def visit_route(api, route, member, member_id):
    """Calls the route without and with a session. The authorizer decides, except on a request without a cookie."""
    ask(401, "GET", route)
    ask(403, "GET", route, "theme=dark")
    login = ask(200, "POST", api, json=member)
    cookie = f"{SESSION}={login.cookies[SESSION]}"
    greeting = ask(200, "GET", route, cookie).json()
    if greeting != {"hello": member_id}:
        raise SystemExit(f"the protected route answers {greeting}")
    ask(200, "DELETE", f"{api}?all=true", cookie)
    ask(403, "GET", route, cookie)


def manage_members(function):
    """Invokes the actions that together make every DynamoDB call of the members function."""

    def invoke(action, **request):
        payload = json.dumps({"action": action, **request})
        invoked = boto3.client("lambda").invoke(FunctionName=function, Payload=payload)
        answer = json.load(invoked["Payload"])
        if "FunctionError" in invoked or "error" in answer:
            raise SystemExit(f"members function, {action}: {answer.get('error', 'failed')}")
        return answer

    email, old, new = f"{secrets.token_hex(8)}@tozo.invalid", secrets.token_urlsafe(), secrets.token_urlsafe()
    member = invoke("add", email=email, password=old)["memberId"]
    invoke("find", memberId=member)
    invoke("sessions", memberId=member)
    invoke("endSession", memberId=member, id="00" * 32)
    invoke("setPassword", memberId=member, password=new, currentPassword=old)
    invoke("setEmail", memberId=member, email=f"{secrets.token_hex(8)}@tozo.invalid")
    invoke("remove", memberId=member)
