"""The functions' log, as the functions wrote it: every line has what Lambda and the metric filters read."""

import json
import sys
from collections import Counter
from datetime import datetime

import boto3

PLATFORM = ("START ", "END ", "REPORT ")  # lines of Lambda itself
LEVELS = {"INFO", "WARN", "ERROR"}


def fault(text):
    """What is wrong with a line, or `None`."""
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
    """Fails on a line that is not as it should be, or when a function has no line."""
    group = stack.outputs()["FunctionLog"]
    pages = boto3.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    events = [it for page in pages for it in page["events"] if not it["message"].startswith(PLATFORM)]
    lines = Counter()
    functions = stack.functions()
    for it in events:
        if wrong := fault(it["message"]):
            sys.exit(f"{it['logStreamName']}: {wrong}")
        lines[next((name for name, made in functions.items() if made in it["logStreamName"]), "?")] += 1
    print("lines in the log:", ", ".join(f"{name} {count}" for name, count in sorted(lines.items())))
    if silent := functions.keys() - lines.keys():
        sys.exit(f"no line in the log: {silent}")
