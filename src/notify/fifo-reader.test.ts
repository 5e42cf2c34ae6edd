import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { COMMAND } from "../../test/support/vrrp-config.ts";
import { type Micros, SECOND } from "../lib/micros.ts";
import type { Command, ScriptOutcome } from "../lib/script.ts";
import type { ScriptEnd, ScriptRunner } from "../os/script/child-process.ts";
import { type FifoReader, startFifoReader } from "./fifo-reader.ts";

/** A reader with mocked timers whose program ends when the test calls `end`. */
class Bench {
  readonly log: string[] = [];
  readonly started: (readonly string[])[] = [];
  terminated = 0;
  readonly reader: FifoReader;
  obstacle: string | undefined;
  #onEnd: (end: ScriptEnd) => void = () => assert.fail("no program runs");

  constructor(command: Command = COMMAND, obstacle?: string) {
    this.obstacle = obstacle;
    mock.timers.enable({ apis: ["setTimeout"] });
    const startScript: ScriptRunner["startScript"] = (_command, { extraArguments }, onEnd) => {
      this.started.push(extraArguments ?? []);
      this.#onEnd = onEnd;
      const terminate = (): void => {
        this.terminated++;
      };
      return { pid: undefined, isGone: () => false, terminate, end: () => Promise.resolve() };
    };
    const log = (_level: string, text: string): void => void this.log.push(text);
    const findObstacle = (): string | undefined => this.obstacle;
    this.reader = startFifoReader({ startScript }, command, "/run/f", log, findObstacle);
  }

  end(durationMicros: Micros, outcome: ScriptOutcome = { kind: "exited", status: 0 }): void {
    this.#onEnd({ outcome, durationMicros, output: Buffer.alloc(0) });
  }

  /** The whole seconds until the next start, at most 100. */
  secondsToStart(): number {
    const before = this.started.length;
    let seconds = 0;
    for (; seconds < 100 && this.started.length === before; seconds++) mock.timers.tick(1_000);
    return seconds;
  }

  close(): void {
    mock.timers.reset();
  }
}

test("a reader gets the path, and is restarted with delays that double up to a minute", () => {
  const bench = new Bench();
  const waits = Array.from({ length: 8 }, () => {
    bench.end(SECOND);
    return bench.secondsToStart();
  });
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
  bench.end(60 * SECOND);
  assert.equal(bench.secondsToStart(), 1, "a run of a minute resets the delay");
  assert.ok(bench.started.every((words) => words.join() === "/run/f"));
  assert.match(bench.log[0] ?? "", /^Notify FIFO script .* for \/run\/f has ended$/);
  bench.close();
});

test("a failed start is logged with its reason, and a refused command is not retried", () => {
  const bench = new Bench({ ...COMMAND, refusal: "insecure path" });
  bench.end(0, { kind: "notStarted", reason: "insecure path" });
  assert.match(bench.log[0] ?? "", /has ended: insecure path$/);
  assert.equal(bench.secondsToStart(), 100);
  bench.close();
});

test("a stopped reader is terminated and not restarted", () => {
  const bench = new Bench();
  bench.reader.stop();
  assert.equal(bench.terminated, 1);
  bench.end(SECOND);
  assert.equal(bench.secondsToStart(), 100);
  assert.deepEqual(bench.log, []);
  bench.close();
  const waiting = new Bench();
  waiting.end(SECOND);
  waiting.reader.stop();
  assert.equal(waiting.secondsToStart(), 100, "the pending restart is cancelled");
  assert.equal(waiting.terminated, 0);
  waiting.close();
});

test("a reader is not started while the FIFO must not be read, which is logged once", () => {
  const bench = new Bench(COMMAND, "/run/f belongs to uid 65534");
  assert.equal(bench.secondsToStart(), 100);
  assert.equal(bench.log.length, 1);
  assert.match(bench.log[0] ?? "", /is not started: \/run\/f belongs to uid 65534$/);
  bench.obstacle = undefined;
  assert.ok(bench.secondsToStart() <= 60);
  bench.obstacle = "/run/f belongs to uid 65534";
  bench.end(60 * SECOND);
  assert.equal(bench.secondsToStart(), 100);
  assert.equal(bench.started.length, 1);
  bench.close();
});
