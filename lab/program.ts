// A program that runs on a lab host: its lines with the time they came, and the life and death of all its processes.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { patienceMillis, until, wallMillis } from "./clock.ts";
import { isAlive, listProcesses, namespaceOf, type ProcessInfo, send } from "./processes.ts";

/** One line of output without its line end. */
export interface OutputLine {
  /** When it was read, wall-clock milliseconds. */
  readonly at: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** How the started process itself ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Added to, or with undefined taken from, the environment of the lab. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard output goes to this open descriptor as it is and gives no lines. */
  readonly stdoutTo?: number;
  /** Called for every line as it comes. */
  readonly onLine?: (line: OutputLine) => void;
}

/** The tag in the environment by which a program's processes are known wherever they were reparented. */
export const tagName = "HF_LAB_PROGRAM";

/** A started program with all that it started itself. Made by `Host.spawn`. */
export class Program {
  readonly argv: readonly string[];
  /** Everything it wrote so far, in the order it was read. */
  readonly lines: OutputLine[] = [];
  /** Settles when the started process has ended and its output is read. */
  readonly ended: Promise<ExitStatus>;
  exit: ExitStatus | undefined;
  readonly #entry: ChildProcess;
  readonly #tag: string;
  readonly #pidNamespace: string | undefined;
  readonly #waiting: Set<() => void> = new Set();
  #pid: number | undefined;

