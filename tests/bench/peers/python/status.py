"""GET /sessions/"""

import time

from api import COOKIE, SESSIONS_TABLE, client, limited, reply, session_key
from runtime import serve


def status(event):
    cookies = [it for it in event.get("cookies", []) if it.startswith(f"{COOKIE}=")]
    if not cookies:
        return reply(401, {"code": "NOT_AUTHENTICATED"})
    key = {"session": {"S": session_key(cookies[0].partition("=")[2])}}
    item = client.get_item(TableName=SESSIONS_TABLE, Key=key, ConsistentRead=True).get("Item")
    if not item or int(item["expires_at"]["N"]) < time.time():
        return reply(401, {"code": "NOT_AUTHENTICATED"})
    return reply(200, {"memberId": int(item["member_id"]["N"])})


serve(limited("status", 10, status))
