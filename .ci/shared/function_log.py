"""The functions' log: checks that every line has the fields that Lambda and the metric filters read."""

import json
import sys
from collections import Counter
from datetime import datetime

import boto3

PLATFORM = ("START ", "END ", "REPORT ")  # lines that Lambda itself writes
LEVELS = {"INFO", "WARN", "ERROR"}
# Events that the visits cause in login, logout and the members function.
CAUSED = {"authn_login_success", "session_revoked", "user_created"}


def fault(text):
    """The error in a line, or `None`."""
    try:
        line = json.loads(text)
    except ValueError:
        return "not JSON"
    if next(iter(line)) != "timestamp":
        return "the time is not the first field"
    try:
        datetime.fromisoformat(line["timestamp"])
    except ValueError:
        return "the time is not RFC 3339"
    return None if line.get("level") in LEVELS and "event" in line else "no level or no event"


def check_log(stack):
    """Fails if a line is malformed, or if an event that the visits must cause is missing."""
    group = stack.outputs()["FunctionLog"]
    pages = boto3.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    texts = [it["message"] for page in pages for it in page["events"] if not it["message"].startswith(PLATFORM)]
    if faults := Counter(filter(None, map(fault, texts))):
        sys.exit(f"lines of the log: {dict(faults)}")
    events = Counter(json.loads(it)["event"] for it in texts)
    print("lines of the log:", ", ".join(f"{event} {count}" for event, count in sorted(events.items())))
    if missing := CAUSED - events.keys():
        sys.exit(f"not in the log: {missing}")
