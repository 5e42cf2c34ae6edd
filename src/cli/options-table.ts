// The table of the daemon's options, for the parser and the usage text.

/** The key of an option in `option-effects.ts`. */
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
  /** The name of the argument in the usage text. */
  readonly placeholder?: string;
  /** One or a few lines for the usage text. */
  readonly description: string;
  /** Not built yet: accepted, so that a keepalived command line works, and reported. */
  readonly notImplemented?: true;
  /** Not an option of keepalived. */
  readonly isOurs?: true;
}

/** In the order of the usage text. */
export const OPTION_TABLE: readonly OptionSpec[] = [
  {
    name: "useFile",
    short: "f",
    long: "use-file",
    argument: "required",
    placeholder: "FILE",
    description:
      "read this configuration file; without it\n/etc/holdfast/holdfast.conf, else\n/etc/keepalived/keepalived.conf",
  },
  { name: "vrrp", short: "P", long: "vrrp", argument: "none", description: "run VRRP only" },
  {
    name: "check",
    short: "C",
    long: "check",
    argument: "none",
    description: "run the health checkers only",
  },
  { name: "noBfd", short: "B", long: "no_bfd", argument: "none", description: "do not run BFD" },
  {
    name: "all",
    short: undefined,
    long: "all",
    argument: "none",
    description: "run every process, configured or not",
  },
  {
    name: "logConsole",
    short: "l",
    long: "log-console",
    argument: "none",
    description: "log to stderr as well",
  },
  {
    name: "logDetail",
    short: "D",
    long: "log-detail",
    argument: "none",
    description: "log in detail; twice: in more detail",
  },
  {
    name: "logFacility",
    short: "S",
    long: "log-facility",
    argument: "required",
    placeholder: "([0-7]|local[0-7]|user|daemon)",
    description: "syslog facility (default daemon)",
  },
  {
    name: "logFile",
    short: "g",
    long: "log-file",
    argument: "optional",
    placeholder: "FILE",
    description: "log to a file as well",
    notImplemented: true,
  },
  {
    name: "flushLogFile",
    short: undefined,
    long: "flush-log-file",
    argument: "none",
    description: "flush the log file after each line",
    notImplemented: true,
  },
  { name: "noSyslog", short: "G", long: "no-syslog", argument: "none", description: "no syslog" },
  {
    name: "umask",
    short: "u",
    long: "umask",
    argument: "required",
    placeholder: "MASK",
    description: "umask of new files, as a number",
  },
  {
    name: "releaseVips",
    short: "X",
    long: "release-vips",
    argument: "none",
    description: "remove addresses on leaving MASTER even if not known to be set",
  },
  {
    name: "dontReleaseVrrp",
    short: "V",
    long: "dont-release-vrrp",
    argument: "none",
    description: "keep the addresses at the end",
  },
  {
    name: "dontReleaseIpvs",
    short: "I",
    long: "dont-release-ipvs",
    argument: "none",
    description: "keep the virtual servers at the end",
    notImplemented: true,
  },
  {
    name: "dontRespawn",
    short: "R",
    long: "dont-respawn",
    argument: "none",
    description: "end if a child process dies, instead of restarting it",
  },
  {
    name: "dontFork",
    short: "n",
    long: "dont-fork",
    argument: "none",
    description: "stay in the foreground",
  },
  {
    name: "dumpConf",
    short: "d",
    long: "dump-conf",
    argument: "none",
    description: "log the configuration that was read",
  },
  {
    name: "pid",
    short: "p",
    long: "pid",
    argument: "required",
    placeholder: "FILE",
    description: "pid file of the parent process",
  },
  {
    name: "vrrpPid",
    short: "r",
    long: "vrrp_pid",
    argument: "required",
    placeholder: "FILE",
    description: "pid file of the VRRP process",
  },
  {
    name: "checkersPid",
    short: "c",
    long: "checkers_pid",
    argument: "required",
    placeholder: "FILE",
    description: "pid file of the health checkers",
  },
  {
    name: "bfdPid",
    short: "b",
    long: "bfd_pid",
    argument: "required",
    placeholder: "FILE",
    description: "pid file of the BFD process",
  },
  {
    name: "genhash",
    short: "T",
    long: "genhash",
    argument: "none",
    description: "hash a web page (must be the first option)",
    notImplemented: true,
  },
  {
    name: "addressMonitoring",
    short: "a",
    long: "address-monitoring",
    argument: "none",
    description: "log every added or removed address",
    notImplemented: true,
  },
  {
    name: "snmp",
    short: "x",
    long: "snmp",
    argument: "none",
    description: "connect to an SNMP agent",
    notImplemented: true,
  },
  {
    name: "snmpAgentSocket",
    short: "A",
    long: "snmp-agent-socket",
    argument: "required",
    placeholder: "FILE",
    description: "the SNMP agent's socket",
    notImplemented: true,
  },
  {
    name: "namespace",
    short: "s",
    long: "namespace",
    argument: "required",
    placeholder: "NAME",
    description: "run in this network namespace (overrides net_namespace)",
  },
  {
    name: "coreDump",
    short: "m",
    long: "core-dump",
    argument: "none",
    description: "lift the limit on core dumps",
    notImplemented: true,
  },
  {
    name: "coreDumpPattern",
    short: "M",
    long: "core-dump-pattern",
    argument: "optional",
    placeholder: "PATTERN",
    description: "-m, and set the kernel's core pattern (default core)",
    notImplemented: true,
  },
  {
    name: "allConfig",
    short: "e",
    long: "all-config",
    argument: "none",
    description: "report a missing included file as an error",
    notImplemented: true,
  },
  {
    name: "configId",
    short: "i",
    long: "config-id",
    argument: "required",
    placeholder: "ID",
    description: "id for lines that begin with @ID (default: the host name up to the first dot)",
  },
  {
    name: "ignoreSigint",
    short: undefined,
    long: "ignore-sigint",
    argument: "none",
    description: "SIGINT does not stop the daemon",
  },
  {
    name: "signum",
    short: undefined,
    long: "signum",
    argument: "required",
    placeholder: "SIGFUNC",
    description: "print a signal's number: STOP RELOAD DATA STATS STATS_CLEAR JSON",
  },
  {
    name: "configTest",
    short: "t",
    long: "config-test",
    argument: "optional",
    placeholder: "LOG_FILE",
    description: "check the configuration and exit; messages to stderr, or appended to LOG_FILE",
  },
  {
    name: "strict",
    short: undefined,
    long: "strict",
    argument: "none",
    description: "refuse a start for any error in the configuration (like config_strict)",
    isOurs: true,
  },
  {
    name: "reset",
    short: undefined,
    long: "reset",
    argument: "none",
    description: "discard operators' overrides of the last run",
    isOurs: true,
  },
  {
    name: "version",
    short: "v",
    long: "version",
    argument: "none",
    description: "print the version",
  },
  { name: "help", short: "h", long: "help", argument: "none", description: "print this help" },
];
