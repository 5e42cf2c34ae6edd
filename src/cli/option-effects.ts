// The effect of each option on the defaults.

import type { GivenOption } from "./getopt.ts";
import type { Options } from "./options.ts";
import type { OptionName } from "./options-table.ts";

/** LOG_DAEMON of syslog.h. */
const DEFAULT_LOG_FACILITY = 3;

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Options while they are being parsed. */
export interface Draft {
  options: Mutable<Options>;
  subsystems: Mutable<Options["subsystems"]>;
  pidFiles: Mutable<Options["pidFiles"]>;
  notImplemented: Set<string>;
}

/** The options of an empty command line. */
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

/** The final, frozen options. */
export function freeze(draft: Draft): Options {
  return Object.freeze({
    ...draft.options,
    subsystems: Object.freeze(draft.subsystems),
    pidFiles: Object.freeze(draft.pidFiles),
    notImplemented: Object.freeze([...draft.notImplemented]),
  });
}

/** Applies one option to the draft; returns an error text for an invalid value. */
export function applyOption(draft: Draft, { spec, argument }: GivenOption): string | undefined {
  return EFFECTS[spec.name](draft, argument);
}

type Effect = (draft: Draft, argument: string | undefined) => string | undefined;

/** The boolean fields of the options. */
type Flag = {
  [Field in keyof Options]: Options[Field] extends boolean ? Field : never;
}[keyof Options];

function setFlag(field: Flag, value: boolean): Effect {
  return ({ options }) => {
    options[field] = value;
    return undefined;
  };
}

function disable(subsystem: keyof Options["subsystems"]): Effect {
  return ({ subsystems }) => {
    subsystems[subsystem] = false;
    return undefined;
  };
}

function setPidFile(of: keyof Options["pidFiles"]): Effect {
  return ({ pidFiles }, argument) => {
    pidFiles[of] = argument;
    return undefined;
  };
}

function setText(field: "configFile" | "netNamespace" | "configId"): Effect {
  return ({ options }, argument) => {
    options[field] = argument;
    return undefined;
  };
}

/** Of options that lead to an answer, and of those that are not built yet. */
const NO_EFFECT: Effect = () => undefined;

const EFFECTS: { readonly [name in OptionName]: Effect } = {
  useFile: setText("configFile"),
  vrrp: disable("checker"),
  check: disable("vrrp"),
  noBfd: disable("bfd"),
  all: setFlag("runAll", true),
  logConsole: setFlag("logConsole", true),
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
  logFile: NO_EFFECT,
  flushLogFile: NO_EFFECT,
  noSyslog: setFlag("logSyslog", false),
  umask: ({ options }, argument = "") => {
    const mask = parseUmask(argument);
    if (mask === undefined) return `Invalid --umask option ${argument}`;
    options.umask = mask;
    return undefined;
  },
  releaseVips: setFlag("releaseVips", true),
  dontReleaseVrrp: setFlag("keepAddresses", true),
  dontReleaseIpvs: setFlag("keepIpvs", true),
  dontRespawn: setFlag("respawn", false),
  dontFork: setFlag("foreground", true),
  dumpConf: setFlag("dumpConfig", true),
  pid: setPidFile("parent"),
  vrrpPid: setPidFile("vrrp"),
  checkersPid: setPidFile("checkers"),
  bfdPid: setPidFile("bfd"),
  genhash: NO_EFFECT,
  addressMonitoring: NO_EFFECT,
  snmp: NO_EFFECT,
  snmpAgentSocket: NO_EFFECT,
  namespace: setText("netNamespace"),
  coreDump: NO_EFFECT,
  coreDumpPattern: NO_EFFECT,
  allConfig: NO_EFFECT,
  configId: setText("configId"),
  ignoreSigint: setFlag("ignoreSigint", true),
  signum: NO_EFFECT,
  configTest: ({ options }, argument) => {
    options.configTest = Object.freeze({ log: argument === "" ? undefined : argument });
    return undefined;
  },
  version: NO_EFFECT,
  help: NO_EFFECT,
  strict: setFlag("strict", true),
  reset: setFlag("reset", true),
};

/** Parses `0` to `7`, `local0` to `local7`, `user` or `daemon` to the facility's number in syslog.h, unshifted. */
function parseFacility(text: string): number | undefined {
  if (text === "daemon") return 3;
  if (text === "user") return 1;
  const local = /^(?:local)?([0-7])$/.exec(text);
  return local === null ? undefined : 16 + Number(local[1]);
}

/** Parses a number in C's syntax (0x hexadecimal, 0 octal, else decimal), at most 0777. */
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
