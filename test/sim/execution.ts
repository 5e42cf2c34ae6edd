// Whether a process runs. A signal or a freezer can stop it anywhere: between two turns of its loop, or within one
// before any call of a port.

import type { World } from "./world.ts";

/** Unwinds the turn of a process that was killed in the middle. */
export class ProcessEnded extends Error {}

export class Execution {
  readonly #world: World;
  readonly #onResumed: () => void;
  #isStopped = false;
  #isKilled = false;
  #isInTurn = false;
  /** It is stopped within a turn. */
  #isHeld = false;
  #planned: { calls: number; readonly act: () => void } | undefined;

  /** `onResumed`: called when it runs again after a stop. */
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

  /** Calls `act`, which stops or kills the process, before a port is called after `calls` further calls. */
  beforeCallAfter(calls: number, act: () => void): void {
    this.#planned = { calls, act };
  }

  continue(): void {
    this.#planned = undefined;
    if (!this.#isStopped) return;
    this.#isStopped = false;
    // A process stopped within a turn continues that turn.
    if (!this.#isHeld) this.#onResumed();
  }

  kill(): void {
    this.#isKilled = true;
  }

  /** Runs one turn; false if the process is stopped. */
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

  /**
   * Called before each call of a port. If the process is stopped here, the rest of the world runs until it continues.
   */
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
