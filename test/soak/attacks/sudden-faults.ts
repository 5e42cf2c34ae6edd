// Parents and children killed and frozen, and cables pulled, at random.

import { FAULTS } from "../faults.ts";
import { playRound } from "../round.ts";
import type { Attack } from "./attack.ts";

const SUDDEN_FAULTS = FAULTS.filter(({ isSudden }) => isSudden === true);

export const suddenFaults: Attack = {
  name: "sudden-faults",
  does: `rounds (--rounds N) of a random one of: ${SUDDEN_FAULTS.map(({ name }) => name).join(", ")}`,
  holds: "no address on two nodes but at a hand-over, in any round",
  run: async ({ stage, seed, rounds, tell }) => {
    for (let step = 0; step < rounds; step++) {
      await playRound(stage, SUDDEN_FAULTS, { seed, step, tell });
    }
    return `${rounds} rounds, seed ${seed}`;
  },
};
