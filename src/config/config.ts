// What a configuration means once it is read: plain frozen data, as JSON between the processes. Field names are the
// keyword in camelCase with the unit at the end; every default is filled in, so nobody else knows defaults.

import type { GlobalConfig } from "./global/global-config.ts";
import type { Part } from "./subsystem.ts";
import type { VrrpConfig } from "./vrrp/vrrp-config.ts";

/** A configuration: what concerns all, and a part for each subsystem of the registry. */
export interface Config {
  /** The files read, the main one first. */
  readonly files: readonly string[];
  readonly global: GlobalConfig;
  readonly vrrp: VrrpConfig;
}

/** The parts of `config`, by subsystem. */
export function partsOf(config: Config): Readonly<Record<string, Part>> {
  const { files: _files, global: _global, ...parts } = config;
  return parts;
}

/** The part of a configuration that the vrrp process works with. */
export interface VrrpPart extends VrrpConfig {
  readonly global: GlobalConfig;
}

/** The vrrp process's part of `config`. */
export function vrrpPart({ global, vrrp }: Config): VrrpPart {
  return { global, ...vrrp };
}
