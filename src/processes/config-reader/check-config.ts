// The check of a configuration that another process has read. Every field that the parent itself uses is checked, so that
// a faulty reader cannot make it fail. Fields that only a child uses are passed on: a child may fail, and is restarted.
// The rows of the keywords can't serve here. They describe what users write, not the fields that code computes, and only
// processes that read or show a configuration load them.

import { type Config, partsOf } from "../../config/config.ts";
import type { Fifo, GlobalConfig } from "../../config/global/global-config.ts";
import { MAXIMUM_INSTANCES, type VirtualAddress } from "../../config/vrrp/types.ts";
import type { InstanceConfig, ScriptConfig } from "../../config/vrrp/vrrp-config.ts";
import { isFileName } from "../../lib/file-name.ts";
import { ipFamily, parseIp } from "../../lib/ip.ts";
import { isPlainObject } from "../../lib/plain-data.ts";
import { fullPrefixLength } from "../../lib/prefix.ts";
import type { Command } from "../../lib/script.ts";

/** What is wrong with `value`, after the name of its place: ` is not text`, `[3].name is not text`; undefined: nothing. */
export type Check = (value: unknown) => string | undefined;

/** A check for some fields of T. */
type Fields<T> = { readonly [K in keyof T]?: Check };

/** A check by `isValid`; `wanted` completes "is not". */
export function must(wanted: string, isValid: (value: unknown) => boolean): Check {
  return (value) => (isValid(value) ? undefined : ` is not ${wanted}`);
}

/** Undefined, or valid by `check`. */
export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

/** A list of at most `most` items. */
export function listOf(check: Check, most: number = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    if (!Array.isArray(value)) return " is not a list";
    if (value.length > most) return ` has ${value.length} items, more than ${most}`;
    for (const [index, item] of value.entries()) {
      const problem = check(item);
      if (problem !== undefined) return `[${index}]${problem}`;
    }
    return undefined;
  };
}

/** An object with at least the fields of `checks`. */
export function shape<T>(checks: Fields<T>): Check {
  const entries = Object.entries<Check | undefined>(checks);
  return (value) => {
    if (!isPlainObject(value)) return " is not an object";
    for (const [name, check] of entries) {
      const problem = check?.(value[name]);
      if (problem !== undefined) return `.${name}${problem}`;
    }
    return undefined;
  };
}

/** An object whose members are all valid by `check`. */
function recordOf(check: Check): Check {
  return (value) => {
    if (!isPlainObject(value)) return " is not an object";
    return shape(Object.fromEntries(Object.keys(value).map((name) => [name, check])))(value);
  };
}

/** Any text. */
export const text: Check = must("text", isText);

/** Whether `value` is any text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

const flag: Check = must("true or false", (value) => typeof value === "boolean");

const PATH = "a path without a null byte or a new line";

/** A path that can be opened. */
export const path: Check = must(
  PATH,
  (value) => isText(value) && isFileName(value) && value !== "",
);

/** It may be empty: `notify_fifo ""` starts, and opening that is logged as a failure. */
const fifoPath: Check = must(PATH, (value) => isText(value) && isFileName(value));

function whole(low: number, high: number): Check {
  return must(
    `a whole number from ${low} to ${high}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high,
  );
}

/** One of `values`. */
export function oneOf(...values: readonly unknown[]): Check {
  return must(`one of ${values.join(", ")}`, (value) => values.includes(value));
}

const micros = whole(0, Number.MAX_SAFE_INTEGER);
const id = whole(0, 2 ** 32 - 1);

const ipAddress = must(
  "an IP address in its canonical form",
  (value) => typeof value === "string" && parseIp(value) === value,
);

const command = shape<Command>({
  text,
  argv: listOf(text),
  uid: id,
  gid: id,
  supplementaryGroups: listOf(id),
  refusal: optional(text),
});

const fifo = shape<Fifo>({ path: fifoPath, uid: id, gid: id, script: optional(command) });

const global = shape<GlobalConfig>({
  netNamespace: optional(text),
  instance: optional(text),
  processName: optional(text),
  processNames: flag,
  vrrpProcessName: optional(text),
  vrrpProcess: shape({}),
  umask: whole(0, 0o777),
  childWaitTimeMicros: micros,
  enableScriptSecurity: flag,
  startupScript: optional(command),
  startupScriptTimeoutMicros: micros,
  shutdownScript: optional(command),
  shutdownScriptTimeoutMicros: micros,
  notifyFifo: optional(fifo),
  vrrpNotifyFifo: optional(fifo),
});

const addressFields = shape<VirtualAddress>({
  address: ipAddress,
  prefixLength: whole(0, 128),
  interface: text,
  scope: whole(0, 255),
  label: optional(text),
  broadcast: optional(ipAddress),
  noTrack: flag,
});

const virtualAddress: Check = (value) => {
  const problem = addressFields(value);
  if (problem !== undefined) return problem;
  const { address, prefixLength } = value as VirtualAddress;
  const most = fullPrefixLength(address);
  return prefixLength <= most
    ? undefined
    : `.prefixLength is more than ${most} of IPv${ipFamily(address)}`;
};

const instance = shape<InstanceConfig>({
  name: text,
  interface: text,
  version: oneOf(2, 3),
  virtualRouterId: whole(1, 255),
  priority: whole(1, 255),
  advertIntMicros: whole(1, Number.MAX_SAFE_INTEGER),
  downTimerAdverts: whole(1, 100),
  addresses: listOf(virtualAddress),
  excludedAddresses: listOf(virtualAddress),
  mcastGroup: ipAddress,
  mcastSrcIp: optional(ipAddress),
  unicastSrcIp: optional(ipAddress),
  unicastPeers: listOf(ipAddress),
  unicastTtl: whole(0, 255),
  v3ChecksumAsV2: flag,
  authPass: optional(
    must("16 hexadecimal digits", (value) => /^[0-9a-f]{16}$/.test(String(value))),
  ),
  notify: recordOf(command),
  notifyAny: optional(command),
  notifyDeleted: flag,
});

const script = shape<ScriptConfig>({
  name: text,
  command,
  intervalMicros: micros,
  timeoutMicros: micros,
});

const known = shape<Config>({
  global,
  vrrp: shape<Config["vrrp"]>({
    instances: listOf(instance, MAXIMUM_INSTANCES),
    scripts: listOf(script),
  }),
});

/** Every part is an object with lists of named objects. */
const parts = recordOf(recordOf(listOf(shape<{ name: string }>({ name: text }))));

/** The check of a whole configuration. */
export const config: Check = (value) => {
  const problem = known(value);
  if (problem !== undefined) return problem;
  return parts(partsOf(value as Config));
};
