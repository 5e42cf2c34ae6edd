// @ts-check
// Generates src/netlink/uapi/*.ts from the kernel's headers, so that no constant is typed by hand. With `--check` it only
// compares the files with the headers of this machine and exits with status 1 if they differ. A constant that an older
// header lacks is not a difference, since the kernel never changes a published number.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const HEADERS = "/usr/include";
const OUTPUT = new URL("../src/netlink/uapi/", import.meta.url);

/** Output file → headers, and the names to take from them, in order. */
const FILES = {
  "errno.ts": {
    headers: ["asm-generic/errno-base.h", "asm-generic/errno.h"],
    names: `
      EPERM EINTR EEXIST ENODEV EINVAL EBADMSG EOPNOTSUPP EADDRNOTAVAIL ENOBUFS ETIMEDOUT`,
  },
  "netlink.ts": {
    headers: ["linux/netlink.h"],
    names: `
      NETLINK_ROUTE NETLINK_NETFILTER NETLINK_GENERIC
      NLM_F_REQUEST NLM_F_MULTI NLM_F_ACK NLM_F_ECHO NLM_F_DUMP_INTR NLM_F_DUMP_FILTERED
      NLM_F_ROOT NLM_F_MATCH NLM_F_DUMP
      NLM_F_REPLACE NLM_F_EXCL NLM_F_CREATE NLM_F_APPEND
      NLM_F_CAPPED NLM_F_ACK_TLVS
      NLMSG_ALIGNTO NLMSG_NOOP NLMSG_ERROR NLMSG_DONE NLMSG_OVERRUN NLMSG_MIN_TYPE
      NLMSGERR_ATTR_MSG NLMSGERR_ATTR_OFFS NLMSGERR_ATTR_MISS_TYPE
      NETLINK_ADD_MEMBERSHIP NETLINK_DROP_MEMBERSHIP NETLINK_NO_ENOBUFS
      NETLINK_CAP_ACK NETLINK_EXT_ACK NETLINK_GET_STRICT_CHK
      NLA_F_NESTED NLA_F_NET_BYTEORDER NLA_TYPE_MASK NLA_ALIGNTO`,
  },
  "rtnetlink.ts": {
    headers: ["linux/rtnetlink.h"],
    names: `
      RTM_NEWLINK RTM_DELLINK RTM_GETLINK RTM_SETLINK
      RTM_NEWADDR RTM_DELADDR RTM_GETADDR
      RTM_NEWROUTE RTM_DELROUTE RTM_GETROUTE
      RTM_NEWRULE RTM_DELRULE RTM_GETRULE
      RTNLGRP_LINK RTNLGRP_NEIGH RTNLGRP_IPV4_IFADDR RTNLGRP_IPV4_ROUTE RTNLGRP_IPV4_RULE
      RTNLGRP_IPV6_IFADDR RTNLGRP_IPV6_ROUTE RTNLGRP_IPV6_RULE
      RTMGRP_LINK RTMGRP_IPV4_IFADDR RTMGRP_IPV4_ROUTE RTMGRP_IPV4_RULE
      RTMGRP_IPV6_IFADDR RTMGRP_IPV6_ROUTE
      RT_SCOPE_UNIVERSE RT_SCOPE_SITE RT_SCOPE_LINK RT_SCOPE_HOST RT_SCOPE_NOWHERE
      RT_TABLE_UNSPEC RT_TABLE_MAIN RT_TABLE_LOCAL
      RTPROT_KERNEL RTPROT_KEEPALIVED
      RTN_UNICAST RTN_BLACKHOLE RTN_UNREACHABLE RTN_PROHIBIT
      RTA_DST RTA_SRC RTA_IIF RTA_OIF RTA_GATEWAY RTA_PRIORITY RTA_PREFSRC RTA_METRICS RTA_MULTIPATH
      RTA_TABLE RTA_VIA
      RTEXT_FILTER_SKIP_STATS`,
  },
  "if.ts": {
    headers: ["linux/if.h"],
    names: `
      IFF_UP IFF_BROADCAST IFF_LOOPBACK IFF_POINTOPOINT IFF_RUNNING IFF_NOARP IFF_MULTICAST
      IFF_LOWER_UP IFF_DORMANT
      IF_OPER_UNKNOWN IF_OPER_NOTPRESENT IF_OPER_DOWN IF_OPER_LOWERLAYERDOWN IF_OPER_TESTING
      IF_OPER_DORMANT IF_OPER_UP
      IFNAMSIZ`,
  },
  "if-link.ts": {
    headers: ["linux/if_link.h"],
    names: `
      IFLA_ADDRESS IFLA_BROADCAST IFLA_IFNAME IFLA_MTU IFLA_LINK IFLA_MASTER IFLA_OPERSTATE
      IFLA_LINKINFO IFLA_EXT_MASK IFLA_CARRIER IFLA_LINK_NETNSID
      IFLA_INFO_KIND IFLA_INFO_DATA`,
  },
  "if-addr.ts": {
    headers: ["linux/if_addr.h"],
    names: `
      IFA_ADDRESS IFA_LOCAL IFA_LABEL IFA_BROADCAST IFA_CACHEINFO IFA_FLAGS IFA_RT_PRIORITY IFA_PROTO
      IFA_F_SECONDARY IFA_F_NODAD IFA_F_OPTIMISTIC IFA_F_DADFAILED IFA_F_HOMEADDRESS IFA_F_DEPRECATED
      IFA_F_TENTATIVE IFA_F_PERMANENT IFA_F_MANAGETEMPADDR IFA_F_NOPREFIXROUTE IFA_F_MCAUTOJOIN`,
  },
};

