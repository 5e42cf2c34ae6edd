// The configuration: plain frozen data, sent between processes in pieces. Field names are keywords in camelCase with the
// unit at the end. Every default is filled in.

import type { GlobalConfig } from "./global/global-config.ts";
import type { Part } from "./subsystem.ts";
import type { VrrpConfig } from "./vrrp/vrrp-config.ts";

/** The global settings, and a part for each subsystem of the registry. */
export interface Config {
  readonly global: GlobalConfig;
  readonly vrrp: VrrpConfig;
}

/** The parts of `config`, by subsystem. */
export function partsOf(config: Config): Readonly<Record<string, Part>> {
  const { global: _global, ...parts } = config;
  return parts;
}

/** The configuration of the vrrp process. */
export interface VrrpPart extends VrrpConfig {
  readonly global: GlobalConfig;
}

/** The part of `config` for the vrrp process. */
export function vrrpPart({ global, vrrp }: Config): VrrpPart {
  return { global, ...vrrp };
}
