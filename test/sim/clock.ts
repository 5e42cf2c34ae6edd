// The clock of one host: slightly faster or slower than true time, which no host knows.

import { MILLISECOND, type Micros } from "../../src/lib/micros.ts";
import type { World } from "./world.ts";

export class HostClock {
  readonly #world: World;
  /** Microseconds of this clock per true microsecond. */
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

  /** Calls `act` when this clock shows `at`, or at once if that has passed. */
  at(at: Micros, act: () => void): void {
    this.#world.schedule(Math.ceil((at - this.#offset) / this.#rate), act);
  }

  /** Like Node's timers: whole milliseconds, never early. */
  after(micros: Micros, act: () => void): void {
    this.at(this.now() + Math.ceil(micros / MILLISECOND) * MILLISECOND, act);
  }
}
