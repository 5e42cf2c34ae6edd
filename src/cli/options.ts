// The daemon's command line: what getopt_long would make of it, as one frozen value.

import { OPTION_TABLE, type OptionName, type OptionSpec } from "./options-table.ts";
import { versionText } from "./version.ts";

/** The command line of the daemon. Plain data: it crosses to the other processes as JSON. */
export interface Options {
  /** -f; undefined: the first default file that exists. */
  readonly configFile: string | undefined;
  /** Which processes may run at all (-P, -C, -B); all true by default. */
  readonly subsystems: {
    readonly vrrp: boolean;
    readonly checker: boolean;
    readonly bfd: boolean;
  };
  /** --all: run them even where nothing is configured for them. */
  readonly runAll: boolean;
  /** -n */
  readonly foreground: boolean;
  /** -l */
  readonly logConsole: boolean;
  /** 0, 1 with -D, 2 with -D -D. */
  readonly logDetail: 0 | 1 | 2;
  /** LOG_* of syslog.h, not yet shifted: daemon 3, user 1, local0 to local7 16 to 23. */
  readonly logFacility: number;
  /** False with -G. */
  readonly logSyslog: boolean;
  /** -d */
  readonly dumpConfig: boolean;
  /** -u; undefined: the configuration's or the default. */
  readonly umask: number | undefined;
  /** -X */
  readonly releaseVips: boolean;
  /** -V */
  readonly keepAddresses: boolean;
  /** -I */
  readonly keepIpvs: boolean;
  /** False with -R. */
  readonly respawn: boolean;
  /** -p, -r, -c, -b; undefined: the default name. */
  readonly pidFiles: {
    readonly parent: string | undefined;
    readonly vrrp: string | undefined;
    readonly checkers: string | undefined;
    readonly bfd: string | undefined;
  };
  /** -s; over the configuration's net_namespace. */
  readonly netNamespace: string | undefined;
  /** -i; undefined: the host's name up to the first dot. */
  readonly configId: string | undefined;
  /** -t; `log` undefined: to stderr, else that file is appended to. */
  readonly configTest: { readonly log: string | undefined } | undefined;
  /** --ignore-sigint */
  readonly ignoreSigint: boolean;
  /** --strict */
  readonly strict: boolean;
  /** --reset */
  readonly reset: boolean;
  /** Words that belong to no option: reported, never fatal. */
  readonly strayWords: readonly string[];
  /** Options that were given and do nothing yet, as they were meant (`--snmp`): to be reported loudly. */
  readonly notImplemented: readonly string[];
  /** The words after the program's name, for the log line `Command line:`. */
  readonly words: readonly string[];
}

/** What the parser needs of its surroundings. */
export interface CommandLineContext {
  /** The name the program was started under, for the usage text. */
  readonly programName: string;
  /** From package.json. */
  readonly holdfastVersion: string;
  /** The C library's real-time range; glibc's when not given. */
  readonly realtimeSignals?: { readonly min: number; readonly max: number };
}

/** What to do: run with these options, or write an answer and end with `exitCode`. */
export type CommandLine =
  | { readonly kind: "run"; readonly options: Options }
  | {
      readonly kind: "answer";
      readonly stdout: string;
      readonly stderr: string;
      readonly exitCode: number;
    };

/** The facility of `-S` that is used without one: LOG_DAEMON. */
export const DEFAULT_LOG_FACILITY = 3;

/**
 * The meaning of `words`, the command line without the program. Refuses unknown options, missing arguments and
 * invalid values by an answer with a usage text and exit code 1.
 */
export function parseCommandLine(
  words: readonly string[],
  context: CommandLineContext,
): CommandLine {
  const scanned = scan(words);
  const complaints = [...scanned.complaints];
  const draft = defaults(words, scanned.strayWords);
  let signum: string | undefined;
  for (const given of scanned.given) {
    if (given.spec.name === "version") {
      return answer("", `Keepalived ${versionText(context.holdfastVersion)}\n`, 0);
    }
    if (given.spec.name === "help") return answer("", usageText(context.programName), 0);
    if (given.spec.name === "signum") signum = given.argument ?? "";
    const complaint = apply(draft, given.spec.name, given.argument);
    if (complaint !== undefined) complaints.push(complaint);
    if (given.spec.notImplemented === true) draft.notImplemented.add(`--${given.spec.long}`);
  }
  if (complaints.length > 0) {
    return answer("", `${complaints.join("\n")}\n${usageText(context.programName)}`, 1);
  }
  if (signum !== undefined) return signumAnswer(signum, context.realtimeSignals);
  return { kind: "run", options: freeze(draft) };
}

