import json
import os
import urllib.error
import urllib.request


def member_of(request):
    """The member id of a Django request, or None if nobody is logged in."""
    headers = {
        "cookie": request.headers.get("cookie", ""),
        "x-proxy-secret": os.environ["PROXY_SECRET"],
        "x-proxy-client-ip": request.META["REMOTE_ADDR"],
        "x-proxy-host": request.get_host(),
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(os.environ["SESSIONS_URL"], headers=headers)) as response:
            return json.load(response)["memberId"]
    except urllib.error.HTTPError as error:
        if error.code == 401:
            return None
        raise
