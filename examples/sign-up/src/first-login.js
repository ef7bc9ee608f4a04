// A member's first login after the move from another application, whose hashes the session API cannot verify.

import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { members } from "./members.js";

/**
 * Gives a member who was imported without a password the one that matches `oldHash`. Returns whether it did: the page
 * then logs in.
 */
export async function firstLogin(email, password, oldHash) {
  if (!(await matches(password, oldHash))) return false;
  const { memberId, hasPassword } = await members({ action: "find", email });
  // A member who has a password here may have changed it. The old hash must not bring the old one back.
  if (hasPassword !== false) return false;
  const set = await members({ action: "setPassword", memberId, password, allowWeak: true });
  return set.error === undefined;
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
