// A CloudFront Function: runs on every request on its way to the site's files.

// Serves a folder's index.html, which S3 alone does not do. A last part of the path without a dot names a folder. The
// redirect has the full address, because a path like //example.org/x would lead to another site.
function handler(event) {
  const request = event.request;
  const name = request.uri.slice(request.uri.lastIndexOf("/") + 1);
  if (name === "") {
    request.uri += "index.html";
  } else if (!name.includes(".")) {
    const query = request.rawQueryString();
    const location = `https://${request.headers.host.value}${request.uri}/${query ? `?${query}` : ""}`;
    return { statusCode: 307, statusDescription: "Temporary Redirect", headers: { location: { value: location } } };
  }
  return request;
}
