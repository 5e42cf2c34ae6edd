// The kinds of arguments: their syntax, their limits, and the message for an invalid one.

import { type Ip, ipFamily, isMulticast, parseIp } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Code } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { Word } from "../language/lexer.ts";

export interface Argument<T> {
  /** For the manual: `<INT>`. */
  readonly syntax: string;
  /** The limits for the manual; "" if there are none. */
  readonly range: string;
  /** A value as users write it. */
  readonly show: (value: T) => string;
  /** The value of `word`; undefined if it is ignored (already reported). */
  readonly read: (word: Word, report: Report) => T | undefined;
}

export interface NumberOptions {
  /** "12x" is 12 with a message, as in keepalived. Otherwise it is ignored. */
  readonly lenient?: boolean;
  /** Replaces zero, with a message. */
  readonly zeroBecomes?: number;
  /** Replaces a value out of range by the nearest limit, with a message. */
  readonly clamp?: boolean;
  readonly syntax?: string;
}

/** A whole decimal number from `low` to `high`. */
export function integer(low: number, high: number, options: NumberOptions = {}): Argument<number> {
  const least = options.zeroBecomes === undefined ? low : 0;
  const outside = `is not between ${low} and ${high}`;
  return {
    syntax: options.syntax ?? "<INT>",
    range: `${low}..${high}`,
    show: String,
    read: (word, report) => {
      const match = /^[+-]?[0-9]+/.exec(word.text);
      const exact = match?.[0] === word.text;
      if (match === null || (!exact && options.lenient !== true)) {
        const log = `invalid number '${word.text}'`;
        return ignore("bad-number", word, `'${word.text}' is not a whole number`, log, report);
      }
      const value = Number(match[0]);
      if (value < least || value > high) {
        if (options.clamp === true) {
          const limit = value < least ? low : high;
          report("value-adjusted", word, `${value} ${outside}; ${limit} is used`);
          return limit;
        }
        const log = `number '${word.text}' outside range [${least}, ${high}]`;
        return ignore("out-of-range", word, `${match[0]} ${outside}`, log, report);
      }
      if (!exact) reportJunk(word, match[0], report);
      if (value === 0 && options.zeroBecomes !== undefined) {
        return reportZero(word, options.zeroBecomes, report);
      }
      return value;
    },
  };
}

/** Whole seconds, as microseconds. */
export function wholeSeconds(
  low: number,
  high: number,
  options: NumberOptions = {},
): Argument<Micros> {
  const inner = integer(low, high, { lenient: true, syntax: "<SECONDS>", ...options });
  return {
    syntax: inner.syntax,
    range: inner.range,
    show: showSeconds,
    read: (word, report) => {
      const seconds = inner.read(word, report);
      return seconds === undefined ? undefined : seconds * 1_000_000;
    },
  };
}

/** Seconds with up to `digits` decimals, as microseconds; the limits are in seconds. */
export function decimalSeconds(
  low: number,
  high: number,
  digits: 3 | 6,
  options: NumberOptions = {},
): Argument<Micros> {
  const unit = 10 ** digits;
  const least = options.zeroBecomes === undefined ? low : 0;
  const outside = `is not between ${low} and ${high}`;
  return {
    syntax: options.syntax ?? "<SECONDS>",
    range: `${low}..${high}`,
    show: showSeconds,
    read: (word, report) => {
      const [, whole = "", decimals = ""] = /^\+?([0-9]*)(?:\.([0-9]*))?$/.exec(word.text) ?? [];
      if (whole === "" && decimals === "") {
        const log = `${word.text.startsWith("-") ? "negative" : "invalid"} number '${word.text}'`;
        return ignore("bad-number", word, `'${word.text}' is not a number of seconds`, log, report);
      }
      const scaled = scale(whole, decimals, digits);
      if (scaled < least * unit || scaled > high * unit) {
        const log = `number '${word.text}' outside range [${least.toFixed(digits)}, ${high.toFixed(digits)}]`;
        return ignore("out-of-range", word, `${word.text} ${outside}`, log, report);
      }
      if (decimals.length > digits) {
        report(
          "value-adjusted",
          word,
          `'${word.text}' has more than ${digits} decimals and is rounded`,
          {
            log: `number '${word.text}' has too many decimal places`,
          },
        );
      }
      const micros = scaled * (1_000_000 / unit);
      if (micros === 0 && options.zeroBecomes !== undefined) {
        return reportZero(word, options.zeroBecomes, report) * 1_000_000;
      }
      return micros;
    },
  };
}

/** Any word. */
export function text(syntax: string): Argument<string> {
  return { syntax, range: "", show: String, read: (word) => word.text };
}

/** A word of at most `octets` characters; the rest is cut off, with a message. */
export function cutText(syntax: string, octets: number): Argument<string> {
  return {
    syntax,
    range: `up to ${octets} characters`,
    show: String,
    read: (word, report) => {
      if (word.text.length <= octets) return word.text;
      report(
        "value-cut",
        word,
        `'${word.text}' is longer than ${octets} characters; the rest is cut off`,
      );
      return word.text.slice(0, octets);
    },
  };
}

