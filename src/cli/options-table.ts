// Every option of the daemon in one table: the command line is read and the usage text made by it.

/** An option by what it means; `option-effects.ts` says what it does. */
export type OptionName =
  | "useFile"
  | "vrrp"
  | "check"
  | "noBfd"
  | "all"
  | "logConsole"
  | "logDetail"
  | "logFacility"
  | "logFile"
  | "flushLogFile"
  | "noSyslog"
  | "umask"
  | "releaseVips"
  | "dontReleaseVrrp"
  | "dontReleaseIpvs"
  | "dontRespawn"
  | "dontFork"
  | "dumpConf"
  | "pid"
  | "vrrpPid"
  | "checkersPid"
  | "bfdPid"
  | "genhash"
  | "addressMonitoring"
  | "snmp"
  | "snmpAgentSocket"
  | "namespace"
  | "coreDump"
  | "coreDumpPattern"
  | "allConfig"
  | "configId"
  | "ignoreSigint"
  | "signum"
  | "configTest"
  | "version"
  | "help"
  | "strict"
  | "reset";

export interface OptionSpec {
  readonly name: OptionName;
  /** One letter, or undefined. */
  readonly short: string | undefined;
  readonly long: string;
  /** An optional argument must be attached: `-tLOG`, `--config-test=LOG`. */
  readonly argument: "none" | "optional" | "required";
  /** The argument's name in the usage text. */
  readonly placeholder?: string;
  /** For the usage text: one line, or a few. */
  readonly meaning: string;
  /** Accepted so that a keepalived command line works, and reported: it does nothing yet. */
  readonly notImplemented?: true;
  /** Not an option of keepalived's. */
  readonly ours?: true;
}

