import json
import os

import boto3

client = boto3.client("lambda")


def member_of(request):
    """The member id of a Django request, or None if nobody is logged in."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    event = {
        "headers": headers,
        "requestContext": {"http": {"method": request.method, "sourceIp": request.META["REMOTE_ADDR"]}},
    }
    response = client.invoke(FunctionName=os.environ["AUTHORIZER_FUNCTION"], Payload=json.dumps(event))
    if "FunctionError" in response:
        raise RuntimeError("the session cannot be looked up")
    return json.load(response["Payload"]).get("context", {}).get("memberId")
