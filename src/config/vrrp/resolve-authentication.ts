// The password of an instance, which only version 2 has.

import type { InstanceContext } from "./instance-context.ts";

const OCTETS = 8;

/** Eight octets as hexadecimal digits, zero padded; undefined for no authentication. */
export function resolveAuthentication({
  draft,
  given,
  version,
  strict,
  reportAt,
}: InstanceContext): string | undefined {
  if (given.authType === undefined) {
    if (given.authPass !== undefined && !draft.at.has("auth_type")) {
      const message = "'auth_pass' has no effect without 'auth_type PASS'";
      reportAt("auth-pass-unused", "auth_pass", message, message);
    }
    return undefined;
  }
  if (strict) {
    const log = "Strict mode does not support authentication. Ignoring.";
    reportAt(
      "auth-ignored",
      "auth_type",
      "strict mode has no authentication; 'authentication' is ignored",
      log,
    );
    return undefined;
  }
  if (version === 3) {
    const log = "VRRP version 3 does not support authentication. Ignoring.";
    reportAt(
      "auth-ignored",
      "auth_type",
      "version 3 has no authentication; 'authentication' is ignored",
      log,
    );
    return undefined;
  }
  if (given.authPass === undefined || given.authPass === "") {
    const log = "Authentication specified but no password given. Ignoring";
    reportAt(
      "auth-ignored",
      "auth_type",
      "there is no 'auth_pass'; 'authentication' is ignored",
      log,
    );
    return undefined;
  }
  const bytes = new Uint8Array(OCTETS);
  bytes.set(new TextEncoder().encode(given.authPass).subarray(0, OCTETS));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
