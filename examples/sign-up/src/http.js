// Bodies in, answers out.

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** The object in the body of a request, or `undefined`. */
export function jsonObject(event) {
  // A page of another site can send other media types without asking, but not this one.
  const type = event.headers?.["content-type"] ?? "";
  if (!/^application\/json *(;|$)/i.test(type)) return undefined;
  try {
    const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A success, with a JSON body. */
export function answer(statusCode, body) {
  return { statusCode, headers: { ...HEADERS, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A problem detail (RFC 9457), with a `code` as the session API's have. */
export function problem(status, code, { detail, retryAfter, ...more } = {}) {
  const body = { type: "about:blank", status, code, detail, ...more };
  const headers = { ...HEADERS, "content-type": "application/problem+json" };
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  return { statusCode: status, headers, body: JSON.stringify(body) };
}
