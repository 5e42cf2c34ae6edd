// What an attack on a pair of daemons is made of.

import type { Host } from "../../../lab/host.ts";
import type { Prng } from "../../../src/lib/prng.ts";
import type { Stage } from "../stage.ts";

/** What an attack has at hand. */
export interface Field {
  /** Two holdfast that have settled. */
  readonly stage: Stage;
  /** A third host on the switch of the pair. */
  readonly attacker: Host;
  readonly seed: number;
  readonly random: Prng;
  /** Above 0, at most 1: the share of their full counts, rates and times that attacks take. */
  readonly share: number;
  /** How many rounds the attack by random faults lasts. */
  readonly rounds: number;
  readonly tell: (line: string) => void;
}

/** One attack. It ends by itself, bounded in count and time. */
export interface Attack {
  readonly name: string;
  readonly does: string;
  /** Beside what holds after every attack: no crash, no growth, no address on two nodes but at a hand-over. */
  readonly holds: string;
  /** Gives what was measured. Throws an Error when something does not hold. */
  readonly run: (field: Field) => Promise<string>;
}
