// A CloudFront Function that runs on every request to an API.

// Tells the API the viewer's address and host. The API trusts both headers because CloudFront adds the secret
// to the request after this function. So this function overwrites both headers, in case the viewer sent them.
function handler(event) {
  const request = event.request;
  request.headers["x-proxy-client-ip"] = { value: event.viewer.ip };
  request.headers["x-proxy-host"] = { value: request.headers.host.value };
  // The API behind /app/* has routes such as /example. Changing the path here does not change the origin.
  request.uri = request.uri.replace(/^\/(app|sign-up)\//, "/");
  return request;
}
