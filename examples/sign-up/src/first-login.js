// A member's first login after a move from an application whose hashes the session API cannot verify.

import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { members } from "./members.js";

/**
 * Sets the password of a member who was imported without one, if the password matches `oldHash`. Returns whether the
 * password was set: the page then logs in. Returns `false` if the password is wrong, or if the member already has one.
 *
 * Throws the members function's error. After `UNAVAILABLE`, the page asks the member to try again. `WEAK_PASSWORD`
 * means that the password is over 72 bytes or contains a NUL: mail the member a link.
 */
export async function firstLogin(email, password, oldHash) {
  if (!(await matches(password, oldHash))) return false;
  const { error, memberId, hasPassword } = await members({ action: "find", email });
  if (error === "NO_SUCH_MEMBER") return false;
  if (error) throw new Error(error);
  // A member who has a password here may have changed it. The old hash must not bring the old one back.
  if (hasPassword !== false) return false;
  const set = await members({ action: "setPassword", memberId, password, allowWeak: true });
  if (set.error) throw new Error(set.error);
  return true;
}

const DIGEST_BYTES = 32;

/** Whether the password matches a hash of Django, `pbkdf2_sha256$600000$salt$digest`. */
async function matches(password, hash) {
  const [algorithm, iterations, salt, encoded] = hash.split("$");
  if (algorithm !== "pbkdf2_sha256") return false;
  const digest = Buffer.from(encoded, "base64");
  const computed = await promisify(pbkdf2)(password, salt, Number(iterations), DIGEST_BYTES, "sha256");
  return digest.length === DIGEST_BYTES && timingSafeEqual(digest, computed);
}
