// The program of a user's that reads a notify FIFO: started with it, started again when it ends.

import type { Log } from "../lib/log.ts";
import type { Command } from "../lib/script.ts";
import type { RunningScript, ScriptRunner } from "../os/script/child-process.ts";

export interface FifoReader {
  /** Ends it for good. */
  stop(): void;
}

const FIRST_RESTART_MILLIS = 1_000;
const LAST_RESTART_MILLIS = 60_000;

/**
 * Keeps `command` running with the FIFO's path behind its arguments. What ends is started again, after one second and
 * then ever later up to a minute; one that ran for a minute starts over with one second. `obstacle` is asked before
 * each start, and gives the reason when the FIFO must not be read.
 */
export function startFifoReader(
  runner: Pick<ScriptRunner, "startScript">,
  command: Command,
  path: string,
  log: Log,
  obstacle: () => string | undefined = () => undefined,
): FifoReader {
  let isStopped = false;
  let delayMillis = FIRST_RESTART_MILLIS;
  let timer: NodeJS.Timeout | undefined;
  let running: RunningScript | undefined;
  let refusal: string | undefined;

  const startLater = (): void => {
    timer = setTimeout(start, delayMillis).unref();
    delayMillis = Math.min(delayMillis * 2, LAST_RESTART_MILLIS);
  };
  const start = (): void => {
    const reason = obstacle();
    if (reason !== undefined) {
      if (reason !== refusal) {
        log("error", `Notify FIFO script ${command.text} is not started: ${reason}`);
      }
      refusal = reason;
      startLater();
      return;
    }
    refusal = undefined;
    running = runner.startScript(
      command,
      { timeoutMicros: 0, extraArguments: [path] },
      ({ outcome, durationMicros }) => {
        running = undefined;
        if (isStopped) return;
        if (durationMicros / 1_000 >= LAST_RESTART_MILLIS) delayMillis = FIRST_RESTART_MILLIS;
        const reason = "reason" in outcome ? `: ${outcome.reason}` : "";
        log("warning", `Notify FIFO script ${command.text} for ${path} has ended${reason}`);
        // What is refused for good need not be tried again.
        if (command.refusal !== undefined) return;
        startLater();
      },
    );
  };
  start();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      running?.terminate();
    },
  };
}
