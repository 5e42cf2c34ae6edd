// Runs the user's program that reads a notify FIFO, and restarts it when it ends.

import type { Log } from "../lib/log.ts";
import type { Command } from "../lib/script.ts";
import type { RunningScript, ScriptRunner } from "../os/script/child-process.ts";

export interface FifoReader {
  /** Terminates the program and does not restart it. */
  stop(): void;
}

const FIRST_RESTART_MILLIS = 1_000;
const LAST_RESTART_MILLIS = 60_000;

/**
 * Keeps `command` running, with the path of the FIFO appended to its arguments. Restarts it after one second, doubled
 * for each further restart up to a minute; a run of at least a minute resets the delay. `findObstacle` is called before
 * each start and returns a reason if the FIFO must not be read.
 */
export function startFifoReader(
  runner: Pick<ScriptRunner, "startScript">,
  command: Command,
  path: string,
  log: Log,
  findObstacle: () => string | undefined = () => undefined,
): FifoReader {
  let isStopped = false;
  let delayMillis = FIRST_RESTART_MILLIS;
  let timer: NodeJS.Timeout | undefined;
  let running: RunningScript | undefined;
  let loggedObstacle: string | undefined;

  const startLater = (): void => {
    timer = setTimeout(start, delayMillis).unref();
    delayMillis = Math.min(delayMillis * 2, LAST_RESTART_MILLIS);
  };
  const start = (): void => {
    const obstacle = findObstacle();
    const isNew = obstacle !== loggedObstacle;
    loggedObstacle = obstacle;
    if (obstacle !== undefined) {
      if (isNew) log("error", `Notify FIFO script ${command.text} is not started: ${obstacle}`);
      startLater();
      return;
    }
    running = runner.startScript(
      command,
      { timeoutMicros: 0, extraArguments: [path] },
      ({ outcome, durationMicros }) => {
        running = undefined;
        if (isStopped) return;
        if (durationMicros / 1_000 >= LAST_RESTART_MILLIS) delayMillis = FIRST_RESTART_MILLIS;
        const reason = "reason" in outcome ? `: ${outcome.reason}` : "";
        log("warning", `Notify FIFO script ${command.text} for ${path} has ended${reason}`);
        // A refused command will never start.
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
