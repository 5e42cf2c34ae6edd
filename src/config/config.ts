// What a configuration means once it is read: plain frozen data, as JSON between the processes. Field names are the
// keyword in camelCase with the unit at the end; every default is filled in, so nobody else knows defaults.

import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Command } from "../lib/script.ts";

/** RFC 9568 5.2.4: the priority of the owner of the addresses. */
export const OWNER_PRIORITY = 255;

/** The most instances that one node may have: VRIDs of many interfaces, within a bound. */
export const MAXIMUM_INSTANCES = 16_384;

/**
 * The most floating addresses on one interface. The kernel looks through all of an interface's for each one that is set
 * or renewed: 4,000 take it 0.2 s, 20,000 several seconds, and meanwhile no advert leaves.
 */
export const MAXIMUM_ADDRESSES = 4_096;

export interface Config {
  /** The files read, the main one first. */
  readonly files: readonly string[];
  readonly global: GlobalConfig;
  readonly vrrp: VrrpConfig;
}

/** The subsystem VRRP: what the blocks `vrrp_script` and `vrrp_instance` make. */
export interface VrrpConfig {
  /** Only those that an instance tracks. */
  readonly scripts: readonly ScriptConfig[];
  readonly instances: readonly InstanceConfig[];
}

/** The part of a configuration that the vrrp process works with. */
export interface VrrpPart extends VrrpConfig {
  readonly global: GlobalConfig;
}

/** The vrrp process's part of `config`. */
export function vrrpPart({ global, vrrp }: Config): VrrpPart {
  return { global, ...vrrp };
}

/** `vip_lease`: `auto` follows the advertisement interval, `off` makes addresses permanent, else whole seconds. */
export type VipLease = "auto" | "off" | number;

export interface GlobalConfig {
  readonly routerId: string;
  readonly notificationEmail: readonly string[];
  readonly notificationEmailFrom: string | undefined;
  readonly smtpServer: { readonly host: string; readonly port: number } | undefined;
  readonly smtpHeloName: string | undefined;
  readonly smtpConnectTimeoutMicros: Micros;
  /** No mail for changes to FAULT. */
  readonly noEmailFaults: boolean;
  readonly vrrpVersion: 2 | 3;
  readonly vrrpMcastGroup4: Ip;
  readonly vrrpStrict: boolean;
  readonly dynamicInterfaces: boolean;
  readonly logUnknownVrids: boolean;
  readonly vrrpStartupDelayMicros: Micros;
  readonly vipLease: VipLease;
  /** How long a tracked script that cannot be started for want of resources keeps its result. */
  readonly scriptShortageLimitMicros: Micros;
  readonly configStrict: boolean;
  readonly enableScriptSecurity: boolean;
  readonly vrrpNotifyFifo: Fifo | undefined;
  readonly notifyFifo: Fifo | undefined;
  readonly fifoWriteVrrpStatesOnReload: boolean;
  readonly startupScript: Command | undefined;
  readonly startupScriptTimeoutMicros: Micros;
  readonly shutdownScript: Command | undefined;
  readonly shutdownScriptTimeoutMicros: Micros;
  readonly childWaitTimeMicros: Micros;
  readonly processNames: boolean;
  readonly processName: string | undefined;
  readonly vrrpProcessName: string | undefined;
  readonly vrrpProcess: ProcessOptions;
  readonly instance: string | undefined;
  readonly netNamespace: string | undefined;
  readonly usePidDir: boolean;
  /** Bits taken from the modes of new files. */
  readonly umask: number;
}

/** How one process is scheduled; undefined leaves what the kernel gave. */
export interface ProcessOptions {
  /** Nice value, -20 to 19. */
  readonly priority: number | undefined;
  /** SCHED_RR priority, 1 to 99. */
  readonly realtimePriority: number | undefined;
  readonly cpuAffinity: readonly number[];
  readonly noSwap: boolean;
  readonly rlimitRttimeMicros: Micros | undefined;
}

