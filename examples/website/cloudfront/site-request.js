// A CloudFront Function that runs on every request to the site's files.

// Serves a folder's index.html, which S3 alone does not do. If the last part of the path has no dot, it names a
// folder. The redirect contains the full URL, because a path such as //example.org/x would lead to another
// site.
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
