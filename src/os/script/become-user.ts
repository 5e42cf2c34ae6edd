// Switches this process permanently to a script's user.

import { call, declare, libc } from "../ffi/ffi.ts";
import type { CredentialPlan } from "./script-credentials.ts";

const capget = declare("int capget(void *, void *)");
const capset = declare("int capset(void *, const void *)");

/** linux/prctl.h, linux/capability.h */
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** Switches to the user and groups of `plan`, without capabilities that a program of that user would not have. */
export function becomeUser({
  uid,
  gid,
  groups,
}: CredentialPlan & { readonly kind: "switch" }): void {
  if (groups !== undefined) process.setgroups?.([...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  // A change of user keeps ambient and inheritable capabilities. Before Linux 4.3 there are no ambient ones.
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Effective, permitted and inheritable capabilities, two groups of 32 bits: clear the inheritable ones.
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const sets = new Uint32Array(6);
  if (uid === 0) call("capget", capget(header, sets) as number);
  sets[2] = 0;
  sets[5] = 0;
  call("capset", capset(header, sets) as number);
}
