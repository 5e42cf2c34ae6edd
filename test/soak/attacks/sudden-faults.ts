// Attack: kills and freezes processes and pulls cables at random.

import { FAULTS } from "../faults.ts";
import { playRound } from "../round.ts";
import type { Attack } from "./attack.ts";

const SUDDEN_FAULTS = FAULTS.filter(({ isSudden }) => isSudden === true);

export const suddenFaults: Attack = {
  name: "sudden-faults",
  does: `plays --rounds N random faults: ${SUDDEN_FAULTS.map(({ name }) => name).join(", ")}`,
  holds: "no address on both nodes except at a handover",
  run: async ({ stage, seed, rounds, progress }) => {
    for (let step = 0; step < rounds; step++) {
      await playRound(stage, SUDDEN_FAULTS, { seed, step, progress });
    }
    return `${rounds} rounds, seed ${seed}`;
  },
};
