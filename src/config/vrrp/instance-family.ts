// The family of a vrrp_instance is that of its first address; addresses of the other family are ignored.

import { type Ip, type IpFamily, ipFamily } from "../../lib/ip.ts";
import { type Argument, ipAddress, requireMulticast } from "../keyword/argument.ts";
import { derived, value } from "../keyword/keyword.ts";
import type { BuiltRow, Context, Draft, Inheritance } from "../keyword/row.ts";
import type { Word } from "../language/lexer.ts";

/** The family of the first address of `draft`; undefined before it. */
export function familyOf({ given }: Draft): IpFamily | undefined {
  return given["family"] as IpFamily | undefined;
}

/** True if `address` has the family of the instance, and it is implemented; otherwise it is reported. */
export function takesFamily(
  draft: Draft,
  address: Ip,
  word: Word,
  context: Context,
  log: string,
): boolean {
  const own = ipFamily(address);
  const family = familyOf(draft) ?? own;
  draft.given["family"] = family;
  if (family !== own) {
    const message = `'${word.text}' is IPv${own}, but the first address of the instance is IPv${family}; it is ignored`;
    context.report("wrong-family", word, message, { log });
    return false;
  }
  return isImplemented(own, word, context);
}

/** True if addresses of `family` are implemented; otherwise `word` is reported. */
export function isImplemented(family: IpFamily, word: Word, context: Context): boolean {
  if (family === 6)
    context.report("not-implemented", word, "IPv6 addresses are not implemented yet");
  return family === 4;
}

const ipv4: Argument<Ip> = { ...ipAddress, range: "IPv4" };

/** A keyword with the source address of adverts. Of several, the last one counts. */
export function instanceAddress<const F extends string>(
  keyword: string,
  field: F,
  means: string,
): BuiltRow<F, Ip | undefined, "computed"> {
  return value(keyword, ipv4, {
    field,
    default: derived("the interface's address", () => undefined),
    means,
    stage: "computed",
    set: (draft, address, context, word) => {
      const log = `Configuration error: VRRP instance[${draft.name}] and src address[${word.text}] MUST be of the same family !!! Skipping...`;
      if (!takesFamily(draft, address, word, context, log)) return;
      draft.given[field] = address;
      draft.given["sourceIp"] = address;
    },
  });
}

/** A keyword with the multicast group of the instance. */
export function instanceGroup<const F extends string>(
  keyword: string,
  range: string,
  facts: { readonly field: F; readonly inherits: Inheritance; readonly means: string },
): BuiltRow<F, Ip, "config"> {
  return value<F, Ip>(
    keyword,
    { ...ipAddress, range },
    {
      ...facts,
      set: (draft, address, context, word) => {
        const log = `(${draft.name}) mcast_dst_ip ${word.text} MUST match VRRP instance family. Skipping...`;
        if (!takesFamily(draft, address, word, context, log)) return;
        const group = requireMulticast(address, word, context.report);
        if (group !== undefined) draft.given[facts.field] = group;
      },
    },
  );
}
