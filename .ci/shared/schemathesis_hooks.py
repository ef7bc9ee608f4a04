"""Sessions for schemathesis. Each request gets a new session, because a logout ends the session."""

import requests
import schemathesis

COOKIE = "__Host-Http-session"


@schemathesis.auth(refresh_interval=None).apply_to(method=["GET", "DELETE"], path=["/sessions", "/sessions/"])
class Member:
    def get(self, case, context):
        login = {"email": "test@tozo.invalid", "password": "password"}
        answer = requests.post(f"{case.operation.base_url}/sessions/", json=login, timeout=10)
        return answer.cookies[COOKIE]

    def set(self, case, session, context):
        case.cookies = {**(case.cookies or {}), COOKIE: session}
