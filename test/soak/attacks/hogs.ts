// Attack: programs that use all processor time.

import { availableParallelism } from "node:os";
import type { Attack } from "./attack.ts";

const HOGS_A_PROCESSOR = 4;
const SECONDS = 10;

export const hogs: Attack = {
  name: "hogs",
  does: `runs ${HOGS_A_PROCESSOR} endless loops on each processor for ${SECONDS} s`,
  holds: "no address on both nodes except at a handover",
  run: async ({ stage, attacker, share }) => {
    const count = HOGS_A_PROCESSOR * availableParallelism();
    const seconds = SECONDS * share;
    stage.enter("handOver");
    const loop = ["timeout", String(seconds), "sh", "-c", "while :; do :; done"];
    const ends = Array.from({ length: count }, () => attacker.spawn(loop).ended);
    await Promise.all(ends);
    return `${count} hogs for ${seconds.toFixed(1)} s`;
  },
};
