"""Lambda's runtime API: takes events and posts answers."""

import http.client
import json
import os


def serve(handler):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method, path, body=None):
        connection.request(method, f"/2018-06-01/runtime/invocation/{path}", body)
        response = connection.getresponse()
        return response.headers, response.read()

    while True:
        headers, event = call("GET", "next")
        request = headers["lambda-runtime-aws-request-id"]
        try:
            call("POST", f"{request}/response", json.dumps(handler(json.loads(event))))
        except Exception as error:
            call("POST", f"{request}/error", json.dumps({"errorMessage": str(error)}))
