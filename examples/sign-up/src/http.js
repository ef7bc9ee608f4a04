// Reads request bodies and builds responses.

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

// The same limit as for a login.
const LARGEST_BODY_BYTES = 4096;

/** A problem detail (RFC 9457) with a `code`, like those of the session API. */
export class Problem extends Error {
  constructor(status, code, { retryAfter, ...more } = {}) {
    super(code);
    Object.assign(this, { status, code, retryAfter, more });
  }

  response() {
    const { status, code, retryAfter, more } = this;
    const headers = { ...HEADERS, "content-type": "application/problem+json" };
    if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
    return { statusCode: status, headers, body: JSON.stringify({ type: "about:blank", status, code, ...more }) };
  }
}

/** A success, with a JSON body. */
export function success(statusCode, body) {
  return { statusCode, headers: { ...HEADERS, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Returns the JSON object in the body of a request, or throws a `Problem`. */
export function jsonObject(event) {
  // A page of another site can send some media types without a preflight, but not this one.
  if (!/^application\/json *(;|$)/i.test(header(event, "content-type"))) {
    throw new Problem(415, "UNSUPPORTED_MEDIA_TYPE", { detail: "the content type must be application/json" });
  }
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (body.length > LARGEST_BODY_BYTES) throw new Problem(413, "PAYLOAD_TOO_LARGE");
  const value = parsed(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Problem(400, "INVALID_REQUEST", { detail: "the body must be a JSON object" });
  }
  return value;
}

// The gateway sends header names in lower case. Other callers may not.
function header(event, name) {
  const found = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1] ?? "";
}

function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