/**
 * The integer constants that a header defines by `#define` or enum, by name. Skips definitions that are not integer
 * expressions of earlier constants.
 * @param {string} text
 * @returns {Map<string, number>}
 */
function parseHeader(text) {
  const constants = new Map();
  const source = text.replaceAll(/\/\*[\s\S]*?\*\//g, " ").replaceAll(/\\\n/g, " ");
  const pattern = /^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+)$|\benum\b\s*\w*\s*\{([^}]*)\}/gm;
  for (const [, name, expression, body] of source.matchAll(pattern)) {
    if (body !== undefined) {
      parseEnum(body, constants);
    } else if (name !== undefined && expression !== undefined) {
      const value = evaluate(expression, constants);
      if (value !== undefined) constants.set(name, value);
    }
  }
  return constants;
}

/**
 * @param {string} body
 * @param {Map<string, number>} constants
 */
function parseEnum(body, constants) {
  let next = 0;
  const entries = body.replaceAll(/^[ \t]*#.*$/gm, "").split(",");
  for (const entry of entries) {
    const [name = "", expression] = entry.split("=").map((part) => part.trim());
    if (name === "") continue;
    const value = expression === undefined ? next : evaluate(expression, constants);
    if (value === undefined) throw new Error(`cannot evaluate enum value ${entry.trim()}`);
    constants.set(name, value);
    next = value + 1;
  }
}

/**
 * Evaluates a C expression of integers, names, parentheses and `~ + - << | &`; undefined for any other expression.
 * @param {string} expression
 * @param {Map<string, number>} constants
 * @returns {number | undefined}
 */
function evaluate(expression, constants) {
  const tokens = expression.match(/\w+|<<|[()~+\-|&]|\S/g) ?? [];
  let position = 0;
  /** @returns {number} */
  const primary = () => {
    const token = tokens[position++] ?? "";
    if (token === "(") {
      const value = binary(0);
      if (tokens[position++] !== ")") return Number.NaN;
      return value;
    }
    if (token === "~") return ~primary();
    if (token === "-") return -primary();
    if (/^(0[xX][0-9a-fA-F]+|\d+)[uUlL]*$/.test(token))
      return Number(token.replace(/[uUlL]+$/, ""));
    return constants.get(token) ?? Number.NaN;
  };
  const operators = [["|"], ["&"], ["<<"], ["+", "-"]];
  /** @param {number} level @returns {number} */
  const binary = (level) => {
    const symbols = operators[level];
    if (symbols === undefined) return primary();
    let left = binary(level + 1);
    for (;;) {
      const symbol = tokens[position] ?? "";
      if (!symbols.includes(symbol)) return left;
      position++;
      const right = binary(level + 1);
      if (Number.isNaN(left) || Number.isNaN(right)) left = Number.NaN;
      else if (symbol === "|") left |= right;
      else if (symbol === "&") left &= right;
      else if (symbol === "<<") left <<= right;
      else left = symbol === "+" ? left + right : left - right;
    }
  };
  const value = binary(0);
  return position === tokens.length && Number.isInteger(value) ? value : undefined;
}

/**
 * @param {string[]} headers
 * @param {[string, number][]} entries
 */
function render(headers, entries) {
  const lines = entries.map(([name, value]) => `export const ${name} = ${value};`);
  return `// Constants of ${headers.join(" and ")}. Generated by scripts/generate-uapi.js: do not edit.\n\n${lines.join("\n")}\n`;
}

/** @param {string} file */
function readGenerated(file) {
  const path = new URL(file, OUTPUT);
  if (!existsSync(path)) return new Map();
  const matches = readFileSync(path, "utf8").matchAll(/^export const (\w+) = (-?\d+);$/gm);
  return new Map([...matches].map(([, name = "", value]) => [name, Number(value)]));
}

const check = process.argv.includes("--check");
const differences = [];
mkdirSync(OUTPUT, { recursive: true });
for (const [file, { headers, names }] of Object.entries(FILES)) {
  const texts = headers.map((header) => readFileSync(`${HEADERS}/${header}`, "utf8"));
  const constants = parseHeader(texts.join("\n"));
  const wanted = names.trim().split(/\s+/);
  const before = readGenerated(file);
  /** @type {[string, number][]} */
  const entries = wanted.map((name) => {
    const value = constants.get(name) ?? (check ? before.get(name) : undefined);
    if (value === undefined) throw new Error(`${headers.join(", ")}: no ${name}`);
    return [name, value];
  });
  const text = render(headers, entries);
  const path = new URL(file, OUTPUT);
  if (!check) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== text) differences.push(file);
}
if (differences.length > 0) {
  process.stderr.write(`different from the kernel's headers: ${differences.join(", ")}\n`);
  process.exit(1);
}
