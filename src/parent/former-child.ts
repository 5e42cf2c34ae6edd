// The children of a daemon that was killed: as a rule they stop by themselves at once, but one that a signal stopped
// stays, and would take what the next daemon holds as its own once it runs on.

import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../lib/log.ts";
import { isProcessDead, readProcessStatus } from "../os/process/process-control.ts";
import { RECORD_FILE_NAME } from "../process/record.ts";

/** How long one that runs may take to stop in order. */
const PATIENCE_MILLIS = 1_000;
const LOOK_MILLIS = 20;

/**
 * Waits for the end of the process `pid`, which a former daemon left in the pid file of `role`, or kills it. Nothing
 * happens when it is none of ours, or has a daemon that lives.
 */
export async function endFormerChild(role: string, pid: number, log: Log): Promise<void> {
  const status = readProcessStatus(pid);
  if (status === undefined || status.hasEnded) return;
  if (!hasRecords(pid) || hasRecords(status.parentPid)) return;
  const { startTicks } = status;
  const end = performance.now() + PATIENCE_MILLIS;
  while (!isProcessDead(pid, startTicks)) {
    const isStopped = readProcessStatus(pid)?.isStopped === true;
    if (isStopped || performance.now() > end) {
      const why = isStopped ? "stands still" : "does not stop";
      log("warning", `The ${role} process(${pid}) of a daemon that was killed ${why}: killing it`);
      kill(pid);
      return;
    }
    await sleep(LOOK_MILLIS);
  }
}

function hasRecords(pid: number): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => isRecordFile(`${folder}/${fd}`));
  } catch {
    return false;
  }
}

function isRecordFile(link: string): boolean {
  try {
    return readlinkSync(link).startsWith(`/memfd:${RECORD_FILE_NAME} `);
  } catch {
    // Closed since the folder was read.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
