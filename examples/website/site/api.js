// Calls the session API, and turns its responses into messages.

// Returns a response as the pages use it: the status (0 without a response), the problem's code, the seconds to wait
// and the body.
async function request(method, target, content) {
  const headers = content ? { "Content-Type": "application/json" } : {};
  const body = content && JSON.stringify(content);
  try {
    const response = await fetch(target, { method, headers, body, cache: "no-store" });
    const wait = Number(response.headers.get("Retry-After")) || 0;
    const content = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, code: content.code ?? "", wait, body: content };
  } catch {
    return { ok: false, status: 0, code: "", wait: 0, body: {} };
  }
}

export const logIn = (email, password, remember) => request("POST", "/sessions", { email, password, remember });
export const whoAmI = () => request("GET", "/sessions");
export const logOut = () => request("DELETE", "/sessions");
export const logOutEverywhere = () => request("DELETE", "/sessions?all=true");

// The message for the user.
export function explain({ status, code }) {
  if (status === 0) return "No response. Check that you are online, and try again.";
  if (status === 429) return "There were too many attempts.";
  const words = {
    INVALID_CREDENTIALS: "No account has this email and this password.",
    NOT_AUTHENTICATED: "You are not logged in.",
    INVALID_REQUEST: "Please check your email and password.",
    PAYLOAD_TOO_LARGE: "The email or the password is too long.",
    CROSS_SITE: "This page must be opened at the site’s own address.",
    UNAVAILABLE: "The service cannot be reached at the moment. You are not logged out because of this.",
  };
  return words[code] ?? "Something went wrong on our side. Please try again later.";
}
