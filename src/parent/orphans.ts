// Reaps orphans as the first process of a container: processes that scripts leave running become its children, and would
// stay zombies.

import { endedChildren, reap } from "../os/process/process-control.ts";
import { onSignal } from "../os/process/signal.ts";

/** Node reaps its own children at once. A zombie older than this is an orphan. */
const PATIENCE_MILLIS = 1_000;

/** Reaps orphans from now on, if this process is the first of its pid namespace. */
export function adoptOrphans(): void {
  if (process.pid !== 1) return;
  let isWaiting = false;
  let seen: readonly number[] = [];

  const look = (): void => {
    // Reap only those seen before: this process may have been delayed, and Node may not have reaped its own yet.
    const ended = endedChildren();
    for (const pid of ended) if (seen.includes(pid)) reap(pid);
    seen = ended.filter((pid) => !seen.includes(pid));
    isWaiting = false;
    if (seen.length > 0) wait();
  };
  const wait = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    // The first immediate runs after this turn's signals, the second after their handlers.
    setTimeout(() => setImmediate(() => setImmediate(look)), PATIENCE_MILLIS).unref();
  };
  onSignal("SIGCHLD", wait);
}
