// A child that is started before its configuration is known. It loads its program while that is read, and then waits for
// the order to start; without it, it does nothing at all.

import type { Child, SpawnRequest, SupervisorPorts } from "./ports.ts";

type Spawn<Part, Sent, Obeyed> = SupervisorPorts<Part, Sent, Obeyed>["spawn"];

export interface EarlyChild<Part, Sent, Obeyed> {
  /** Hands the child over, which `request` is then told of; undefined if it has ended, or was handed over before. */
  take(request: SpawnRequest<Sent>): Child<Part, Obeyed> | undefined;
  /** Kills it, unless it was handed over. */
  discard(): void;
}

/** Starts a child by `spawn` with `descriptors`. That it cannot be started, or ends, shows in `take` alone. */
export function startEarly<Part, Sent, Obeyed>(
  spawn: Spawn<Part, Sent, Obeyed>,
  descriptors: readonly number[],
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
      owner = request;
      return child;
    },
    discard: () => {
      if (owner === undefined && !hasEnded) child?.kill("SIGKILL");
    },
  };
}
