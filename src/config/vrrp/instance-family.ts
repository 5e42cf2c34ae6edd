// The family of a vrrp_instance: its first address decides, and addresses of the other one are left out.

import { type Ip, ipFamily } from "../../lib/ip.ts";
import type { InstanceDraft } from "../draft.ts";
import { type Argument, ipAddress, requireMulticast } from "../keyword/argument.ts";
import {
  type Context,
  type Facts,
  type Keyword,
  type Setter,
  set,
  value,
} from "../keyword/keyword.ts";
import type { Word } from "../language/lexer.ts";

/** Whether `address` is of the family of the instance, and of one that is implemented; if not, it has been said. */
export function takesFamily(
  draft: InstanceDraft,
  address: Ip,
  word: Word,
  context: Context,
  log: string,
): boolean {
  const family = ipFamily(address);
  draft.family ??= family;
  if (draft.family !== family) {
    const message = `'${word.text}' is IPv${family}, but the instance is IPv${draft.family} by its first address; it is ignored`;
    context.report("wrong-family", word, message, { log });
    return false;
  }
  if (family === 4) return true;
  context.report("not-implemented", word, "IPv6 is not implemented yet");
  return false;
}

const ipv4: Argument<Ip> = { ...ipAddress, range: "IPv4" };

/** A keyword with one address, which has to be of the instance's family. */
export function instanceAddress(
  keyword: string,
  facts: Facts,
  setter: Setter<InstanceDraft, Ip>,
): Keyword<InstanceDraft> {
  return value(keyword, ipv4, facts, (draft, address, context, word) => {
    const log = `Configuration error: VRRP instance[${draft.name}] and src address[${word.text}] MUST be of the same family !!! Skipping...`;
    if (takesFamily(draft, address, word, context, log)) set(setter, draft, address, context);
  });
}

/** A keyword with the multicast group of the instance. */
export function instanceGroup(
  keyword: string,
  range: string,
  facts: Facts,
  setter: Setter<InstanceDraft, Ip>,
): Keyword<InstanceDraft> {
  return value(keyword, { ...ipAddress, range }, facts, (draft, address, context, word) => {
    const log = `(${draft.name}) mcast_dst_ip ${word.text} MUST match VRRP instance family. Skipping...`;
    if (!takesFamily(draft, address, word, context, log)) return;
    const group = requireMulticast(address, word, context.report);
    if (group !== undefined) set(setter, draft, group, context);
  });
}
