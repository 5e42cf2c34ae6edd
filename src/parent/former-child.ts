// The children of a killed daemon. They normally exit at once, but one stopped by a signal stays; if it continued later,
// it would interfere with the next daemon's addresses.

import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../lib/log.ts";
import { isProcessDead, readProcessStatus } from "../os/process/process-control.ts";
import { RECORD_FILE_NAME } from "../process/record.ts";

/** How long a running one may take to stop. */
const PATIENCE_MILLIS = 1_000;
const LOOK_MILLIS = 20;

/**
 * Waits for the end of process `pid`, from a former daemon's pid file of `role`, or kills it. Does nothing if it is not
 * one of ours or its daemon is alive.
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
      const why = isStopped ? "is stopped" : "does not exit";
      log("warning", `The ${role} process(${pid}) of a killed daemon ${why}: killing it`);
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
    // Closed meanwhile.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
