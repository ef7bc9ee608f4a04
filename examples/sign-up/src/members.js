// The members function of the session API.

// The SDK comes with Lambda's Node runtime. On a developer's machine, AWS_ENDPOINT_URL_LAMBDA points to the local
// server.
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

const lambda = new LambdaClient({});

/**
 * Sends a request to the members function. Returns the response, which has `error` if the request failed.
 * docs/members-function.schema.json describes requests and responses.
 */
export async function members(request) {
  const command = new InvokeCommand({
    FunctionName: process.env.MEMBERS_FUNCTION,
    Payload: JSON.stringify(request),
  });
  const { FunctionError, Payload } = await lambda.send(command);
  // The payload of a failed invocation is not a response, and must not be shown to a client.
  if (FunctionError) throw new Error(`the members function failed: ${FunctionError}`);
  return JSON.parse(new TextDecoder().decode(Payload));
}
