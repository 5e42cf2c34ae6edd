// Whether a process runs. A signal or a freezer may stop it anywhere: between two turns of its loop, or in the middle of
// one, before any call of a port.

import type { World } from "./world.ts";

/** Unwinds a turn whose process was killed in the middle. */
export class ProcessEnded extends Error {}

export class Execution {
  readonly #world: World;
  readonly #onResumed: () => void;
  #isStopped = false;
  #isKilled = false;
  #isInTurn = false;
  /** Stopped in the middle of a turn. */
  #isHeld = false;
  #planned: { calls: number; readonly act: () => void } | undefined;

  /** `onResumed`: it runs again after it was stopped. */
  constructor(world: World, onResumed: () => void) {
    this.#world = world;
    this.#onResumed = onResumed;
  }

  get isRunning(): boolean {
    return !this.#isStopped && !this.#isKilled && !this.#isHeld;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Does `act`, which stops or kills it, before it calls a port for the time after `calls` others. */
  beforeCallAfter(calls: number, act: () => void): void {
    this.#planned = { calls, act };
  }

  continue(): void {
    this.#planned = undefined;
    if (!this.#isStopped) return;
    this.#isStopped = false;
    // One that is held continues in its own turn.
    if (!this.#isHeld) this.#onResumed();
  }

  kill(): void {
    this.#isKilled = true;
  }

  /** Does one turn; false if it cannot begin now. */
  turn(work: () => void): boolean {
    if (!this.isRunning || this.#isInTurn) return false;
    this.#isInTurn = true;
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
    } finally {
      this.#isInTurn = false;
    }
    return true;
  }

  /** Before each call of a port. Where the process is stopped here, the rest of the world runs on until it continues. */
  beforeCall(): void {
    const planned = this.#planned;
    if (planned !== undefined && planned.calls-- <= 0) {
      this.#planned = undefined;
      planned.act();
      if (this.#isKilled) throw new ProcessEnded();
    }
    if (!this.#isStopped) return;
    this.#isHeld = true;
    this.#world.runWhile(() => this.#isStopped && !this.#isKilled);
    this.#isHeld = false;
    if (this.#isKilled) throw new ProcessEnded();
    this.#onResumed();
  }
}
