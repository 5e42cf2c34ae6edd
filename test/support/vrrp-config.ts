// Configurations for tests of the VRRP engine: everything as the configuration file's defaults have it.

import type {
  Config,
  GlobalConfig,
  InstanceConfig,
  ScriptConfig,
  VirtualAddress,
  VrrpPart,
} from "../../src/config/config.ts";
import { ip } from "../../src/lib/ip.ts";
import { SECOND } from "../../src/lib/micros.ts";
import { prefix } from "../../src/lib/prefix.ts";
import type { Command } from "../../src/lib/script.ts";
import type { InterfaceState } from "../../src/vrrp/event.ts";

/** A program that any test may name. */
export const COMMAND: Command = {
  text: "/bin/true",
  argv: ["/bin/true"],
  uid: 0,
  gid: 0,
  supplementaryGroups: [],
  refusal: undefined,
};

/** Global settings with keepalived's defaults, changed by `over`. */
export function globalConfig(over: Partial<GlobalConfig> = {}): GlobalConfig {
  const process = {
    priority: undefined,
    realtimePriority: undefined,
    cpuAffinity: [],
    noSwap: false,
    rlimitRttimeMicros: undefined,
  };
  return {
    routerId: "test",
    noEmailFaults: false,
    fifoWriteVrrpStatesOnReload: false,
    notificationEmail: [],
    notificationEmailFrom: undefined,
    smtpServer: undefined,
    smtpHeloName: undefined,
    smtpConnectTimeoutMicros: 30 * SECOND,
    vrrpVersion: 2,
    vrrpMcastGroup4: ip("224.0.0.18"),
    vrrpStrict: false,
    dynamicInterfaces: false,
    logUnknownVrids: false,
    vrrpStartupDelayMicros: 0,
    vipLease: "auto",
    configStrict: false,
    scriptShortageLimitMicros: 300 * SECOND,
    enableScriptSecurity: false,
    vrrpNotifyFifo: undefined,
    notifyFifo: undefined,
    startupScript: undefined,
    startupScriptTimeoutMicros: 0,
    shutdownScript: undefined,
    shutdownScriptTimeoutMicros: 0,
    childWaitTimeMicros: 5 * SECOND,
    processNames: false,
    processName: undefined,
    vrrpProcessName: undefined,
    vrrpProcess: process,
    instance: undefined,
    netNamespace: undefined,
    usePidDir: false,
    umask: 0o022,
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
  return {
    name: `VI_${id}`,
    state: "BACKUP",
    interface: "eth0",
    virtualRouterId: id,
    priority: 100,
    version: 2,
    advertIntMicros: SECOND,
    authPass: undefined,
    mcastGroup: ip("224.0.0.18"),
    mcastSrcIp: undefined,
    unicastSrcIp: undefined,
    unicastPeers: [],
    checkUnicastSrc: false,
    unicastTtl: 255,
    nopreempt: false,
    preemptDelayMicros: 0,
    downTimerAdverts: 3,
    addresses: [virtualAddress(`192.0.2.${100 + (id % 150)}/24`)],
    excludedAddresses: [],
    promoteSecondaries: false,
    garp: {
      masterDelayMicros: 5 * SECOND,
      masterRepeat: 5,
      masterRefreshMicros: 0,
      masterRefreshRepeat: 1,
      lowerPrioDelayMicros: 5 * SECOND,
      lowerPrioRepeat: 5,
      intervalMicros: 0,
    },
    lowerPrioNoAdvert: false,
    higherPrioSendAdvert: false,
    ownerIgnoreAdverts: false,
    skipCheckAdvAddr: false,
    v3ChecksumAsV2: false,
    strictMode: false,
    accept: true,
    trackPrimary: true,
    trackInterfaces: [],
    trackScripts: [],
    notify: {},
    notifyAny: undefined,
    notifyDeleted: false,
    notifyPriorityChanges: false,
    smtpAlert: false,
    debug: 0,
    ...over,
  };
}

/** A script that runs every second. */
export function scriptConfig(
  over: Partial<ScriptConfig> & { readonly name: string },
): ScriptConfig {
  return {
    command: COMMAND,
    initFail: false,
    intervalMicros: SECOND,
    timeoutMicros: 0,
    weight: 0,
    reverse: false,
    rise: 1,
    fall: 1,
    ...over,
  };
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
  return { files: ["test.conf"], global, vrrp };
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
