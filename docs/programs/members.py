import json
import os

import boto3

client = boto3.client("lambda")


def members(request):
    response = client.invoke(FunctionName=os.environ["MEMBERS_FUNCTION"], Payload=json.dumps(request))
    if "FunctionError" in response:
        raise RuntimeError("the members function failed")
    return json.load(response["Payload"])


print(members({"action": "find", "memberId": 1}))
