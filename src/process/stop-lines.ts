// What a process says at its end of the processor time that it took: keepalived's lines.

import { type Micros, SECOND } from "../lib/micros.ts";
import type { CpuUsage } from "../os/process/cpu-usage.ts";

/** Of the vrrp process, which has no children; the time only with -D. */
export function childStopLine(own: CpuUsage, detailed: boolean): string {
  if (!detailed) return "Stopped";
  return `Stopped - used ${inSeconds(own.userMicros)} user time, ${inSeconds(own.systemMicros)} system time`;
}

/** Of the parent and all it started; only with -D. */
export function cpuUsageLine(own: CpuUsage, children: CpuUsage): string {
  const user = `${inSeconds(own.userMicros)}/${inSeconds(children.userMicros)}`;
  const system = `${inSeconds(own.systemMicros)}/${inSeconds(children.systemMicros)}`;
  return `CPU usage (self/children) user: ${user} system: ${system}`;
}

function inSeconds(micros: Micros): string {
  return (micros / SECOND).toFixed(6);
}
