import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { COMMAND } from "../../test/support/vrrp-config.ts";
import { type Micros, SECOND } from "../lib/micros.ts";
import type { Command, ScriptOutcome } from "../lib/script.ts";
import type { ScriptEnd, ScriptRunner } from "../os/script/child-process.ts";
import { type FifoReader, startFifoReader } from "./fifo-reader.ts";

/** A reader whose program the test ends, on a clock that the test moves. */
class Bench {
  readonly log: string[] = [];
  readonly started: (readonly string[])[] = [];
  terminated = 0;
  readonly reader: FifoReader;
  obstacle: string | undefined;
  #onEnd: (end: ScriptEnd) => void = () => assert.fail("nothing runs");

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
    const obstacleNow = (): string | undefined => this.obstacle;
    this.reader = startFifoReader({ startScript }, command, "/run/f", log, obstacleNow);
  }

  end(durationMicros: Micros, outcome: ScriptOutcome = { kind: "exited", status: 0 }): void {
    this.#onEnd({ outcome, durationMicros, output: Buffer.alloc(0) });
  }

  /** How many whole seconds pass until it is started again, 100 at most. */
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

test("its program gets the path, and is started again ever later, up to a minute", () => {
  const bench = new Bench();
  const waits = Array.from({ length: 8 }, () => {
    bench.end(SECOND);
    return bench.secondsToStart();
  });
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
  bench.end(60 * SECOND);
  assert.equal(bench.secondsToStart(), 1, "one that ran for a minute starts over");
  assert.ok(bench.started.every((words) => words.join() === "/run/f"));
  assert.match(bench.log[0] ?? "", /^Notify FIFO script .* for \/run\/f has ended$/);
  bench.close();
});

test("one that cannot be started says why, and one that is refused is not tried again", () => {
  const bench = new Bench({ ...COMMAND, refusal: "insecure path" });
  bench.end(0, { kind: "notStarted", reason: "insecure path" });
  assert.match(bench.log[0] ?? "", /has ended: insecure path$/);
  assert.equal(bench.secondsToStart(), 100);
  bench.close();
});

test("once it is stopped it is ended, and neither told of nor started again", () => {
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
  assert.equal(waiting.secondsToStart(), 100, "what was to start again does not");
  assert.equal(waiting.terminated, 0);
  waiting.close();
});

test("while the FIFO must not be read it is not started, which is logged once", () => {
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
