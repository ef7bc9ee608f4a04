"""Code that login and status share."""

import hashlib
import json
import os
import time

import boto3

client = boto3.client("dynamodb")
MEMBERS_TABLE = os.environ["MEMBERS_TABLE"]
SESSIONS_TABLE = os.environ["SESSIONS_TABLE"]
RATE_LIMITS_TABLE = os.environ["RATE_LIMITS_TABLE"]
COOKIE = "__Host-Http-session"


def session_key(token):
    return hashlib.sha256(token.encode()).hexdigest()


def limited(route, points, handler):
    """A fixed window of one minute, counted by one update."""

    def handle(event):
        window = int(time.time()) // 60
        key = f"{route}#{event['requestContext']['http']['sourceIp']}#{window}"
        updated = client.update_item(
            TableName=RATE_LIMITS_TABLE,
            Key={"bucket": {"S": key}},
            UpdateExpression="ADD points :one SET expire = :expire",
            ExpressionAttributeValues={":one": {"N": "1"}, ":expire": {"N": str(window * 60 + 120)}},
            ReturnValues="ALL_NEW",
        )
        if int(updated["Attributes"]["points"]["N"]) > points:
            return reply(429, {"code": "TOO_MANY_REQUESTS"})
        return handler(event)

    return handle


def reply(status, body, cookies=()):
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "cookies": list(cookies), "body": json.dumps(body)}
