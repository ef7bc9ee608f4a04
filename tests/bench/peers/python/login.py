"""POST /sessions/"""

import json
import secrets
import time

import bcrypt
from api import COOKIE, MEMBERS_TABLE, SESSIONS_TABLE, client, limited, reply, session_key
from runtime import serve

NOBODY = bcrypt.hashpw(b"nobody", bcrypt.gensalt(4))


def login(event):
    credentials = json.loads(event["body"])
    key = {"email": {"S": credentials["email"]}}
    member = client.get_item(TableName=MEMBERS_TABLE, Key=key, ConsistentRead=True).get("Item")
    stored = member["password_hash"]["S"].encode() if member else NOBODY
    matches = bcrypt.checkpw(credentials["password"].encode(), stored)
    if not member or not matches:
        return reply(401, {"code": "INVALID_CREDENTIALS"})
    token = secrets.token_urlsafe(32)
    session = {
        "session": {"S": session_key(token)},
        "member_id": member["member_id"],
        "expires_at": {"N": str(int(time.time()) + 86400)},
    }
    client.put_item(TableName=SESSIONS_TABLE, Item=session)
    return reply(200, {}, [f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"])


serve(limited("login", 5, login))
