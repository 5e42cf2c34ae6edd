// Configurations for tests of the VRRP engine, with the defaults of the keyword tables.

import type { Config, VrrpPart } from "../../src/config/config.ts";
import type { GlobalConfig, GlobalFields } from "../../src/config/global/global-config.ts";
import { type Draft, type Row, table } from "../../src/config/keyword/row.ts";
import { valuesOf } from "../../src/config/keyword/values.ts";
import { REGISTRY } from "../../src/config/registry.ts";
import { INSTANCE_ROWS } from "../../src/config/vrrp/instance-rows.ts";
import { SCRIPT_ROWS } from "../../src/config/vrrp/script-rows.ts";
import type { VirtualAddress } from "../../src/config/vrrp/types.ts";
import type {
  InstanceConfig,
  InstanceFields,
  ScriptConfig,
  ScriptFields,
} from "../../src/config/vrrp/vrrp-config.ts";
import { prefix } from "../../src/lib/prefix.ts";
import type { Command } from "../../src/lib/script.ts";
import type { InterfaceState } from "../../src/vrrp/event.ts";
import { fakeSystem } from "../config/fake-system.ts";

/** A program that any test may name. */
export const COMMAND: Command = {
  text: "/bin/true",
  argv: ["/bin/true"],
  uid: 0,
  gid: 0,
  supplementaryGroups: [],
  refusal: undefined,
};

const SYSTEM = fakeSystem();
const NOTHING: Draft = {
  name: "",
  place: { file: "", line: 0, column: 1, length: 1 },
  at: new Map(),
  given: {},
  inherited: {},
  listed: new Set(),
};
const GLOBAL = valuesOf(REGISTRY.global, NOTHING, SYSTEM, undefined);

/** The fields that the rows make when nothing is set. */
function defaultsOf(rows: readonly Row[]): unknown {
  const inherited = { table: REGISTRY.global, values: GLOBAL };
  return valuesOf(table(rows), NOTHING, SYSTEM, inherited).config();
}

/** Global settings with their defaults, changed by `over`. */
export function globalConfig(over: Partial<GlobalConfig> = {}): GlobalConfig {
  return {
    ...(GLOBAL.config() as unknown as GlobalFields),
    routerId: "test",
    vrrpNotifyFifo: undefined,
    notifyFifo: undefined,
    startupScript: undefined,
    shutdownScript: undefined,
    ...over,
  };
}

/** A floating address `text`, as `192.0.2.100/24`, on `interfaceName`. */
export function virtualAddress(text: string, interfaceName = "eth0"): VirtualAddress {
  return {
    ...prefix(text),
    interface: interfaceName,
    scope: 0,
    label: undefined,
    broadcast: undefined,
    noTrack: false,
  };
}

/** One instance on eth0 with one address, changed by `over`. */
export function instanceConfig(over: Partial<InstanceConfig> = {}): InstanceConfig {
  const id = over.virtualRouterId ?? 1;
  const fields = defaultsOf(INSTANCE_ROWS) as InstanceFields;
  return {
    name: `VI_${id}`,
    ...fields,
    interface: "eth0",
    virtualRouterId: id,
    authPass: undefined,
    mcastSrcIp: undefined,
    unicastSrcIp: undefined,
    unicastPeers: [],
    addresses: [virtualAddress(`192.0.2.${100 + (id % 150)}/24`)],
    excludedAddresses: [],
    garp: { ...fields.garp, intervalMicros: 0 },
    trackInterfaces: [],
    trackScripts: [],
    notify: {},
    notifyAny: undefined,
    notifyDeleted: false,
    ...over,
  };
}

/** A script that runs every second. */
export function scriptConfig(
  over: Partial<ScriptConfig> & { readonly name: string },
): ScriptConfig {
  const fields = defaultsOf(SCRIPT_ROWS) as ScriptFields;
  return { ...fields, command: COMMAND, reverse: false, ...over };
}

/** The vrrp process's part of a configuration. */
export function config(
  instances: readonly InstanceConfig[],
  over: {
    readonly global?: Partial<GlobalConfig>;
    readonly scripts?: readonly ScriptConfig[];
  } = {},
): VrrpPart {
  return {
    global: globalConfig(over.global),
    scripts: over.scripts ?? [],
    instances,
  };
}

/** A whole configuration, with `config` as its part of the vrrp process. */
export function wholeConfig(...given: Parameters<typeof config>): Config {
  const { global, ...vrrp } = config(...given);
  return { global, vrrp };
}

/**
 * An interface that is up and has `own` as its address, or holds `addresses`; those of them that are in `marked` bear a
 * keepalived's mark.
 */
export function interfaceState(
  name: string,
  own: string,
  {
    addresses = [own],
    marked = [],
    ...over
  }: Partial<Omit<InterfaceState, "addresses">> & {
    readonly addresses?: readonly string[];
    readonly marked?: readonly string[];
  } = {},
): InterfaceState {
  const link = { name, up: true, mtu: 1500, mac: "02:00:00:00:00:01" };
  return {
    ...link,
    ipv4: prefix(own).address,
    addresses: addresses.map((text) => ({ ...prefix(text), isMarked: marked.includes(text) })),
    segments: [name],
    ...over,
  };
}
