// The types of the configuration of VRRP.

import type { Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Command } from "../../lib/script.ts";
import type { FromRows, GivenBy } from "../keyword/row.ts";
import type { AUTHENTICATION_ROWS } from "./authentication-rows.ts";
import type { INSTANCE_ROWS } from "./instance-rows.ts";
import type { SCRIPT_ROWS } from "./script-rows.ts";
import type { NotifyEvent, TrackConfig, VirtualAddress } from "./types.ts";

/** The part of VRRP: what the blocks `vrrp_script` and `vrrp_instance` make. */
export type VrrpConfig = {
  /** Only those that an instance tracks. */
  readonly scripts: readonly ScriptConfig[];
  readonly instances: readonly InstanceConfig[];
};

/** The fields that the rows of vrrp_script make without code. */
export type ScriptFields = FromRows<typeof SCRIPT_ROWS>;

/** A tracked script: the fields of the rows, and those that code makes. */
export interface ScriptConfig extends ScriptFields {
  readonly name: string;
  readonly command: Command;
  readonly reverse: boolean;
}

/** What vrrp_script sets. */
export type ScriptGiven = GivenBy<typeof SCRIPT_ROWS> & { readonly reverse?: true };

/** The fields that the rows of vrrp_instance make without code. */
export type InstanceFields = FromRows<typeof INSTANCE_ROWS>;

/** Gratuitous ARP; zero: no second burst, no refresh, the queue's own pace. */
export type GarpConfig = InstanceFields["garp"] & {
  /** The least time between two ARPs on one interface. */
  readonly intervalMicros: Micros;
};

/** A virtual router: the fields of the rows, and those that code makes. */
export interface InstanceConfig extends InstanceFields {
  readonly name: string;
  /** Eight bytes as 16 hexadecimal digits, zero padded. */
  readonly authPass: string | undefined;
  readonly mcastSrcIp: Ip | undefined;
  readonly unicastSrcIp: Ip | undefined;
  /** Empty: multicast. */
  readonly unicastPeers: readonly Ip[];
  readonly addresses: readonly VirtualAddress[];
  readonly excludedAddresses: readonly VirtualAddress[];
  readonly garp: GarpConfig;
  readonly trackInterfaces: readonly TrackConfig[];
  readonly trackScripts: readonly TrackConfig[];
  readonly notify: { readonly [event in NotifyEvent]?: Command };
  /** `notify`: run for every event with type, name, state and priority appended. */
  readonly notifyAny: Command | undefined;
  /** A reload that takes the instance away reports DELETED, not FAULT. */
  readonly notifyDeleted: boolean;
}

/** What vrrp_instance sets. */
export type InstanceGiven = GivenBy<
  readonly [...typeof INSTANCE_ROWS, ...typeof AUTHENTICATION_ROWS]
> & {
  /** The last one that was set, for multicast or unicast. */
  readonly sourceIp?: Ip;
  readonly notifyDeleted?: true;
};
