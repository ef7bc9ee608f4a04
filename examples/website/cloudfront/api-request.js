// A CloudFront Function: runs on every request on its way to an API.

// Tells the API the viewer's address and host. The API trusts both headers because CloudFront adds the secret to the
// request after this function. So both are overwritten here, even if the viewer sent them.
function handler(event) {
  const request = event.request;
  request.headers["x-proxy-client-ip"] = { value: event.viewer.ip };
  request.headers["x-proxy-host"] = { value: request.headers.host.value };
  // The API of /app/* has routes like /example. (A changed path does not choose another origin.)
  request.uri = request.uri.replace(/^\/(app|sign-up)\//, "/");
  return request;
}
