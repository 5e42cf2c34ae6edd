// Reads processes from /proc and sends them signals. The lab uses it to find, kill and freeze whole daemons.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessInfo {
  readonly pid: number;
  /** The kernel's name of the process, at most 15 characters; `killall` compares it. */
  readonly comm: string;
  /** One letter: R, S, D, T (stopped), Z (zombie), … */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  /** Start time in clock ticks since boot; together with the pid it is unique. */
  readonly startTicks: number;
}

/** Reads one process; undefined if it does not exist. */
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

/** All processes visible to this one. */
export function listProcesses(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const process = readProcess(Number(name));
    if (process !== undefined) found.push(process);
  }
  return found;
}

/** Whether `pid` is running. Zombies are dead; so is a reused pid, if `startTicks` is given. */
export function isAlive(pid: number, startTicks?: number): boolean {
  const process = readProcess(pid);
  if (process === undefined || process.state === "Z" || process.state === "X") return false;
  return startTicks === undefined || process.startTicks === startTicks;
}

/** The arguments of `pid`; empty if it is gone or a zombie. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** The pid of process `pid` in its own pid namespace, as in its log lines. Undefined if it is gone. */
export function innerPid(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? pid);
  } catch {
    return undefined;
  }
}

/** Identifies a namespace of `pid`; equal strings mean the same namespace. Undefined if it is gone or inaccessible. */
export function namespaceOf(pid: number, kind: "net" | "pid" | "mnt"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Sends `signal`; false if the process was already gone. */
export function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
