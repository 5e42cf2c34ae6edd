// What each option of the daemon does, from the defaults on.

import type { Given } from "./getopt.ts";
import type { Options } from "./options.ts";
import type { OptionName } from "./options-table.ts";

/** LOG_DAEMON of syslog.h. */
const DEFAULT_LOG_FACILITY = 3;

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Options that are still being read. */
export interface Draft {
  options: Mutable<Options>;
  subsystems: Mutable<Options["subsystems"]>;
  pidFiles: Mutable<Options["pidFiles"]>;
  notImplemented: Set<string>;
}

/** What holds where no option says otherwise. */
export function defaults(words: readonly string[], strayWords: readonly string[]): Draft {
  const subsystems = { vrrp: true, checker: true, bfd: true };
  const pidFiles = { parent: undefined, vrrp: undefined, checkers: undefined, bfd: undefined };
  return {
    subsystems,
    pidFiles,
    notImplemented: new Set(),
    options: {
      configFile: undefined,
      subsystems,
      runAll: false,
      foreground: false,
      logConsole: false,
      logDetail: 0,
      logFacility: DEFAULT_LOG_FACILITY,
      logSyslog: true,
      dumpConfig: false,
      umask: undefined,
      releaseVips: false,
      keepAddresses: false,
      keepIpvs: false,
      respawn: true,
      pidFiles,
      netNamespace: undefined,
      configId: undefined,
      configTest: undefined,
      ignoreSigint: false,
      strict: false,
      reset: false,
      strayWords: Object.freeze([...strayWords]),
      notImplemented: [],
      words: Object.freeze([...words]),
    },
  };
}

/** The options once all are read. */
export function freeze(draft: Draft): Options {
  return Object.freeze({
    ...draft.options,
    subsystems: Object.freeze(draft.subsystems),
    pidFiles: Object.freeze(draft.pidFiles),
    notImplemented: Object.freeze([...draft.notImplemented]),
  });
}

/** Takes one option into the draft; gives a complaint for a value that cannot be. */
export function takeOption(draft: Draft, { spec, argument }: Given): string | undefined {
  return EFFECTS[spec.name](draft, argument);
}

type Effect = (draft: Draft, argument: string | undefined) => string | undefined;

/** The fields of the options that are on or off. */
type Switch = {
  [Field in keyof Options]: Options[Field] extends boolean ? Field : never;
}[keyof Options];

function turn(field: Switch, value: boolean): Effect {
  return ({ options }) => {
    options[field] = value;
    return undefined;
  };
}

function without(subsystem: keyof Options["subsystems"]): Effect {
  return ({ subsystems }) => {
    subsystems[subsystem] = false;
    return undefined;
  };
}

function pidFile(of: keyof Options["pidFiles"]): Effect {
  return ({ pidFiles }, argument) => {
    pidFiles[of] = argument;
    return undefined;
  };
}

function keep(field: "configFile" | "netNamespace" | "configId"): Effect {
  return ({ options }, argument) => {
    options[field] = argument;
    return undefined;
  };
}

/** Of those that are answers by themselves, and of those that do nothing yet. */
const NOTHING: Effect = () => undefined;

const EFFECTS: { readonly [name in OptionName]: Effect } = {
  useFile: keep("configFile"),
  vrrp: without("checker"),
  check: without("vrrp"),
  noBfd: without("bfd"),
  all: turn("runAll", true),
  logConsole: turn("logConsole", true),
  logDetail: ({ options }) => {
    options.logDetail = options.logDetail === 0 ? 1 : 2;
    return undefined;
  },
  logFacility: ({ options }, argument = "") => {
    const facility = parseFacility(argument);
    if (facility === undefined) return `Invalid log facility '${argument}'`;
    options.logFacility = facility;
    return undefined;
  },
  logFile: NOTHING,
  flushLogFile: NOTHING,
  noSyslog: turn("logSyslog", false),
  umask: ({ options }, argument = "") => {
    const mask = parseUmask(argument);
    if (mask === undefined) return `Invalid --umask option ${argument}`;
    options.umask = mask;
    return undefined;
  },
  releaseVips: turn("releaseVips", true),
  dontReleaseVrrp: turn("keepAddresses", true),
  dontReleaseIpvs: turn("keepIpvs", true),
  dontRespawn: turn("respawn", false),
  dontFork: turn("foreground", true),
  dumpConf: turn("dumpConfig", true),
  pid: pidFile("parent"),
  vrrpPid: pidFile("vrrp"),
  checkersPid: pidFile("checkers"),
  bfdPid: pidFile("bfd"),
  genhash: NOTHING,
  addressMonitoring: NOTHING,
  snmp: NOTHING,
  snmpAgentSocket: NOTHING,
  namespace: keep("netNamespace"),
  coreDump: NOTHING,
  coreDumpPattern: NOTHING,
  allConfig: NOTHING,
  configId: keep("configId"),
  ignoreSigint: turn("ignoreSigint", true),
  signum: NOTHING,
  configTest: ({ options }, argument) => {
    options.configTest = Object.freeze({ log: argument === "" ? undefined : argument });
    return undefined;
  },
  version: NOTHING,
  help: NOTHING,
  strict: turn("strict", true),
  reset: turn("reset", true),
};

/** `0` to `7` and `local0` to `local7`, `user`, `daemon`: the facility's number in syslog.h, unshifted. */
function parseFacility(text: string): number | undefined {
  if (text === "daemon") return 3;
  if (text === "user") return 1;
  const local = /^(?:local)?([0-7])$/.exec(text);
  return local === null ? undefined : 16 + Number(local[1]);
}

/** A number as C writes it (0x hexadecimal, 0 octal, else decimal), at most 0777. */
function parseUmask(text: string): number | undefined {
  const mask = /^0x[0-9a-f]+$/i.test(text)
    ? Number.parseInt(text.slice(2), 16)
    : /^0[0-7]*$/.test(text)
      ? Number.parseInt(text, 8)
      : /^[1-9][0-9]*$/.test(text)
        ? Number(text)
        : Number.NaN;
  return mask <= 0o777 ? mask : undefined;
}
