// Renders the JSON file of SIGRTMIN+2 with keepalived's names: an array of instances with data and counters.

import type { VrrpPart } from "../config/config.ts";
import { scopeName } from "../config/vrrp/scope.ts";
import type { VirtualAddress } from "../config/vrrp/types.ts";
import type { InstanceConfig, ScriptConfig } from "../config/vrrp/vrrp-config.ts";
import { type Micros, SECOND } from "../lib/micros.ts";
import { fullPrefixLength, prefixText } from "../lib/prefix.ts";
import type { Command } from "../lib/script.ts";
import { COUNTER_NAMES, COUNTERS } from "../vrrp/router/counters.ts";
import { type InstanceSnapshot, type NodeSnapshot, withConfigs } from "../vrrp/snapshot.ts";
import { STATE_WORDS } from "./state-name.ts";

/** The text of the file. `realtimeOffsetMicros`, added to an instant of the engine, gives time since 1970. */
export function renderJson(
  part: VrrpPart,
  snapshot: NodeSnapshot,
  realtimeOffsetMicros: Micros,
): string {
  const scriptByName = new Map(part.scripts.map((script) => [script.name, script]));
  const instances = withConfigs(snapshot, part).map(([config, instance]) => ({
    data: instanceData(config, instance, realtimeOffsetMicros, scriptByName),
    stats: instanceStats(instance),
  }));
  return `${JSON.stringify(instances)}\n`;
}

/** Undefined values are omitted: keepalived also omits missing scripts and empty lists. */
function instanceData(
  config: InstanceConfig,
  instance: InstanceSnapshot,
  realtimeOffsetMicros: Micros,
  scripts: ReadonlyMap<string, ScriptConfig>,
): object {
  const { state, lastChange } = instance;
  const { notify } = config;
  const isSet = state === "active";
  const trackedScripts = config.trackScripts.flatMap(({ name }) => {
    const script = scripts.get(name);
    return script === undefined ? [] : [commandText(script.command)];
  });
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
    vipset: isSet,
    promote_secondaries: config.promoteSecondaries,
    adver_int: config.advertIntMicros / SECOND,
    master_adver_int: config.advertIntMicros / SECOND,
    accept: config.accept ? 1 : 0,
    nopreempt: config.nopreempt,
    preempt_delay: config.preemptDelayMicros / SECOND,
    state: STATE_WORDS[state].number,
    wantstate:
      isSet || config.state === "MASTER" ? STATE_WORDS.active.number : STATE_WORDS.backup.number,
    version: config.version,
    smtp_alert: config.smtpAlert,
    notify_deleted: config.notifyDeleted,
    script_backup: commandText(notify.backup),
    script_master: commandText(notify.master),
    script_fault: commandText(notify.fault),
    script_stop: commandText(notify.stop),
    script_deleted: commandText(notify.deleted),
    script: commandText(config.notifyAny),
    script_master_rx_lower_pri: commandText(notify.masterRxLowerPri),
    vips: unlessEmpty(config.addresses.map((address) => addressText(address, isSet))),
    evips: unlessEmpty(config.excludedAddresses.map((address) => addressText(address, isSet))),
    track_ifp: unlessEmpty(config.trackInterfaces.map(({ name }) => name)),
    track_script: unlessEmpty(trackedScripts),
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

function unlessEmpty(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

function commandText(command: Command): string;
function commandText(command: Command | undefined): string | undefined;
function commandText(command: Command | undefined): string | undefined {
  return command?.argv.map((word) => `'${word}'`).join(" ");
}

function addressText(entry: VirtualAddress, isSet: boolean): string {
  const { address, prefixLength, broadcast, interface: name, scope, label } = entry;
  return [
    prefixLength === fullPrefixLength(address) ? address : prefixText(entry),
    ...(broadcast === undefined ? [] : ["brd", broadcast]),
    ...["dev", name, "scope", scopeName(scope)],
    ...(label === undefined ? [] : ["label", label]),
    ...(isSet ? ["set"] : []),
  ].join(" ");
}
