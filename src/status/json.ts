// The JSON file of SIGRTMIN+2, with keepalived's names: an array of instances, each with its data and its counters.

import type { VirtualAddress } from "../config/config.ts";
import { type Micros, SECOND } from "../lib/micros.ts";
import { COUNTER_NAMES, COUNTERS } from "../vrrp/counters.ts";
import type { InstanceSnapshot, NodeSnapshot } from "../vrrp/snapshot.ts";
import { STATE_WORDS } from "./state-name.ts";

/** The text of the file. `realtimeOffsetMicros`: what turns an instant of the engine into time since 1970. */
export function renderJson(snapshot: NodeSnapshot, realtimeOffsetMicros: Micros): string {
  const instances = snapshot.instances.map((instance) => ({
    data: instanceData(instance, realtimeOffsetMicros),
    stats: instanceStats(instance),
  }));
  return `${JSON.stringify(instances)}\n`;
}

function instanceData(instance: InstanceSnapshot, realtimeOffsetMicros: Micros): object {
  const { config, state, lastChange } = instance;
  const { notify } = config;
  return {
    iname: config.name,
    dont_track_primary: config.trackPrimary ? 0 : 1,
    skip_check_adv_addr: config.skipCheckAdvAddr ? 1 : 0,
    strict_mode: config.strictMode ? 1 : 0,
    vmac_ifname: "",
    ifp_ifname: config.interface,
    master_priority: instance.activePriority ?? 0,
    last_transition: lastChange === undefined ? 0 : (lastChange.at + realtimeOffsetMicros) / SECOND,
    garp_delay: config.garp.masterDelayMicros / SECOND,
    garp_refresh: config.garp.masterRefreshMicros / SECOND,
    garp_rep: config.garp.masterRepeat,
    garp_refresh_rep: config.garp.masterRefreshRepeat,
    garp_lower_prio_delay: config.garp.lowerPrioDelayMicros / SECOND,
    garp_lower_prio_rep: config.garp.lowerPrioRepeat,
    lower_prio_no_advert: config.lowerPrioNoAdvert ? 1 : 0,
    higher_prio_send_advert: config.higherPrioSendAdvert ? 1 : 0,
    vrid: config.virtualRouterId,
    base_priority: config.priority,
    effective_priority: instance.effectivePriority,
    vipset: state === "active",
    vips: config.addresses.map(addressText),
    evips: config.excludedAddresses.map(addressText),
    promote_secondaries: config.promoteSecondaries,
    adver_int: config.advertIntMicros / SECOND,
    master_adver_int: config.advertIntMicros / SECOND,
    accept: config.accept ? 1 : 0,
    nopreempt: config.nopreempt,
    preempt_delay: config.preemptDelayMicros / SECOND,
    state: STATE_WORDS[state].number,
    wantstate: config.state === "MASTER" ? STATE_WORDS.active.number : STATE_WORDS.backup.number,
    version: config.version,
    script_backup: notify.backup?.text ?? "",
    script_master: notify.master?.text ?? "",
    script_fault: notify.fault?.text ?? "",
    script_stop: notify.stop?.text ?? "",
    script: config.notifyAny?.text ?? "",
    smtp_alert: config.smtpAlert ? 1 : 0,
    auth_type: config.authPass === undefined ? 0 : 1,
    faults: instance.faults,
  };
}

function instanceStats(instance: InstanceSnapshot): object {
  return Object.fromEntries(
    COUNTER_NAMES.flatMap((name) => {
      const { statsName } = COUNTERS[name];
      return statsName === undefined ? [] : [[statsName, instance.counters[name]]];
    }),
  );
}

function addressText({ address, prefixLength, interface: name }: VirtualAddress): string {
  return `${address}/${prefixLength} dev ${name}`;
}
