// A child that is started before its configuration is known. It loads its program, then waits for the order to start;
// until then it does nothing.

import type { Child, SpawnRequest, SupervisorPorts } from "./ports.ts";

type Spawn<Part, Sent, Obeyed> = SupervisorPorts<Part, Sent, Obeyed>["spawn"];

export interface EarlyChild<Part, Sent, Obeyed> {
  /** Hands the child over to the owner of `request`; undefined if it has ended or was already handed over. */
  take(request: SpawnRequest<Sent>): Child<Part, Obeyed> | undefined;
  /** Kills it, unless it was handed over. */
  discard(): void;
}

/**
 * Starts a child by `spawn` with `descriptors`. A failed start or an early end is not reported: `take` returns undefined.
 * `isDead` asks the kernel, since Node reports an end some turns of the loop later.
 */
export function startEarly<Part, Sent, Obeyed>(
  spawn: Spawn<Part, Sent, Obeyed>,
  descriptors: readonly number[],
  isDead: (pid: number) => boolean,
): EarlyChild<Part, Sent, Obeyed> {
  let owner: SpawnRequest<Sent> | undefined;
  let hasEnded = false;
  const child = spawn({
    descriptors,
    onReport: (report) => owner?.onReport(report),
    onFailed: () => undefined,
    onEnd: (end) => {
      hasEnded = true;
      owner?.onEnd(end);
    },
  });
  return {
    take: (request) => {
      if (child === undefined || hasEnded || owner !== undefined) return undefined;
      if (isDead(child.pid)) return undefined;
      owner = request;
      return child;
    },
    discard: () => {
      if (owner === undefined && !hasEnded) child?.kill("SIGKILL");
    },
  };
}
