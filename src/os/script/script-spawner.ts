// The parent's side of a spawner: a process that has switched to a scripts' user and starts programs on request.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closeDescriptor } from "../net/socket.ts";
import { createMemoryFile, mapMemoryFile } from "../process/memory-file.ts";
import { ProgramTable } from "./program-table.ts";
import {
  parseSpawnEnds,
  type SpawnEnd,
  type SpawnerStart,
  type SpawnOrder,
} from "./spawner-messages.ts";

/** How a program ended. */
export type ProgramResult =
  /** `status` is a wait status (man 2 wait). */
  | { readonly kind: "ended"; readonly status: number; readonly output: Buffer }
  | { readonly kind: "failed"; readonly errno: number }
  /** The spawner could not be started or has ended, and its programs with it. */
  | { readonly kind: "lost"; readonly reason: string };

export interface ProgramRequest {
  readonly argv: readonly string[];
  readonly umask: number | undefined;
  readonly captureOctets: number;
}

/** A requested program. */
export interface Program {
  /** Undefined until it runs; stays after its end. */
  readonly pid: number | undefined;
  /** The time since its start; 0 unless it runs. */
  ageMillis(): number;
  /** Kills a spawner that does not respond; all its programs are lost. */
  abandon(): void;
}

/** Node options for a spawner, if this Node has them: no debugger, no unneeded threads. */
function nodeOptions(): string[] {
  return ["--disable-sigusr1", "--v8-pool-size=0"].filter((option) =>
    process.allowedNodeEnvironmentFlags.has(option.split("=")[0] as string),
  );
}

/** Starts programs of one user. Its process starts with the first program, and again after it was killed. */
export class ScriptSpawner {
  readonly #start: SpawnerStart;
  readonly #slots: number;
  readonly #freeSlots: number[] = [];
  /** Result callbacks by slot. */
  readonly #pending = new Map<number, (result: ProgramResult) => void>();
  /** The running programs, which survive a killed spawner. */
  #table: ProgramTable | undefined;
  #tableFd = -1;
  #child: ChildProcess | undefined;
  #outbox: SpawnOrder[] = [];

  /** Allows up to `slots` programs at once. */
  constructor(start: SpawnerStart, slots: number) {
    this.#start = start;
    this.#slots = slots;
    for (let slot = slots - 1; slot >= 0; slot--) this.#freeSlots.push(slot);
  }

  /** Starts a program. Calls `onResult` once, after this has returned. */
  run(request: ProgramRequest, onResult: (result: ProgramResult) => void): Program {
    let knownPid: number | undefined;
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new RangeError(`more than ${this.#slots} programs at once`);
    let hasEnded = false;
    this.#pending.set(slot, (result) => {
      hasEnded = true;
      onResult(result);
    });
    if (this.#outbox.length === 0) setImmediate(() => this.#flush());
    this.#outbox.push({ slot, ...request });
    const pidOf = (): number | undefined => {
      // After the end, the slot may belong to another program.
      if (!hasEnded) knownPid = this.#table?.pidOf(slot) ?? knownPid;
      return knownPid;
    };
    return {
      get pid() {
        return pidOf();
      },
      ageMillis: () => (hasEnded ? 0 : (this.#table?.ageMillis(slot) ?? 0)),
      abandon: () => void this.#child?.kill("SIGKILL"),
    };
  }

  /** Ends the process if no program runs; the next program starts it again. */
  closeIfIdle(): void {
    if (this.#pending.size > 0) return;
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #flush(): void {
    const orders = this.#outbox;
    this.#outbox = [];
    try {
      this.#child ??= this.#launch();
    } catch (error) {
      this.#loseAll((error as Error).message);
      return;
    }
    this.#child.ref();
    this.#child.channel?.ref();
    if (this.#child.connected) this.#child.send(orders, () => undefined);
  }

  #launch(): ChildProcess {
    const octets = ProgramTable.octets(this.#slots);
    if (this.#table === undefined) {
      const fd = createMemoryFile("scripts", octets);
      try {
        this.#table = new ProgramTable(mapMemoryFile(fd, octets));
        this.#tableFd = fd;
      } catch (error) {
        closeDescriptor(fd);
        throw error;
      }
    }
    const main = fileURLToPath(new URL("./spawner-main.js", import.meta.url));
    const words = [...nodeOptions(), main, String(octets)];
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "ignore", "ignore", "ipc", this.#tableFd],
    });
    const onGone = (reason: string): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#loseAll(reason);
    };
    child.on("error", (error) => {
      // An error of a running spawner means a broken channel: it ends, and `exit` follows.
      if (child.pid === undefined) onGone(error.message);
    });
    child.once("exit", (status, signal) => {
      onGone(`the script spawner ended (${signal ?? `status ${status}`})`);
    });
    child.on("message", (message) => {
      // Ignore an abandoned spawner: its programs are lost, and their slots may be in use again.
      if (this.#child !== child) return;
      const ends = parseSpawnEnds(message);
      if (ends === undefined) child.kill("SIGKILL");
      else for (const end of ends) this.#settle(end);
    });
    if (child.pid !== undefined) child.send(this.#start, () => undefined);
    return child;
  }

  #settle({ slot, status, output }: SpawnEnd): void {
    this.#release(
      slot,
      status < 0
        ? { kind: "failed", errno: -status }
        : { kind: "ended", status, output: Buffer.from(output, "base64") },
    );
    if (this.#pending.size > 0) return;
    // An idle spawner must not keep this process alive.
    this.#child?.unref();
    this.#child?.channel?.unref();
  }

  #release(slot: number, result: ProgramResult): void {
    const onResult = this.#pending.get(slot);
    if (!this.#pending.delete(slot)) return;
    this.#freeSlots.push(slot);
    onResult?.(result);
  }

  #loseAll(reason: string): void {
    for (const slot of [...this.#pending.keys()]) {
      const pid = this.#table?.pidOf(slot);
      this.#table?.clear(slot);
      if (pid !== undefined) endGroup(pid);
      this.#release(slot, { kind: "lost", reason });
    }
  }
}

/** Kills a process group left by a killed spawner. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