/** The name of an interface: 1 to 15 octets. */
export const interfaceName: Argument<string> = {
  syntax: "<IFNAME>",
  range: "up to 15 characters",
  show: String,
  read: (word, report) => {
    if (word.text !== "" && new TextEncoder().encode(word.text).length <= 15) return word.text;
    report(
      "name-too-long",
      word,
      `'${word.text}' is not an interface name: it must have 1 to 15 octets`,
      {
        log: `Interface name '${word.text}' too long - ignoring`,
      },
    );
    return undefined;
  },
};

/** One of `words`; case matters. */
export function oneOf<const T extends string>(...words: readonly T[]): Argument<T> {
  return {
    syntax: words.join("|"),
    range: "",
    show: String,
    read: (word, report) => {
      const found = words.find((candidate) => candidate === word.text);
      if (found === undefined) {
        report("bad-value", word, `'${word.text}' must be ${words.join(" or ")}; it is ignored`);
      }
      return found;
    },
  };
}

const versionWord = oneOf("2", "3");

/** The version of VRRP. */
export const protocolVersion: Argument<2 | 3> = {
  ...versionWord,
  show: String,
  read: (word, report) => {
    const version = versionWord.read(word, report);
    return version === undefined ? undefined : version === "3" ? 3 : 2;
  },
};

/** An address of either family. A prefix length or range after it is ignored, as in keepalived. */
export const ipAddress: Argument<Ip> = {
  syntax: "<IP>",
  range: "",
  show: String,
  read: (word, report) => {
    const end = word.text.search(word.text.includes("-") ? "-" : "/");
    const address = parseIp(end < 0 ? word.text : word.text.slice(0, end));
    if (address === undefined) {
      report("bad-address", word, `'${word.text}' is not an IP address; it is ignored`);
    } else if (end >= 0) {
      const rest = word.text.slice(end);
      report("extra-argument", word, `only a single address is allowed here; '${rest}' is ignored`);
    }
    return address;
  },
};

/** An IPv4 address; IPv6 is not implemented yet. */
export const ipv4Address: Argument<Ip> = {
  syntax: "<IP>",
  range: "IPv4",
  show: String,
  read: (word, report) => {
    const address = ipAddress.read(word, report);
    if (address !== undefined && ipFamily(address) === 6) {
      report("not-implemented", word, "IPv6 addresses are not implemented yet");
      return undefined;
    }
    return address;
  },
};

/** The IPv4 multicast groups, for the manual. */
export const MULTICAST_RANGE: string = "224.0.0.0..239.255.255.255";

/** An IPv4 multicast group. */
export const multicastGroup: Argument<Ip> = {
  syntax: "<IP>",
  range: MULTICAST_RANGE,
  show: String,
  read: (word, report) => {
    const address = ipv4Address.read(word, report);
    return address === undefined ? undefined : requireMulticast(address, word, report);
  },
};

/** `address` if it is a multicast group; otherwise undefined, with a report. */
export function requireMulticast(address: Ip, word: Word, report: Report): Ip | undefined {
  if (isMulticast(address)) return address;
  report("bad-address", word, `'${word.text}' is not a multicast address; it is ignored`);
  return undefined;
}

const YES: readonly string[] = ["on", "true", "yes"];
const NO: readonly string[] = ["off", "false", "no"];

/** `on true yes` or `off false no`, in lower case. */
export const bool: Argument<boolean> = {
  syntax: "<BOOL>",
  range: "on, true, yes; off, false, no",
  show: (on) => (on ? "on" : "off"),
  read: (word, report) => {
    if (YES.includes(word.text)) return true;
    if (NO.includes(word.text)) return false;
    const small = word.text.toLowerCase();
    report(
      "bad-value",
      word,
      `'${word.text}' must be one of ${[...YES, ...NO].join(", ")}; it is ignored`,
      {
        suggestion: [...YES, ...NO].find((value) => value === small),
      },
    );
    return undefined;
  },
};

function showSeconds(micros: Micros): string {
  return String(micros / 1_000_000);
}

function reportJunk(word: Word, taken: string, report: Report): void {
  report("trailing-junk", word, `'${word.text}' is not a whole number; ${taken} is used`, {
    log: `WARNING - invalid number '${word.text}'`,
  });
}

/** Reports an ignored word; `log` is keepalived's line. */
function ignore(code: Code, word: Word, what: string, log: string, report: Report): undefined {
  report(code, word, `${what}; it is ignored`, { log });
}

function reportZero(word: Word, becomes: number, report: Report): number {
  report("value-adjusted", word, `'${word.text}' must be greater than 0; ${becomes} is used`);
  return becomes;
}

/** `whole.decimals` times 10^`digits`, rounded to a whole number. */
function scale(whole: string, decimals: string, digits: number): number {
  const up = decimals.charAt(digits) >= "5" ? 1 : 0;
  return Number(whole + decimals.slice(0, digits).padEnd(digits, "0")) + up;
}
