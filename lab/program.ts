// A program running on a lab host: its output lines with timestamps, and control over all its processes.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { longTimeoutMillis, until, wallMillis } from "./clock.ts";
import { isAlive, listProcesses, namespaceOf, type ProcessInfo, send } from "./processes.ts";

/** One line of output without the newline. */
export interface OutputLine {
  /** When it was read, in wall-clock milliseconds. */
  readonly at: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Exit status of the started process. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  /** Variables added to the lab's environment; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard output goes to this descriptor unchanged instead of into lines. */
  readonly stdoutTo?: number;
  /** Called for each line. */
  readonly onLine?: (line: OutputLine) => void;
}

/** The environment variable that identifies a program's processes even after they were reparented. */
export const tagName = "HF_LAB_PROGRAM";

/** A started program with all its descendants. Created by `Host.spawn`. */
export class Program {
  readonly argv: readonly string[];
  /** All output so far, in the order it was read. */
  readonly lines: OutputLine[] = [];
  /** Resolves when the started process has ended and its output is read. */
  readonly ended: Promise<ExitStatus>;
  exit: ExitStatus | undefined;
  readonly #entry: ChildProcess;
  readonly #tag: string;
  readonly #pidNamespace: string | undefined;
  readonly #waiting: Set<() => void> = new Set();
  #pid: number | undefined;

  /** `enter` is the command prefix that enters the host whose PID 1 is `hostPid`. */
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
      // In its own session, by which its descendants can be found.
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

  /** The pid of the started process, as seen from outside the host. Undefined until it runs, or if it ended before. */
  get pid(): number | undefined {
    this.#pid ??= listProcesses().find(
      (process) => process.parentPid === this.#entry.pid && this.#isInside(process.pid),
    )?.pid;
    return this.#pid;
  }

  /** All output so far as one string. */
  text(): string {
    return this.lines.map((line) => line.text).join("\n");
  }

  /**
   * Waits for the first matching line at index `from` or later.
   * Throws an Error with the last lines after `timeoutMillis` or if the program ends first.
   */
  waitForLine(
    pattern: RegExp,
    timeoutMillis: number = longTimeoutMillis,
    from = 0,
  ): Promise<OutputLine> {
    return new Promise((resolve, reject) => {
      let next = from;
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const fail = (why: string): void => {
        const what = `waiting for ${pattern} of ${this.argv.join(" ")}`;
        finish(() => reject(new Error(`${why} ${what}\n${this.#tail()}`)));
      };
      const look = (): void => {
        for (; next < this.lines.length; next += 1) {
          const line = this.lines[next];
          if (line === undefined || !pattern.test(line.text)) continue;
          finish(() => resolve(line));
          return;
        }
        if (this.exit !== undefined) fail(`exited (${this.exit.signal ?? this.exit.code})`);
      };
      const timer = setTimeout(() => fail(`timed out after ${timeoutMillis} ms`), timeoutMillis);
      this.#waiting.add(look);
      look();
    });
  }

  #tail(): string {
    const last = this.lines.slice(-20).map((line) => `  | ${line.text}`);
    return last.length === 0 ? "  (no output)" : last.join("\n");
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
   * All live processes of the program: the started one and its descendants, including orphans. Found by session,
   * ancestry or environment tag.
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

  /** Sends `signal` to the started process only; false if it is gone. */
  signal(signal: NodeJS.Signals | number): boolean {
    const pid = this.pid;
    return pid !== undefined && isAlive(pid) && send(pid, signal);
  }

  #signalAll(signal: NodeJS.Signals): number[] {
    const processes = this.processes();
    for (const process of processes) send(process.pid, signal);
    return processes.map((process) => process.pid);
  }

  /** Kills all processes of the program and waits until they are dead. Returns when it sent the first SIGKILL. */
  async killAll(): Promise<number> {
    // Freeze all of them first, so that none can react to the death of another.
    this.#signalAll("SIGSTOP");
    const at = wallMillis();
    await until(`the death of ${this.argv.join(" ")}`, () => {
      if (this.#signalAll("SIGKILL").length > 0) return undefined;
      return true;
    });
    this.#continueEntry();
    return at;
  }

  /** Freezes all processes of the program (SIGSTOP) and waits until they have stopped. Returns when it began. */
  async freeze(): Promise<number> {
    const at = wallMillis();
    await until(`${this.argv.join(" ")} to freeze`, () => {
      const moving = this.processes().filter((process) => process.state !== "T");
      for (const process of moving) send(process.pid, "SIGSTOP");
      return moving.length === 0 ? true : undefined;
    });
    return at;
  }

  /** Resumes all processes (SIGCONT). Returns when it did. */
  thaw(): number {
    const at = wallMillis();
    this.#signalAll("SIGCONT");
    this.#continueEntry();
    return at;
  }

  /** nsenter stops itself when its child stops; unless it is continued, it does not notice the child's end. */
  #continueEntry(): void {
    if (this.#entry.pid !== undefined && this.#entry.exitCode === null)
      send(this.#entry.pid, "SIGCONT");
  }

  /**
   * Kills the nsenter process, for the end of the lab: a frozen program dies with its host, but its nsenter outside is
   * frozen too and would keep this process alive.
   */
  abandon(): void {
    if (this.exit === undefined) this.#entry.kill("SIGKILL");
  }

  /** Stops the program with SIGTERM, and with `killAll` if it still runs after `timeoutMillis`. */
  async stop(timeoutMillis: number = longTimeoutMillis): Promise<ExitStatus> {
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
