// The clock of one host: it runs a little faster or slower than true time, which no host knows.

import { MILLISECOND, type Micros } from "../../src/lib/micros.ts";
import type { World } from "./world.ts";

export class HostClock {
  readonly #world: World;
  /** Microseconds of this clock in a true one. */
  readonly #rate: number;
  readonly #offset: Micros;

  constructor(world: World, rate: number, offset: Micros) {
    this.#world = world;
    this.#rate = rate;
    this.#offset = offset;
  }

  now(): Micros {
    return this.#offset + Math.floor(this.#world.now * this.#rate);
  }

  /** Calls `act` when this clock shows `at`, or at once. */
  at(at: Micros, act: () => void): void {
    this.#world.schedule(Math.ceil((at - this.#offset) / this.#rate), act);
  }

  /** As Node's timers do: after whole milliseconds, and not before. */
  after(micros: Micros, act: () => void): void {
    this.at(this.now() + Math.ceil(micros / MILLISECOND) * MILLISECOND, act);
  }
}