/** The usage text, made from the table; keepalived's options first, then ours. */
export function usageText(programName: string): string {
  const lines = [`Usage: ${programName} [OPTION...]`];
  const order = [
    ...OPTION_TABLE.filter((option) => option.ours !== true),
    ...OPTION_TABLE.filter((option) => option.ours === true),
  ];
  for (const option of order) {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const value =
      option.argument === "none"
        ? ""
        : option.argument === "required"
          ? `=${option.placeholder}`
          : `[=${option.placeholder}]`;
    const head = `  ${short}--${option.long}${value}`;
    const meaning = option.notImplemented
      ? `${option.meaning} (not implemented yet)`
      : option.meaning;
    if (head.length < 31) lines.push(`${head.padEnd(31)}${meaning}`);
    else lines.push(head, `${"".padEnd(31)}${meaning}`);
  }
  return `${lines.join("\n")}\n`;
}

interface Given {
  readonly spec: OptionSpec;
  readonly argument: string | undefined;
}

interface Scan {
  readonly given: Given[];
  readonly strayWords: string[];
  readonly complaints: string[];
}

/** Splits words into options as getopt_long does, with bundles, attached values, abbreviations, and `--`. */
function scan(words: readonly string[]): Scan {
  const result: Scan = { given: [], strayWords: [], complaints: [] };
  let index = 0;
  while (index < words.length) {
    const word = words[index++] as string;
    if (word === "--") {
      result.strayWords.push(...words.slice(index));
      break;
    }
    if (word.startsWith("--")) index = scanLong(word.slice(2), words, index, result);
    else if (word.startsWith("-") && word.length > 1) index = scanShort(word, words, index, result);
    else result.strayWords.push(word);
  }
  return result;
}

function scanLong(text: string, words: readonly string[], next: number, result: Scan): number {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const attached = equals < 0 ? undefined : text.slice(equals + 1);
  const spec = findLong(name);
  if (spec === undefined || (spec.argument === "none" && attached !== undefined)) {
    result.complaints.push(`Unknown option --${text}`);
    return next;
  }
  if (spec.argument === "required" && attached === undefined && next < words.length) {
    result.given.push({ spec, argument: words[next] });
    return next + 1;
  }
  if (spec.argument === "required" && (attached ?? "") === "") {
    result.complaints.push(`Missing parameter for option --${spec.long}`);
    return next;
  }
  result.given.push({ spec, argument: attached });
  return next;
}

/** The option of that name, or the only one that begins so. */
function findLong(name: string): OptionSpec | undefined {
  const exact = OPTION_TABLE.find((option) => option.long === name);
  if (exact !== undefined || name === "") return exact;
  const candidates = OPTION_TABLE.filter((option) => option.long.startsWith(name));
  return candidates.length === 1 ? candidates[0] : undefined;
}

function scanShort(word: string, words: readonly string[], next: number, result: Scan): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    const spec = OPTION_TABLE.find((option) => option.short === letter);
    if (spec === undefined) {
      result.complaints.push(`Unknown option -${letter}`);
      continue;
    }
    if (spec.argument === "none") {
      result.given.push({ spec, argument: undefined });
      continue;
    }
    const attached = word.slice(at + 1);
    if (attached !== "" || spec.argument === "optional") {
      result.given.push({ spec, argument: attached === "" ? undefined : attached });
      return next;
    }
    if (next >= words.length) {
      result.complaints.push(`Missing parameter for option -${letter}`);
      return next;
    }
    result.given.push({ spec, argument: words[next] });
    return next + 1;
  }
  return next;
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

