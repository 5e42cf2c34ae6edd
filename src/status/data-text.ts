// Renders the data file of SIGUSR1: configuration and state of instances and scripts.

import type { VrrpPart } from "../config/config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import { formatSeconds, type Micros } from "../lib/micros.ts";
import { prefixText } from "../lib/prefix.ts";
import { type InstanceSnapshot, type NodeSnapshot, withConfigs } from "../vrrp/snapshot.ts";
import { STATE_WORDS } from "./state-name.ts";

/** One block per instance and script, with times relative to `now`. Hides passwords. */
export function renderData(part: VrrpPart, snapshot: NodeSnapshot, now: Micros): string {
  const lines = ["------< VRRP Topology >------"];
  for (const [config, instance] of withConfigs(snapshot, part)) {
    for (const line of instanceLines(config, instance, now)) lines.push(line);
  }
  lines.push("------< VRRP Scripts >------");
  for (const { name, health, isRunning } of snapshot.scripts) {
    lines.push(` VRRP Script = ${name}`, `   Status = ${health}${isRunning ? ", running" : ""}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The process's own health: the longest time by which a turn of its loop began too late. */
export function renderLateness(worstLatenessMicros: Micros): string {
  const worst = formatSeconds(worstLatenessMicros);
  return `------< VRRP Process >------\n Worst lateness = ${worst} sec\n`;
}

function instanceLines(config: InstanceConfig, instance: InstanceSnapshot, now: Micros): string[] {
  const row = (label: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`   ${label} = ${value}`];
  const until = (at: Micros | undefined): string | undefined =>
    at === undefined ? undefined : `in ${formatSeconds(Math.max(0, at - now))} sec`;
  const since = (at: Micros | undefined): string | undefined =>
    at === undefined ? undefined : `${formatSeconds(Math.max(0, now - at))} sec ago`;
  const { lastChange } = instance;
  return [
    ` VRRP Instance = ${config.name}`,
    ...row("VRRP Version", config.version),
    ...row("State", STATE_WORDS[instance.state].name),
    ...row("Wantstate", config.state),
    ...(lastChange === undefined
      ? []
      : row("Last transition", `${since(lastChange.at)}: ${lastChange.reason}`)),
    ...instance.faults.flatMap((fault) => row("Fault", fault)),
    ...row("Interface", config.interface),
    ...row("Virtual Router ID", config.virtualRouterId),
    ...row("Priority", config.priority),
    ...row("Effective priority", instance.effectivePriority),
    ...row("Advert interval", `${formatSeconds(config.advertIntMicros)} sec`),
    ...row("Preempt", config.nopreempt ? "disabled" : "enabled"),
    ...row("Master router", instance.activeRouter),
    ...row("Master priority", instance.activePriority),
    ...row(instance.state === "active" ? "Next advert" : "Down timer", until(instance.timerAt)),
    ...row("Last advert sent", since(instance.lastAdvertAt)),
    ...row("Lease of addresses", leaseText(instance)),
    ...row("Lease ends", until(instance.leaseEndAt)),
    ...row("Authentication", config.authPass === undefined ? "none" : "simple password"),
    ...addressLines("Virtual IP", config.addresses),
    ...addressLines("Virtual IP Excluded", config.excludedAddresses),
  ];
}

function leaseText({ leaseSeconds }: InstanceSnapshot): string {
  return leaseSeconds === undefined ? "none" : `${leaseSeconds} sec`;
}

function addressLines(label: string, addresses: InstanceConfig["addresses"]): readonly string[] {
  if (addresses.length === 0) return [];
  return [
    `   ${label} (${addresses.length}):`,
    ...addresses.map((entry) => `     ${prefixText(entry)} dev ${entry.interface}`),
  ];
}