  /** `enter` are the words that bring a command into the host whose first process is `hostPid`. */
  constructor(
    enter: readonly string[],
    hostPid: number,
    argv: readonly string[],
    tag: string,
    options: SpawnOptions,
  ) {
    this.argv = argv;
    this.#tag = tag;
    this.#pidNamespace = namespaceOf(hostPid, "pid");
    const [command = "false", ...rest] = [...enter, ...argv];
    this.#entry = spawn(command, rest, {
      // A session of its own: what the program forks stays in it and can be found again.
      detached: true,
      env: { ...process.env, ...options.env, [tagName]: tag },
      stdio: ["ignore", options.stdoutTo ?? "pipe", "pipe"],
    });
    this.#collect("stdout", options.onLine);
    this.#collect("stderr", options.onLine);
    this.ended = new Promise((resolve) => {
      const end = (exit: ExitStatus): void => {
        this.exit ??= exit;
        this.#wake();
        resolve(this.exit);
      };
      this.#entry.once("error", (error) => {
        this.lines.push({ at: wallMillis(), stream: "stderr", text: error.message });
        end({ code: 127, signal: null });
      });
      this.#entry.once("close", (code, signal) => end({ code, signal }));
    });
  }

  #collect(stream: "stdout" | "stderr", onLine: SpawnOptions["onLine"]): void {
    let rest = "";
    const take = (text: string): void => {
      const line: OutputLine = { at: wallMillis(), stream, text };
      this.lines.push(line);
      onLine?.(line);
    };
    const readable = this.#entry[stream];
    readable?.setEncoding("utf8");
    readable?.on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) take(part);
      this.#wake();
    });
    readable?.on("end", () => {
      if (rest !== "") take(rest);
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The pid of the started process, as seen from outside the host. Undefined in its first instant and after its end. */
  get pid(): number | undefined {
    this.#pid ??= listProcesses().find(
      (process) => process.parentPid === this.#entry.pid && this.#isInside(process.pid),
    )?.pid;
    return this.#pid;
  }

  /** Everything it wrote so far as one text. */
  text(): string {
    return this.lines.map((line) => line.text).join("\n");
  }

  /**
   * The first line from index `from` on that matches, waiting for it when it has not come yet.
   * Throws an Error with the last lines when `timeoutMillis` pass or the program ends without it.
   */
  waitForLine(
    pattern: RegExp,
    timeoutMillis: number = patienceMillis,
    from = 0,
  ): Promise<OutputLine> {
    return new Promise((resolve, reject) => {
      let next = from;
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const fail = (why: string): void =>
        finish(() =>
          reject(new Error(`${why} for ${pattern} of ${this.argv.join(" ")}\n${this.#tail()}`)),
        );
      const look = (): void => {
        for (; next < this.lines.length; next += 1) {
          const line = this.lines[next];
          if (line === undefined || !pattern.test(line.text)) continue;
          finish(() => resolve(line));
          return;
        }
        if (this.exit !== undefined)
          fail(`the program ended (${this.exit.signal ?? this.exit.code}) while waiting`);
      };
      const timer = setTimeout(() => fail(`waited ${timeoutMillis} ms in vain`), timeoutMillis);
      this.#waiting.add(look);
      look();
    });
  }

  #tail(): string {
    const last = this.lines.slice(-20).map((line) => `  | ${line.text}`);
    return last.length === 0 ? "  (it wrote nothing)" : last.join("\n");
  }

  #isInside(pid: number): boolean {
    return namespaceOf(pid, "pid") === this.#pidNamespace;
  }

  #isTagged(pid: number): boolean {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      return environment.includes(`${tagName}=${this.#tag}`);
    } catch {
      return false;
    }
  }

  /**
   * Every living process of the program: the started one, what it forked and what those forked, also
   * after the death of their parents. They share the session, the descent or the tag in the environment.
   */
  processes(): ProcessInfo[] {
    const all = listProcesses().filter((process) => process.state !== "Z" && process.state !== "X");
    const mine = new Set<number>();
    const entryPid = this.#entry.pid;
    for (const process of all) {
      if (process.pid === entryPid) continue;
      if (process.session === entryPid || this.#isTagged(process.pid)) mine.add(process.pid);
    }
    for (let before = -1; before !== mine.size; ) {
      before = mine.size;
      for (const process of all) if (mine.has(process.parentPid)) mine.add(process.pid);
    }
    return all.filter((process) => mine.has(process.pid) && this.#isInside(process.pid));
  }

  /** Sends `signal` to the started process alone; false when it is gone. */
  signal(signal: NodeJS.Signals | number): boolean {
    const pid = this.pid;
    return pid !== undefined && isAlive(pid) && send(pid, signal);
  }

  #signalAll(signal: NodeJS.Signals): number[] {
    const processes = this.processes();
    for (const process of processes) send(process.pid, signal);
    return processes.map((process) => process.pid);
  }

  /** Kills every process of the program at one blow; gives the instant of the first. Resolves when all are dead. */
  async killAll(): Promise<number> {
    // Held still first, so that nobody is told of a neighbour's death and acts on it.
    this.#signalAll("SIGSTOP");
    const at = wallMillis();
    await until(`the death of ${this.argv.join(" ")}`, () => {
      if (this.#signalAll("SIGKILL").length > 0) return undefined;
      return true;
    });
    this.#continueEntry();
    return at;
  }

  /** Stops every process of the program (SIGSTOP); gives the instant. Resolves when all stand still. */
  async freeze(): Promise<number> {
    const at = wallMillis();
    await until(`${this.argv.join(" ")} to stand still`, () => {
      const moving = this.processes().filter((process) => process.state !== "T");
      for (const process of moving) send(process.pid, "SIGSTOP");
      return moving.length === 0 ? true : undefined;
    });
    return at;
  }

  /** Lets every process go on (SIGCONT); gives the instant. */
  thaw(): number {
    const at = wallMillis();
    this.#signalAll("SIGCONT");
    this.#continueEntry();
    return at;
  }

  /** The program that entered the host for us stops when its child does; without this it would not see the end. */
  #continueEntry(): void {
    if (this.#entry.pid !== undefined && this.#entry.exitCode === null)
      send(this.#entry.pid, "SIGCONT");
  }

  /**
   * Ends what brought it into the host. For the end of the lab: a program that is frozen then dies with its host, but
   * the one that waits for it is outside, stands still as well, and would keep this process alive.
   */
  abandon(): void {
    if (this.exit === undefined) this.#entry.kill("SIGKILL");
  }

  /** Ends it in good order: SIGTERM, and `killAll` for what is left after `timeoutMillis`. */
  async stop(timeoutMillis: number = patienceMillis): Promise<ExitStatus> {
    this.#signalAll("SIGCONT");
    this.#continueEntry();
    this.signal("SIGTERM");
    const timer = setTimeout(() => void this.killAll().catch(() => undefined), timeoutMillis);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}
