// Parses an entry of virtual_ipaddress: an address and its options.

import { type Ip, ipFamily, ipFromBytes, ipToBytes, parseIp } from "../../lib/ip.ts";
import { integer, interfaceName } from "../keyword/argument.ts";
import type { Context } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { Word } from "../language/lexer.ts";
import type { Statement } from "../language/parser.ts";
import { ADDRESS_OPTIONS } from "./entry-options.ts";
import { SCOPES } from "./scope.ts";
import type { VirtualAddress } from "./types.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** An address before the interface of its instance is known. */
export interface AddressDraft extends Omit<VirtualAddress, "interface"> {
  /** Undefined: the instance's own. */
  readonly interface: string | undefined;
}

const NEED_VALUE = ADDRESS_OPTIONS.filter(({ takesValue }) => takesValue).map(
  ({ keyword }) => keyword,
);
const NOT_IMPLEMENTED = ADDRESS_OPTIONS.filter(({ isBuilt }) => !isBuilt).map(
  ({ keyword }) => keyword,
);

/** The address of `entry`; undefined if it is ignored (already reported). */
export function readAddress(entry: Statement, context: Context): AddressDraft | undefined {
  const first = entry.words[0];
  const network = first === undefined ? undefined : readNetwork(first, context);
  if (network === undefined) return undefined;
  const draft: Mutable<AddressDraft> = {
    ...network,
    interface: undefined,
    scope: 0,
    label: undefined,
    broadcast: undefined,
    noTrack: false,
  };
  for (let index = 1; index < entry.words.length; index++) {
    const option = entry.words[index] as Word;
    const needsValue = NEED_VALUE.includes(option.text);
    const argument = needsValue ? entry.words[++index] : undefined;
    if (needsValue && argument === undefined) {
      context.report(
        "missing-value",
        option,
        `'${option.text}' needs a value; ${network.address} is ignored`,
        {
          log: `No ${option.text} parameter specified for ${first?.text}`,
        },
      );
      return undefined;
    }
    if (!applyOption(draft, option, argument, context)) return undefined;
  }
  return draft;
}

/** False if the address is ignored (already reported). */
function applyOption(
  draft: Mutable<AddressDraft>,
  option: Word,
  argument: Word | undefined,
  context: Context,
): boolean {
  if (option.text === "no_track") {
    draft.noTrack = true;
  } else if (NOT_IMPLEMENTED.includes(option.text)) {
    context.report(
      "not-implemented",
      option,
      `'${option.text}' is not implemented yet, and without it the address would be different`,
    );
  } else if (argument === undefined) {
    context.report(
      "bad-value",
      option,
      `'${option.text}' is not an option of an address; it is ignored`,
      {
        log: `Unknown configuration entry '${option.text}' for ip address - ignoring`,
        suggestion: context.system.interfaceNames.includes(option.text)
          ? `dev ${option.text}`
          : nearest(
              option.text,
              ADDRESS_OPTIONS.map(({ keyword }) => keyword),
            ),
      },
    );
  } else if (option.text === "dev") {
    return applyInterface(draft, argument, context);
  } else if (option.text === "scope") {
    applyScope(draft, argument, context);
  } else if (option.text === "label") {
    return applyLabel(draft, argument, context);
  } else {
    return applyBroadcast(draft, argument, context);
  }
  return true;
}

function readNetwork(
  word: Word,
  context: Context,
): { address: Ip; prefixLength: number } | undefined {
  const slash = word.text.indexOf("/");
  const text = slash < 0 ? word.text : word.text.slice(0, slash);
  const address = parseIp(text);
  if (address === undefined) {
    const log = `VRRP parsed invalid IP ${word.text}. skipping IP...`;
    context.report("bad-address", word, `'${word.text}' is not an IP address; it is ignored`, {
      log,
    });
    return undefined;
  }
  const whole = ipFamily(address) === 6 ? 128 : 32;
  if (slash < 0) return { address, prefixLength: whole };
  const prefix = word.text.slice(slash + 1);
  const length = Number(/^\+?([0-9]+)/.exec(prefix)?.[1] ?? NaN);
  const fits = length <= whole;
  const prefixLength = fits ? length : whole;
  if (!fits || !/^\+?[0-9]+$/.test(prefix)) {
    const message = `'/${prefix}' is not a prefix length from 0 to ${whole}; /${prefixLength} is used`;
    const mask = prefixOfMask(prefix);
    context.report("bad-prefix-length", word, message, {
      log: fits
        ? `WARNING - invalid number '${prefix}'`
        : `Invalid address prefix len ${prefix} for address ${word.text} - using ${whole}`,
      suggestion: mask === undefined ? undefined : `${text}/${mask}`,
    });
  }
  return { address, prefixLength };
}