/** In the order of the usage text. */
export const OPTION_TABLE: readonly OptionSpec[] = [
  {
    name: "useFile",
    short: "f",
    long: "use-file",
    argument: "required",
    placeholder: "FILE",
    meaning:
      "read this configuration file; without it\n/etc/holdfast/holdfast.conf, else\n/etc/keepalived/keepalived.conf",
  },
  { name: "vrrp", short: "P", long: "vrrp", argument: "none", meaning: "run VRRP only" },
  {
    name: "check",
    short: "C",
    long: "check",
    argument: "none",
    meaning: "run the health checkers only",
  },
  { name: "noBfd", short: "B", long: "no_bfd", argument: "none", meaning: "do not run BFD" },
  {
    name: "all",
    short: undefined,
    long: "all",
    argument: "none",
    meaning: "run every process, configured or not",
  },
  {
    name: "logConsole",
    short: "l",
    long: "log-console",
    argument: "none",
    meaning: "log to stderr as well",
  },
  {
    name: "logDetail",
    short: "D",
    long: "log-detail",
    argument: "none",
    meaning: "log in detail; twice: in more detail",
  },
  {
    name: "logFacility",
    short: "S",
    long: "log-facility",
    argument: "required",
    placeholder: "([0-7]|local[0-7]|user|daemon)",
    meaning: "syslog facility (default daemon)",
  },
  {
    name: "logFile",
    short: "g",
    long: "log-file",
    argument: "optional",
    placeholder: "FILE",
    meaning: "log to a file as well",
    notImplemented: true,
  },
  {
    name: "flushLogFile",
    short: undefined,
    long: "flush-log-file",
    argument: "none",
    meaning: "flush the log file after each line",
    notImplemented: true,
  },
  { name: "noSyslog", short: "G", long: "no-syslog", argument: "none", meaning: "no syslog" },
  {
    name: "umask",
    short: "u",
    long: "umask",
    argument: "required",
    placeholder: "MASK",
    meaning: "umask of new files, as a number",
  },
  {
    name: "releaseVips",
    short: "X",
    long: "release-vips",
    argument: "none",
    meaning: "remove addresses on leaving MASTER even if not known to be set",
  },
  {
    name: "dontReleaseVrrp",
    short: "V",
    long: "dont-release-vrrp",
    argument: "none",
    meaning: "leave the addresses in place at the end",
  },
  {
    name: "dontReleaseIpvs",
    short: "I",
    long: "dont-release-ipvs",
    argument: "none",
    meaning: "leave the virtual servers in place at the end",
    notImplemented: true,
  },
  {
    name: "dontRespawn",
    short: "R",
    long: "dont-respawn",
    argument: "none",
    meaning: "end when a process of ours dies, instead of starting it again",
  },
  {
    name: "dontFork",
    short: "n",
    long: "dont-fork",
    argument: "none",
    meaning: "stay in the foreground",
  },
  {
    name: "dumpConf",
    short: "d",
    long: "dump-conf",
    argument: "none",
    meaning: "log the configuration that was read",
  },
  {
    name: "pid",
    short: "p",
    long: "pid",
    argument: "required",
    placeholder: "FILE",
    meaning: "pid file of the parent process",
  },
  {
    name: "vrrpPid",
    short: "r",
    long: "vrrp_pid",
    argument: "required",
    placeholder: "FILE",
    meaning: "pid file of the VRRP process",
  },
  {
    name: "checkersPid",
    short: "c",
    long: "checkers_pid",
    argument: "required",
    placeholder: "FILE",
    meaning: "pid file of the health checkers",
  },
  {
    name: "bfdPid",
    short: "b",
    long: "bfd_pid",
    argument: "required",
    placeholder: "FILE",
    meaning: "pid file of the BFD process",
  },
  {
    name: "genhash",
    short: "T",
    long: "genhash",
    argument: "none",
    meaning: "hash a web page (must be the first option)",
    notImplemented: true,
  },
  {
    name: "addressMonitoring",
    short: "a",
    long: "address-monitoring",
    argument: "none",
    meaning: "log every address that comes or goes",
    notImplemented: true,
  },
  {
    name: "snmp",
    short: "x",
    long: "snmp",
    argument: "none",
    meaning: "talk to an SNMP agent",
    notImplemented: true,
  },
  {
    name: "snmpAgentSocket",
    short: "A",
    long: "snmp-agent-socket",
    argument: "required",
    placeholder: "FILE",
    meaning: "the SNMP agent's socket",
    notImplemented: true,
  },
  {
    name: "namespace",
    short: "s",
    long: "namespace",
    argument: "required",
    placeholder: "NAME",
    meaning: "run in this network namespace (overrides net_namespace)",
  },
  {
    name: "coreDump",
    short: "m",
    long: "core-dump",
    argument: "none",
    meaning: "lift the limit on core dumps",
    notImplemented: true,
  },
  {
    name: "coreDumpPattern",
    short: "M",
    long: "core-dump-pattern",
    argument: "optional",
    placeholder: "PATTERN",
    meaning: "-m, and set the kernel's core pattern (default core)",
    notImplemented: true,
  },
  {
    name: "allConfig",
    short: "e",
    long: "all-config",
    argument: "none",
    meaning: "an included file that is missing is an error",
    notImplemented: true,
  },
  {
    name: "configId",
    short: "i",
    long: "config-id",
    argument: "required",
    placeholder: "ID",
    meaning: "id for lines that begin with @ID (default: the host's name up to the first dot)",
  },
  {
    name: "ignoreSigint",
    short: undefined,
    long: "ignore-sigint",
    argument: "none",
    meaning: "SIGINT does not stop the daemon",
  },
  {
    name: "signum",
    short: undefined,
    long: "signum",
    argument: "required",
    placeholder: "SIGFUNC",
    meaning: "print a signal's number: STOP RELOAD DATA STATS STATS_CLEAR JSON",
  },
  {
    name: "configTest",
    short: "t",
    long: "config-test",
    argument: "optional",
    placeholder: "LOG_FILE",
    meaning: "check the configuration and end; messages to stderr, or appended to LOG_FILE",
  },
  {
    name: "strict",
    short: undefined,
    long: "strict",
    argument: "none",
    meaning: "an error in the configuration is fatal at the start (as config_strict)",
    ours: true,
  },
  {
    name: "reset",
    short: undefined,
    long: "reset",
    argument: "none",
    meaning: "forget operators' overrides of the last run",
    ours: true,
  },
  { name: "version", short: "v", long: "version", argument: "none", meaning: "print the version" },
  { name: "help", short: "h", long: "help", argument: "none", meaning: "print this help" },
];
