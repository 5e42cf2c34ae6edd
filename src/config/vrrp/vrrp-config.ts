// The types of the VRRP configuration.

import type { Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Command } from "../../lib/script.ts";
import type { FromRows, GivenBy } from "../keyword/row.ts";
import type { AUTHENTICATION_ROWS } from "./authentication-rows.ts";
import type { INSTANCE_ROWS } from "./instance-rows.ts";
import type { SCRIPT_ROWS } from "./script-rows.ts";
import type { NotifyEvent, TrackConfig, VirtualAddress } from "./types.ts";

/** The objects of the blocks `vrrp_script` and `vrrp_instance`. */
export type VrrpConfig = {
  /** Only tracked ones. */
  readonly scripts: readonly ScriptConfig[];
  readonly instances: readonly InstanceConfig[];
};

/** The fields of vrrp_script that need no code besides its rows. */
export type ScriptFields = FromRows<typeof SCRIPT_ROWS>;

/** A tracked script. */
export interface ScriptConfig extends ScriptFields {
  readonly name: string;
  readonly command: Command;
  readonly reverse: boolean;
}

/** The values that a vrrp_script sets itself. */
export type ScriptGiven = GivenBy<typeof SCRIPT_ROWS> & { readonly reverse?: true };

/** The fields of vrrp_instance that need no code besides its rows. */
export type InstanceFields = FromRows<typeof INSTANCE_ROWS>;

/** Gratuitous ARP. A delay, time or number of zero disables what it belongs to. */
export type GarpConfig = InstanceFields["garp"] & {
  /** The minimum time between two ARPs on one interface. */
  readonly intervalMicros: Micros;
};

/** A virtual router. */
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
  /** If a reload removes the instance, it is reported as DELETED, not FAULT. */
  readonly notifyDeleted: boolean;
}

/** The values that a vrrp_instance sets itself. */
export type InstanceGiven = GivenBy<
  readonly [...typeof INSTANCE_ROWS, ...typeof AUTHENTICATION_ROWS]
> & {
  /** The last one that was set, for multicast or unicast. */
  readonly sourceIp?: Ip;
  readonly notifyDeleted?: true;
};
