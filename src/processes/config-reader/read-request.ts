// The request for a configuration: which file to read, and how.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Options } from "../../cli/options.ts";

/** Used without -f: ours if it exists, else keepalived's. */
const DEFAULT_CONFIG_FILES = [
  "/etc/holdfast/holdfast.conf",
  "/etc/keepalived/keepalived.conf",
] as const;

/** What to read, and how; plain data for another process. */
export interface ReadRequest {
  /** The main file, as an absolute path. */
  readonly path: string;
  /** The argument of `-i`. */
  readonly configId: string | undefined;
  /** `--strict`. */
  readonly strict: boolean;
}

/** The request that `options` ask for. */
export function readRequest(options: Options): ReadRequest {
  const { configId, strict } = options;
  return { path: configPath(options), configId, strict };
}

function configPath(options: Options): string {
  if (options.configFile !== undefined) return resolve(options.configFile);
  return DEFAULT_CONFIG_FILES.find((path) => existsSync(path)) ?? DEFAULT_CONFIG_FILES[1];
}
