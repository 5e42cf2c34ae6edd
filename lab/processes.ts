// Who runs on this machine, as /proc tells it: the lab finds, kills and freezes whole daemons by this.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  /** As the kernel has it: at most 15 characters; what `killall` compares. */
  readonly comm: string;
  /** One letter: R, S, D, T (stopped), Z (dead, not yet waited for), … */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  /** Clock ticks since boot; with the pid it names one process for ever. */
  readonly startTicks: number;
}

/** Reads one process; undefined when there is none of that pid. */
export function readProcess(pid: number): ProcessInfo | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const numberAt = (index: number): number => Number(fields[index] ?? Number.NaN);
  return {
    pid,
    comm: stat.slice(open + 1, close),
    state: fields[0] ?? "?",
    parentPid: numberAt(1),
    processGroup: numberAt(2),
    session: numberAt(3),
    startTicks: numberAt(19),
  };
}

/** Every process that this one can see. */
export function listProcesses(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const process = readProcess(Number(name));
    if (process !== undefined) found.push(process);
  }
  return found;
}

/** True while `pid` runs; a zombie is dead. With `startTicks` another process of the same pid is too. */
export function isAlive(pid: number, startTicks?: number): boolean {
  const process = readProcess(pid);
  if (process === undefined || process.state === "Z" || process.state === "X") return false;
  return startTicks === undefined || process.startTicks === startTicks;
}

/** The arguments of `pid`, empty when it is gone or a zombie. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** The pid by which `pid` knows itself in its own process namespace, as its log lines have it. */
export function innerPid(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? pid);
  } catch {
    return undefined;
  }
}

/** Names the namespace of `pid`: equal strings are the same one; undefined when it is gone or not ours to see. */
export function namespaceOf(pid: number, kind: "net" | "pid" | "mnt"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Sends `signal`; false when the process was gone already. */
export function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
