// The interface of an attack on a pair of daemons.

import type { Host } from "../../../lab/host.ts";
import type { Prng } from "../../../src/lib/prng.ts";
import type { Stage } from "../stage.ts";

/** The surroundings of an attack. */
export interface AttackContext {
  /** A settled pair of holdfast. */
  readonly stage: Stage;
  /** A third host on the switch of the pair. */
  readonly attacker: Host;
  readonly seed: number;
  readonly random: Prng;
  /** Scales counts, rates and times: above 0, at most 1. */
  readonly share: number;
  /** The number of rounds of the attack by random faults. */
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

/** One attack, bounded in count and time. */
export interface Attack {
  readonly name: string;
  readonly does: string;
  /** What must hold beside the general checks: no crash, no growth, no address on both nodes except at a handover. */
  readonly holds: string;
  /** Describes what was measured. Throws an Error if a check fails. */
  readonly run: (context: AttackContext) => Promise<string>;
}
