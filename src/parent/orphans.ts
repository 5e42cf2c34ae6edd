// What the first process of a container owes its others: what a script left running becomes its child, and stays a
// zombie for ever when nobody takes note of its end.

import { endedChildren, reap } from "../os/process/process-control.ts";
import { onSignal } from "../os/process/signal.ts";

/** Node takes note of its own children at once. Who is still there after this is nobody's. */
const PATIENCE_MILLIS = 1_000;

/** Reaps orphans whenever some child has ended, if this process is the first of its pid namespace. */
export function adoptOrphans(): void {
  if (process.pid !== 1) return;
  let isWaiting = false;
  let seen: readonly number[] = [];

  const look = (): void => {
    // Not before Node has heard of its own: it may have been this process that was held up.
    const ended = endedChildren();
    for (const pid of ended) if (seen.includes(pid)) reap(pid);
    seen = ended.filter((pid) => !seen.includes(pid));
    isWaiting = false;
    if (seen.length > 0) wait();
  };
  const wait = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    // Immediates run behind the signals of the same turn of Node's loop; the second one behind what those brought.
    setTimeout(() => setImmediate(() => setImmediate(look)), PATIENCE_MILLIS).unref();
  };
  onSignal("SIGCHLD", wait);
}