interface Draft {
  options: Mutable<Options>;
  subsystems: Mutable<Options["subsystems"]>;
  pidFiles: Mutable<Options["pidFiles"]>;
  notImplemented: Set<string>;
}

function defaults(words: readonly string[], strayWords: readonly string[]): Draft {
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

function freeze(draft: Draft): Options {
  return Object.freeze({
    ...draft.options,
    subsystems: Object.freeze(draft.subsystems),
    pidFiles: Object.freeze(draft.pidFiles),
    notImplemented: Object.freeze([...draft.notImplemented]),
  });
}

/** Takes one option into the draft; gives a complaint for a value that cannot be. */
function apply(draft: Draft, name: OptionName, argument: string | undefined): string | undefined {
  const { options, subsystems, pidFiles } = draft;
  switch (name) {
    case "useFile":
      options.configFile = argument;
      return undefined;
    case "vrrp":
      subsystems.checker = false;
      return undefined;
    case "check":
      subsystems.vrrp = false;
      return undefined;
    case "noBfd":
      subsystems.bfd = false;
      return undefined;
    case "all":
      options.runAll = true;
      return undefined;
    case "logConsole":
      options.logConsole = true;
      return undefined;
    case "logDetail":
      options.logDetail = options.logDetail === 0 ? 1 : 2;
      return undefined;
    case "logFacility": {
      const facility = parseFacility(argument ?? "");
      if (facility === undefined) return `Invalid log facility '${argument}'`;
      options.logFacility = facility;
      return undefined;
    }
    case "noSyslog":
      options.logSyslog = false;
      return undefined;
    case "umask": {
      const mask = parseUmask(argument ?? "");
      if (mask === undefined) return `Invalid --umask option ${argument}`;
      options.umask = mask;
      return undefined;
    }
    case "releaseVips":
      options.releaseVips = true;
      return undefined;
    case "dontReleaseVrrp":
      options.keepAddresses = true;
      return undefined;
    case "dontReleaseIpvs":
      options.keepIpvs = true;
      return undefined;
    case "dontRespawn":
      options.respawn = false;
      return undefined;
    case "dontFork":
      options.foreground = true;
      return undefined;
    case "dumpConf":
      options.dumpConfig = true;
      return undefined;
    case "pid":
      pidFiles.parent = argument;
      return undefined;
    case "vrrpPid":
      pidFiles.vrrp = argument;
      return undefined;
    case "checkersPid":
      pidFiles.checkers = argument;
      return undefined;
    case "bfdPid":
      pidFiles.bfd = argument;
      return undefined;
    case "namespace":
      options.netNamespace = argument;
      return undefined;
    case "configId":
      options.configId = argument;
      return undefined;
    case "ignoreSigint":
      options.ignoreSigint = true;
      return undefined;
    case "configTest":
      options.configTest = Object.freeze({ log: argument === "" ? undefined : argument });
      return undefined;
    case "strict":
      options.strict = true;
      return undefined;
    case "reset":
      options.reset = true;
      return undefined;
    case "logFile":
    case "flushLogFile":
    case "genhash":
    case "addressMonitoring":
    case "snmp":
    case "snmpAgentSocket":
    case "coreDump":
    case "coreDumpPattern":
    case "allConfig":
    case "signum":
    case "version":
    case "help":
      return undefined;
  }
}

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

/** The range of glibc, which keeps two real-time signals for itself. */
const GLIBC_REALTIME = { min: 34, max: 64 };

function signumAnswer(
  name: string,
  realtime: { readonly min: number; readonly max: number } = GLIBC_REALTIME,
): CommandLine {
  const numbers = new Map([
    ["STOP", 15],
    ["RELOAD", 1],
    ["DATA", 10],
    ["STATS", 12],
    ["STATS_CLEAR", realtime.max - 1],
    ["JSON", realtime.min + 2],
  ]);
  const number = numbers.get(name);
  return number === undefined
    ? answer("", `Unknown sigfunc ${name}\n`, 1)
    : answer(`${number}\n`, "", 0);
}

function answer(stdout: string, stderr: string, exitCode: number): CommandLine {
  return { kind: "answer", stdout, stderr, exitCode };
}
