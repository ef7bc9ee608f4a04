// The session API, and what its answers mean in words.

// An answer as the pages use it: the status (0 where none came), the problem's code, the seconds to wait, the body.
async function request(method, target, content) {
  const headers = content ? { "Content-Type": "application/json" } : {};
  const body = content && JSON.stringify(content);
  try {
    const response = await fetch(target, { method, headers, body, cache: "no-store" });
    const wait = Number(response.headers.get("Retry-After")) || 0;
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, code: answer.code ?? "", wait, body: answer };
  } catch {
    return { ok: false, status: 0, code: "", wait: 0, body: {} };
  }
}

export const logIn = (email, password, remember) => request("POST", "/sessions/", { email, password, remember });
export const whoAmI = () => request("GET", "/sessions/");
export const logOut = () => request("DELETE", "/sessions/");
export const logOutEverywhere = () => request("DELETE", "/sessions/?all=true");

// What went wrong, for the person at the page.
export function explain({ status, code, body }) {
  if (status === 0) return "No answer came. Check that you are online, and try again.";
  if (status === 429) return "There were too many attempts.";
  const words = {
    INVALID_CREDENTIALS: "No account has this email and this password.",
    NOT_AUTHENTICATED: "You are not logged in.",
    INVALID_REQUEST: "Please look at the email and the password again.",
    PAYLOAD_TOO_LARGE: "The email or the password is too long.",
    CROSS_SITE: `This page must be opened at the site’s own address. ${body.detail ?? ""}`,
    UNAVAILABLE: "The service cannot be reached at the moment. You are not logged out because of this.",
  };
  return (words[code] ?? "Something went wrong on our side. Please try again later.").trim();
}

// A wait as people say it: hours and minutes where it is long, minutes and seconds where it is short.
export function duration(seconds) {
  const parts = [[Math.floor(seconds / 3600), "hour"], [Math.floor((seconds % 3600) / 60), "minute"], [seconds % 60, "second"]];
  const first = Math.max(0, parts.findIndex(([number]) => number > 0));
  return parts.slice(first, first + 2).filter(([number]) => number > 0).map(counted).join(" ");
}

const counted = ([number, noun]) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// Calls `tick` with the seconds that are left, at once and each second, and with 0 at the end. It goes by the clock, so
// that a laptop that slept shows the right rest. Returns what stops it.
export function countDown(seconds, tick) {
  const end = Date.now() + seconds * 1000;
  const show = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (left === 0) clearInterval(timer);
    tick(left);
  };
  const timer = setInterval(show, 1000);
  show();
  return () => clearInterval(timer);
}
