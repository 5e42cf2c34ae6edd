// What the keywords set while a configuration is read: everything optional until `resolve` fills in the defaults.

import type { Ip, IpFamily } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { GarpConfig, NotifyEvent, TrackConfig, VipLease, VirtualAddress } from "./config.ts";
import type { Place } from "./diagnostic/diagnostic.ts";

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Anything that keywords fill: where the value of each was last set, by keyword. */
export interface Draft {
  readonly at: Map<string, Place>;
}

export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** A command before its program was looked at. */
export interface CommandDraft {
  readonly text: string;
  readonly argv: readonly string[];
  /** Undefined: whoever scripts run as by default. */
  readonly user: Credentials | undefined;
  readonly place: Place;
}

export interface FifoDraft {
  path?: string;
  user?: Credentials;
  place?: Place;
  script?: CommandDraft;
}

export interface ProcessDraft {
  priority?: number;
  realtimePriority?: number;
  cpuAffinity?: readonly number[];
  noSwap?: boolean;
  rlimitRttimeMicros?: Micros;
}

export type GarpDraft = Partial<Mutable<GarpConfig>>;

/** What instances take from global_defs when they are opened, so that it must stand before them. */
export interface InstanceDefaults {
  garp: GarpDraft;
  downTimerAdverts?: number;
  skipCheckAdvAddr?: boolean;
  v3ChecksumAsV2?: boolean;
}

export interface GlobalDraft extends Draft {
  readonly notificationEmail: string[];
  readonly defaults: InstanceDefaults;
  readonly vrrpProcess: ProcessDraft;
  readonly notifyFifo: FifoDraft;
  readonly vrrpNotifyFifo: FifoDraft;
  routerId?: string;
  notificationEmailFrom?: string;
  smtpServer?: { host: string; port: number };
  smtpHeloName?: string;
  smtpConnectTimeoutMicros?: Micros;
  noEmailFaults?: boolean;
  smtpAlert?: boolean;
  smtpAlertVrrp?: boolean;
  vrrpVersion?: 2 | 3;
  vrrpMcastGroup4?: Ip;
  vrrpStrict?: boolean;
  dynamicInterfaces?: boolean;
  logUnknownVrids?: boolean;
  vrrpStartupDelayMicros?: Micros;
  vipLease?: VipLease;
  scriptShortageLimitMicros?: Micros;
  configStrict?: boolean;
  /** `failed`: the user that was named doesn't exist, so nothing can run by default. */
  scriptUser?: Credentials | "failed";
  enableScriptSecurity?: boolean;
  useSymlinkPaths?: boolean;
  setSupplementaryGroups?: boolean;
  fifoWriteVrrpStatesOnReload?: boolean;
  startupScript?: CommandDraft;
  startupScriptTimeoutMicros?: Micros;
  shutdownScript?: CommandDraft;
  shutdownScriptTimeoutMicros?: Micros;
  childWaitTimeMicros?: Micros;
  processNames?: boolean;
  processName?: string;
  vrrpProcessName?: string;
  instance?: string;
  netNamespace?: string;
  usePidDir?: boolean;
  umask?: number;
  lowerPrioNoAdvert?: boolean;
  higherPrioSendAdvert?: boolean;
  ownerIgnoreAdverts?: boolean;
  checkUnicastSrc?: boolean;
  notifyPriorityChanges?: boolean;
}

export interface ScriptDraft extends Draft {
  readonly name: string;
  readonly place: Place;
  command?: CommandDraft;
  user?: Credentials;
  /** The user that was named doesn't exist: the script is taken out. */
  userFailed?: boolean;
  intervalMicros?: Micros;
  timeoutMicros?: Micros;
  weight?: number;
  reverse?: boolean;
  rise?: number;
  fall?: number;
  initFail?: boolean;
}

/** An entry of a list, and where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

export interface AddressDraft extends Omit<VirtualAddress, "interface"> {
  /** Undefined: the instance's own. */
  readonly interface: string | undefined;
}

export interface InstanceDraft extends Draft {
  readonly name: string;
  readonly place: Place;
  readonly garp: GarpDraft;
  readonly addresses: Placed<AddressDraft>[];
  readonly excludedAddresses: Placed<AddressDraft>[];
  readonly unicastPeers: Placed<Ip>[];
  readonly trackInterfaces: Placed<TrackConfig>[];
  readonly trackScripts: Placed<TrackConfig>[];
  /** What stands in its lists already, each list with words of its own. */
  readonly listed: Set<string>;
  readonly notify: { [event in NotifyEvent]?: CommandDraft };
  /** Set by the first address. */
  family?: IpFamily;
  state?: "MASTER" | "BACKUP";
  interface?: string;
  virtualRouterId?: number;
  priority?: number;
  version?: 2 | 3;
  advertIntMicros?: Micros;
  authType?: "PASS";
  authPass?: string;
  mcastGroup?: Ip;
  sourceIp?: Ip;
  /** Any keyword about unicast was there. */
  unicast?: boolean;
  checkUnicastSrc?: boolean;
  unicastTtl?: number;
  nopreempt?: boolean;
  preemptDelayMicros?: Micros;
  downTimerAdverts?: number;
  noVirtualIpaddress?: boolean;
  promoteSecondaries?: boolean;
  lowerPrioNoAdvert?: boolean;
  higherPrioSendAdvert?: boolean;
  ownerIgnoreAdverts?: boolean;
  skipCheckAdvAddr?: boolean;
  v3ChecksumAsV2?: boolean;
  strictMode?: boolean;
  accept?: boolean;
  dontTrackPrimary?: boolean;
  notifyAny?: CommandDraft;
  notifyDeleted?: boolean;
  notifyPriorityChanges?: boolean;
  smtpAlert?: boolean;
  debug?: number;
}

/** The whole of it, in the order of the file. */
export interface ConfigDraft {
  readonly global: GlobalDraft;
  /** By name, as the instances: a file may hold thousands. */
  readonly scripts: Map<string, ScriptDraft>;
  readonly instances: Map<string, InstanceDraft>;
}

/** Nothing set yet. */
export function emptyDraft(): ConfigDraft {
  return {
    global: {
      at: new Map(),
      notificationEmail: [],
      defaults: { garp: {} },
      vrrpProcess: {},
      notifyFifo: {},
      vrrpNotifyFifo: {},
    },
    scripts: new Map(),
    instances: new Map(),
  };
}