/** The prefix length of a netmask such as 255.255.255.0. */
function prefixOfMask(text: string): number | undefined {
  const mask = parseIp(text);
  if (mask === undefined || ipFamily(mask) === 6) return undefined;
  const bits = [...ipToBytes(mask)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1+0*$/.test(bits) ? bits.lastIndexOf("1") + 1 : undefined;
}

function applyInterface(draft: Mutable<AddressDraft>, argument: Word, context: Context): boolean {
  if (draft.interface !== undefined) {
    context.report(
      "repeated-keyword",
      argument,
      `'dev' is given twice; ${draft.address} is ignored`,
      {
        log: `Cannot specify ipaddress device more than once for ${draft.address}`,
      },
    );
    return false;
  }
  const name = interfaceName.read(argument, context.report);
  if (name === undefined) return false;
  draft.interface = name;
  return true;
}

function applyScope(draft: Mutable<AddressDraft>, argument: Word, context: Context): void {
  const scope = SCOPES.get(argument.text);
  if (scope !== undefined) {
    draft.scope = scope;
  } else if (/^[0-9]+$/.test(argument.text)) {
    draft.scope = integer(0, 255).read(argument, context.report) ?? 0;
  } else {
    context.report(
      "bad-value",
      argument,
      `'${argument.text}' must be ${[...SCOPES.keys()].join(", ")} or 0..255; it is ignored`,
      {
        log: `Invalid scope '${argument.text}' specified for ${draft.address} - ignoring`,
        suggestion: nearest(argument.text, [...SCOPES.keys()]),
      },
    );
  }
}

function applyLabel(draft: Mutable<AddressDraft>, argument: Word, context: Context): boolean {
  if (new TextEncoder().encode(argument.text).length > 15) {
    context.report(
      "name-too-long",
      argument,
      `a label has at most 15 octets; ${draft.address} is ignored`,
      {
        log: `Address label ${argument.text} is longer than maximum length 15 - removing address`,
      },
    );
    return false;
  }
  draft.label = argument.text;
  return true;
}

function applyBroadcast(draft: Mutable<AddressDraft>, argument: Word, context: Context): boolean {
  if (argument.text === "+" || argument.text === "-") {
    if (draft.prefixLength > 30) {
      context.report(
        "bad-value",
        argument,
        `a /${draft.prefixLength} has no broadcast address; none is set`,
        {
          log: `Address prefix length ${draft.prefixLength} too long for broadcast`,
        },
      );
      return true;
    }
    draft.broadcast = withHostBits(draft.address, draft.prefixLength, argument.text === "+");
    return true;
  }
  const broadcast = parseIp(argument.text);
  if (broadcast === undefined || ipFamily(broadcast) === 6) {
    context.report(
      "bad-address",
      argument,
      `'${argument.text}' is not an IPv4 address; ${draft.address} is ignored`,
      {
        log: `VRRP is trying to assign invalid broadcast ${argument.text}. skipping VIP...`,
      },
    );
    return false;
  }
  draft.broadcast = broadcast;
  return true;
}

/** `address` with all bits after the prefix set or cleared. */
function withHostBits(address: Ip, prefixLength: number, set: boolean): Ip {
  const bytes = ipToBytes(address).map((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    const mask = 0xff >> bits;
    return set ? byte | mask : byte & ~mask;
  });
  return ipFromBytes(bytes);
}
