"""One visit of a member to the deployed API and to a protected route, in which every permission is needed."""

import json
import os
import secrets
import time

import boto3
import requests

SESSION, DEVICE = "__Host-Http-session", "__Host-Http-device"
TEN_MINUTES = 600  # longer than the time for which a session's use is not noted again
PATIENCE = 10


class Member:
    """A member of the stack, whose item can be put back as it was."""

    def __init__(self, stack, email, password):
        self.login = {"email": email, "password": password}
        self.tables = {
            name: boto3.resource("dynamodb").Table(it)
            for name, it in stack.outputs().items()
            if "Table" in name
        }
        self.members_function = stack.outputs()["MembersAliasArn"]
        self.key = {"email": email}
        self.item = self.read()

    def read(self):
        return self.tables["MembersTable"].get_item(Key=self.key, ConsistentRead=True)["Item"]

    def hash_is_renewed(self):
        return self.read()["password_hash"] != self.item["password_hash"]

    def start_over(self):
        """Puts back the old hash, and takes keys and epoch away, so that login has to make them again."""
        self.tables["MembersTable"].put_item(Item=self.item)
        self.tables["EpochsTable"].delete_item(Key={"member_id": self.item["member_id"]})
        keys = self.tables["SigningKeysTable"]
        for it in keys.scan()["Items"]:
            keys.delete_item(Key={"ring": it["ring"]})

    def sessions(self):
        return self.tables["SessionsTable"].scan(ConsistentRead=True)["Items"]

    def age_sessions(self):
        """Makes every session look as if it had not been used for ten minutes."""
        for it in self.sessions():
            it["created_at"] -= TEN_MINUTES
            it["last_seen_at"] = it["created_at"]
            self.tables["SessionsTable"].put_item(Item=it)

    def session_is_noted(self):
        return any(it["last_seen_at"] > it["created_at"] for it in self.sessions())

    def forget_sessions(self):
        for it in self.sessions():
            self.tables["SessionsTable"].delete_item(
                Key={"member_id": it["member_id"], "session": it["session"]}
            )


class Wrong(Exception):
    """What of a visit did not go as it should."""


class Visit:
    """The member's requests, in the order in which they depend on each other."""

    def __init__(self, api, route, member):
        self.api, self.route, self.member = api, route, member
        self.cookies = {}

    def ask(self, expected, what, method, url, **options):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"cookie": cookies} if cookies else {}
        authority = os.environ["SSL_CERT_FILE"]
        answer = requests.request(method, url, headers=headers, verify=authority, timeout=60, **options)
        if answer.status_code != expected:
            raise Wrong(f"{what}: {answer.status_code}, not {expected}")
        for cookie in answer.headers.get("set-cookie", "").split(", "):
            name, _, value = cookie.split(";")[0].partition("=")
            if name in (SESSION, DEVICE) and value:
                self.cookies[name] = value
        return answer

    def wait_until(self, is_so, what):
        """Some of it is done after the answer, so it may take a moment."""
        until = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > until:
                raise Wrong(f"{what}: not within {PATIENCE} s")
            time.sleep(0.1)

    def log_in(self):
        self.ask(200, "login", "POST", self.api, json=self.member.login)

    def use(self, what, url, **said):
        self.member.age_sessions()
        answer = self.ask(200, what, "GET", url)
        if answer.json() != said:
            raise Wrong(f"{what}: {answer.text}")
        self.wait_until(self.member.session_is_noted, f"{what} is noted")

    def run(self):
        number = int(self.member.item["member_id"])
        self.member.forget_sessions()
        self.stay_out()
        self.log_in()
        self.wait_until(self.member.hash_is_renewed, "the old hash is renewed")
        self.use("status", self.api, memberId=number)
        self.use("protected route", self.route, hello=number)
        self.log_in_again()
        self.log_in()
        self.ask(200, "logout everywhere", "DELETE", f"{self.api}?all=true")
        self.ask(401, "status after logout everywhere", "GET", self.api)
        self.ask(403, "protected route after logout everywhere", "GET", self.route)
        self.manage()

    def invoke(self, action, **request):
        """An action of the members function, which answers with an error where a call of it is refused."""
        payload = json.dumps({"action": action, **request})
        invoked = boto3.client("lambda").invoke(FunctionName=self.member.members_function, Payload=payload)
        answer = json.load(invoked["Payload"])
        if "FunctionError" in invoked or "error" in answer:
            raise Wrong(f"members function, {action}: {answer.get('error', 'failed')}")
        return answer

    def manage(self):
        """The actions of the members function that together need all its permissions."""
        email, old, new = f"{secrets.token_hex(8)}@tozo.invalid", secrets.token_urlsafe(), secrets.token_urlsafe()
        number = self.invoke("add", email=email, password=old)["memberId"]
        self.invoke("find", memberId=number)
        self.invoke("sessions", memberId=number)
        self.invoke("endSession", memberId=number, id="00" * 32)
        self.invoke("setPassword", memberId=number, password=new, currentPassword=old)
        self.invoke("remove", memberId=number)

    def stay_out(self):
        """Without a cookie the gateway answers by itself. The authorizer looks at every other request."""
        self.ask(401, "protected route without a cookie", "GET", self.route)
        self.cookies = {"theme": "dark"}
        self.ask(403, "protected route with another cookie", "GET", self.route)
        self.cookies = {}

    def log_in_again(self):
        """The session that comes with a login ends, and so does the one that is logged out."""
        replaced = dict(self.cookies)
        self.log_in()
        self.ask(200, "logout", "DELETE", self.api)
        self.ask(401, "status after logout", "GET", self.api)
        self.cookies |= replaced
        self.ask(401, "status of a replaced session", "GET", self.api)