export interface Fifo {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** The program that reads it, started by the parent. */
  readonly script: Command | undefined;
}

export interface ScriptConfig {
  readonly name: string;
  readonly command: Command;
  readonly intervalMicros: Micros;
  /** Zero: as long as the interval. */
  readonly timeoutMicros: Micros;
  /** The default weight for those that track it. */
  readonly weight: number;
  readonly reverse: boolean;
  readonly rise: number;
  readonly fall: number;
  /** Counts as failed until its first success. */
  readonly initFail: boolean;
}

export interface TrackConfig {
  /** The name of the script or interface. */
  readonly name: string;
  /** Zero: a failure is a fault. */
  readonly weight: number;
  readonly reverse: boolean;
}

/** A floating address. */
export interface VirtualAddress extends Prefix {
  readonly interface: string;
  /** RT_SCOPE_* of rtnetlink.h. */
  readonly scope: number;
  readonly label: string | undefined;
  readonly broadcast: Ip | undefined;
  readonly noTrack: boolean;
}

/** All floating addresses of an instance, the excluded ones last. */
export function allAddresses({
  addresses,
  excludedAddresses,
}: Pick<InstanceConfig, "addresses" | "excludedAddresses">): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

export type NotifyEvent = "master" | "backup" | "fault" | "stop" | "deleted" | "masterRxLowerPri";

export interface GarpConfig {
  /** The wait before the second burst; zero: none. */
  readonly masterDelayMicros: Micros;
  readonly masterRepeat: number;
  /** Zero: no refresh. */
  readonly masterRefreshMicros: Micros;
  readonly masterRefreshRepeat: number;
  readonly lowerPrioDelayMicros: Micros;
  readonly lowerPrioRepeat: number;
  /** The least time between two ARPs on one interface; zero: the queue's own pace. */
  readonly intervalMicros: Micros;
}

export interface InstanceConfig {
  readonly name: string;
  /** What it wants to be at the start. */
  readonly state: "MASTER" | "BACKUP";
  readonly interface: string;
  readonly virtualRouterId: number;
  /** Base priority, 1 to 255. */
  readonly priority: number;
  readonly version: 2 | 3;
  readonly advertIntMicros: Micros;
  /** Eight bytes as 16 hexadecimal digits, zero padded. */
  readonly authPass: string | undefined;
  readonly mcastGroup: Ip;
  readonly mcastSrcIp: Ip | undefined;
  readonly unicastSrcIp: Ip | undefined;
  /** Empty: multicast. */
  readonly unicastPeers: readonly Ip[];
  readonly checkUnicastSrc: boolean;
  readonly unicastTtl: number;
  readonly nopreempt: boolean;
  readonly preemptDelayMicros: Micros;
  readonly downTimerAdverts: number;
  readonly addresses: readonly VirtualAddress[];
  readonly excludedAddresses: readonly VirtualAddress[];
  readonly promoteSecondaries: boolean;
  readonly garp: GarpConfig;
  readonly lowerPrioNoAdvert: boolean;
  readonly higherPrioSendAdvert: boolean;
  readonly ownerIgnoreAdverts: boolean;
  readonly skipCheckAdvAddr: boolean;
  readonly v3ChecksumAsV2: boolean;
  readonly strictMode: boolean;
  readonly accept: boolean;
  readonly trackPrimary: boolean;
  readonly trackInterfaces: readonly TrackConfig[];
  readonly trackScripts: readonly TrackConfig[];
  readonly notify: { readonly [event in NotifyEvent]?: Command };
  /** `notify`: run for every event with type, name, state and priority appended. */
  readonly notifyAny: Command | undefined;
  /** A reload that takes the instance away tells DELETED, not FAULT. */
  readonly notifyDeleted: boolean;
  readonly notifyPriorityChanges: boolean;
  readonly smtpAlert: boolean;
  readonly debug: number;
}
