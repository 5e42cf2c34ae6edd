// Turns this whole process into one of a script's user, for good.

import { call, declare, libc } from "../ffi/ffi.ts";
import type { CredentialPlan } from "./script-credentials.ts";

const capget = declare("int capget(void *, void *)");
const capset = declare("int capset(void *, const void *)");

/** linux/prctl.h, linux/capability.h */
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** Takes the user and groups of `plan`, and no capabilities that a program of that user would not have by itself. */
export function becomeUser({
  uid,
  gid,
  groups,
}: CredentialPlan & { readonly kind: "switch" }): void {
  if (groups !== undefined) process.setgroups?.([...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  // A change of user leaves ambient and inheritable capabilities as they are; before Linux 4.3 there are none.
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Two words each of effective, permitted and inheritable ones.
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const sets = new Uint32Array(6);
  if (uid === 0) call("capget", capget(header, sets) as number);
  sets[2] = 0;
  sets[5] = 0;
  call("capset", capset(header, sets) as number);
}
