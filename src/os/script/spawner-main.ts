// The main file of a spawner: a small process that starts scripts for the parent. It has switched to their user once,
// and its posix_spawn does not block the parent's loop. It ends with the parent and terminates its scripts.

import { defined } from "../../lib/assert.ts";
import {
  markDescriptorsCloseOnExec,
  passStandardDescriptorsOn,
} from "../process/inherited-descriptors.ts";
import { mapMemoryFile } from "../process/memory-file.ts";
import { disableDebugger, ignoreStraySignals, onSignal } from "../process/signal.ts";
import { becomeUser } from "./become-user.ts";
import { captureOutput, type Output } from "./output-capture.ts";
import {
  closePipeEnd,
  openPipe,
  reapAny,
  type Surroundings,
  spawnProgram,
  toCStrings,
} from "./posix-spawn.ts";
import { ProgramTable } from "./program-table.ts";
import { type SpawnEnd, type SpawnerStart, type SpawnOrder, TABLE_FD } from "./spawner-messages.ts";

interface Run {
  readonly slot: number;
  readonly output: Output | undefined;
}

/** Starts the requested programs and reports their ends. */
class Spawner {
  readonly #table: ProgramTable;
  readonly #surroundings: Surroundings;
  /** The running programs by pid. */
  readonly #runs = new Map<number, Run>();
  /** The negative errno if switching to the scripts' user failed, else 0. */
  #refusal = 0;
  #ended: SpawnEnd[] = [];

  constructor(table: ProgramTable, { plan, environment, fileLimit }: SpawnerStart) {
    this.#table = table;
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    this.#surroundings = { environment: toCStrings(variables), fileLimit };
    if (plan.kind !== "switch") return;
    try {
      becomeUser(plan);
    } catch (error) {
      this.#refusal = -Math.abs((error as NodeJS.ErrnoException).errno ?? 1);
    }
  }

  run({ slot, argv, umask, captureOctets }: SpawnOrder): void {
    if (umask !== undefined) process.umask(umask);
    const pipes = captureOctets > 0 ? [openPipe(), openPipe()] : [];
    const open = pipes.filter((pipe) => typeof pipe !== "number");
    const [stdout, stderr] = open;
    const outputs =
      stdout === undefined || stderr === undefined
        ? undefined
        : { stdout: stdout.write, stderr: stderr.write };
    const result =
      this.#refusal ||
      (pipes.find((pipe) => typeof pipe === "number") ??
        spawnProgram(argv, this.#surroundings, outputs));
    for (const { write } of open) closePipeEnd(write);
    if (result < 0) {
      for (const { read } of open) closePipeEnd(read);
      this.#report(slot, result, Buffer.alloc(0));
      return;
    }
    this.#table.set(slot, result);
    const reads = open.map(({ read }) => read);
    const output = reads.length === 0 ? undefined : captureOutput(reads, captureOctets);
    this.#runs.set(result, { slot, output });
  }

  /** Reaps and reports all programs that have ended. */
  reap(): void {
    for (let end = reapAny(); end !== undefined; end = reapAny()) {
      const { pid, status } = end;
      const run = this.#runs.get(pid);
      if (run === undefined) continue;
      const { slot, output } = run;
      this.#runs.delete(pid);
      if (output === undefined) this.#report(slot, status, Buffer.alloc(0));
      else output.finish((text) => this.#report(slot, status, text));
    }
  }

  /** Sends SIGTERM to all running programs. */
  endAll(): void {
    for (const pid of this.#runs.keys()) {
      try {
        process.kill(-pid, "SIGTERM");
      } catch {
        // It has ended, or it runs as another user now.
      }
    }
  }

  #report(slot: number, status: number, output: Buffer): void {
    this.#table.clear(slot);
    if (this.#ended.length === 0) setImmediate(() => this.#flush());
    this.#ended.push({ slot, status, output: output.toString("base64") });
  }

  /** Sends the ends of one turn of the loop in one message. */
  #flush(): void {
    const message = this.#ended;
    this.#ended = [];
    process.send?.(message, () => undefined);
  }
}

/** Runs this process. It keeps Node's name, so that a search for the daemon by name does not find it. */
function main(): void {
  disableDebugger();
  ignoreStraySignals();
  // A terminal, a service manager or `killall` sends these to all processes of the daemon; only the parent handles them.
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2", "SIGRTMAX-1", "SIGRTMIN+2"]) {
    onSignal(name, () => undefined);
  }
  markDescriptorsCloseOnExec();
  passStandardDescriptorsOn();
  const table = new ProgramTable(mapMemoryFile(TABLE_FD, Number(process.argv[2])));
  let spawner: Spawner | undefined;
  onSignal("SIGCHLD", () => spawner?.reap());
  process.once("message", (first) => {
    spawner = new Spawner(table, first as SpawnerStart);
    process.on("message", (orders) => {
      for (const order of orders as readonly SpawnOrder[]) defined(spawner, "a start").run(order);
    });
  });
  process.on("disconnect", () => {
    spawner?.endAll();
    process.exit();
  });
}

main();
