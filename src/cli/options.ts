// The options of the daemon's command line.

import { resolve } from "node:path";

/** Frozen, plain data, passed to other processes as JSON. */
export interface Options {
  /** -f; undefined: the first default file that exists. */
  readonly configFile: string | undefined;
  /** The processes that may run (-P, -C, -B); all by default. */
  readonly subsystems: {
    readonly vrrp: boolean;
    readonly checker: boolean;
    readonly bfd: boolean;
  };
  /** --all: run them even if nothing is configured for them. */
  readonly runAll: boolean;
  /** -n */
  readonly foreground: boolean;
  /** -l */
  readonly logConsole: boolean;
  /** 0, 1 with -D, 2 with -D -D. */
  readonly logDetail: 0 | 1 | 2;
  /** LOG_* of syslog.h, unshifted: daemon 3, user 1, local0 to local7 16 to 23. */
  readonly logFacility: number;
  /** False with -G. */
  readonly logSyslog: boolean;
  /** -d */
  readonly dumpConfig: boolean;
  /** -u; undefined: that of the configuration, or the default. */
  readonly umask: number | undefined;
  /** -X */
  readonly releaseVips: boolean;
  /** -V */
  readonly keepAddresses: boolean;
  /** -I */
  readonly keepIpvs: boolean;
  /** False with -R. */
  readonly respawn: boolean;
  /** -p, -r, -c, -b; undefined: the default path. */
  readonly pidFiles: {
    readonly parent: string | undefined;
    readonly vrrp: string | undefined;
    readonly checkers: string | undefined;
    readonly bfd: string | undefined;
  };
  /** -s; overrides the configuration's net_namespace. */
  readonly netNamespace: string | undefined;
  /** -i; undefined: the host name up to the first dot. */
  readonly configId: string | undefined;
  /** -t; `log`: the file to append to; undefined: stderr. */
  readonly configTest: { readonly log: string | undefined } | undefined;
  /** --ignore-sigint */
  readonly ignoreSigint: boolean;
  /** --strict */
  readonly strict: boolean;
  /** --reset */
  readonly reset: boolean;
  /** Words that belong to no option: reported, not fatal. */
  readonly strayWords: readonly string[];
  /** Given options that are not built yet, by long name (`--snmp`): to be reported as errors. */
  readonly notImplemented: readonly string[];
  /** The words after the program name, for the log line `Command line:`. */
  readonly words: readonly string[];
}

/** Makes every path absolute, relative to the current folder. */
export function withAbsolutePaths(options: Options): Options {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(path);
  const { parent, vrrp, checkers, bfd } = options.pidFiles;
  return Object.freeze({
    ...options,
    configFile: absolute(options.configFile),
    pidFiles: Object.freeze({
      parent: absolute(parent),
      vrrp: absolute(vrrp),
      checkers: absolute(checkers),
      bfd: absolute(bfd),
    }),
  });
}
