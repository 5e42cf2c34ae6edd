import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actionsOf } from "../../../test/support/actions.ts";
import { scriptConfig } from "../../../test/support/vrrp-config.ts";
import type { ScriptConfig } from "../../config/vrrp/vrrp-config.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import type { ScriptOutcome } from "../../lib/script.ts";
import { Step } from "../step.ts";
import { type Health, ScriptTracker } from "./script-tracker.ts";

const GOOD: ScriptOutcome = { kind: "exited", status: 0 };
const BAD: ScriptOutcome = { kind: "exited", status: 1 };
/** From the end of a script's own time to that of the answer: two kills and a second. */
const GRACE: Micros = 5 * SECOND;

/** A tracker with its step. */
class Bench {
  readonly step = new Step(false);
  readonly script: ScriptTracker;

  constructor(over: Partial<ScriptConfig> = {}) {
    this.script = new ScriptTracker(scriptConfig({ name: "a", ...over }), 0);
    this.script.shortageLimitMicros = 60 * SECOND;
  }

  /** Handles the deadlines up to `until` and returns the orders and log lines: `run`, or the text. */
  runTo(until: Micros): string[] {
    while (this.script.deadline() <= until) {
      this.step.now = Math.max(this.script.deadline(), this.step.now);
      this.script.onDeadline(this.step);
    }
    this.step.now = Math.max(until, this.step.now);
    return this.finish();
  }

  /** Starts the run of the next deadline, ends it at once, and returns the health. */
  next(outcome: ScriptOutcome): Health {
    this.runTo(this.script.deadline());
    this.script.onEnded(this.step, this.step.now, outcome);
    return this.script.health;
  }

  finish(): string[] {
    return actionsOf(this.step.finish()).flatMap((action) => {
      if (action.kind === "runScript") return [`run ${action.run / SECOND}`];
      return action.kind === "log" ? [action.text] : [];
    });
  }
}

describe("the results of a script", () => {
  test("after the first, fall failures in a row make it down and rise successes up", () => {
    const bench = new Bench({ fall: 3, rise: 2 });
    assert.equal(bench.script.health, "unknown");
    assert.equal(bench.next(GOOD), "up");
    assert.deepEqual(
      [BAD, BAD, GOOD, BAD, BAD, BAD].map((outcome) => bench.next(outcome)),
      [...["up", "up", "up", "up", "up"], "down"],
    );
    assert.deepEqual(
      [GOOD, BAD, GOOD, GOOD].map((outcome) => bench.next(outcome)),
      ["down", "down", "down", "up"],
    );
  });

  test("are reported only if the health changes", () => {
    const bench = new Bench({ fall: 2 });
    const changes = [GOOD, GOOD, BAD, BAD, BAD, GOOD].map((outcome) => {
      const before = bench.script.health;
      bench.runTo(bench.script.deadline());
      const isChanged = bench.script.onEnded(bench.step, bench.step.now, outcome);
      assert.equal(isChanged, bench.script.health !== before);
      return isChanged;
    });
    assert.deepEqual(changes, [true, false, false, true, false, true]);
  });

  test("count by the thresholds of the last reload, and so does the time between runs", () => {
    const bench = new Bench({ intervalMicros: 60 * SECOND, fall: 3 });
    bench.next(GOOD);
    bench.script.reconfigure(bench.step, scriptConfig({ name: "a", intervalMicros: 2 * SECOND }));
    assert.equal(bench.script.deadline(), 2 * SECOND, "a shorter interval holds at once");
    assert.equal(bench.next(BAD), "down");
    assert.equal(bench.script.deadline(), 4 * SECOND);
    bench.script.reconfigure(bench.step, scriptConfig({ name: "a", intervalMicros: 9 * SECOND }));
    assert.equal(bench.script.deadline(), 4 * SECOND, "a longer one from the next run on");
  });

  test("are logged again at a reload, if there is one", () => {
    const bench = new Bench();
    const reload = (): string[] => {
      bench.finish();
      bench.script.reconfigure(bench.step, scriptConfig({ name: "a" }));
      return bench.finish();
    };
    assert.deepEqual(reload(), []);
    bench.next(GOOD);
    assert.deepEqual(reload(), ["VRRP_Script(a) considered successful on reload"]);
    bench.next(BAD);
    assert.deepEqual(reload(), ["VRRP_Script(a) considered unsuccessful on reload"]);
  });

  test("do not apply to a script with another command, user, groups or timeout", () => {
    const before = scriptConfig({ name: "a", rise: 3, fall: 3 });
    const { command } = before;
    const changes: Partial<ScriptConfig>[] = [
      { command: { ...command, argv: ["/bin/false"] } },
      { command: { ...command, argv: [...command.argv, "-x"] } },
      { command: { ...command, uid: command.uid + 1 } },
      { command: { ...command, gid: command.gid + 1 } },
      { command: { ...command, supplementaryGroups: [command.gid + 1] } },
      { timeoutMicros: 9 * SECOND },
    ];
    for (const change of changes) {
      for (const wanted of ["up", "down"] satisfies Health[]) {
        const former: ScriptOutcome = wanted === "up" ? BAD : GOOD;
        const other: ScriptOutcome = wanted === "up" ? GOOD : BAD;
        const bench = new Bench(before);
        const health = bench.next(former);
        bench.runTo(bench.script.deadline());
        const formerRun = bench.step.now;
        bench.step.now += SECOND / 10;
        bench.script.reconfigure(bench.step, { ...before, ...change });
        assert.equal(bench.script.deadline(), bench.step.now, "it runs at once");
        assert.equal(bench.script.onEnded(bench.step, formerRun, other), false);
        assert.equal(bench.script.health, health, "nothing moves before its first result");
        assert.equal(bench.next(other), wanted);
      }
    }
  });

  test("stay if only the interval, weight, thresholds or spelling of the command change", () => {
    const before = scriptConfig({ name: "a" });
    const others: Partial<ScriptConfig>[] = [
      { intervalMicros: 3 * SECOND },
      { weight: 5, reverse: true },
      { rise: 2, fall: 2 },
      { command: { ...before.command, text: `'${before.command.text}'` } },
    ];
    for (const other of others) {
      const bench = new Bench(before);
      bench.next(GOOD);
      bench.script.reconfigure(bench.step, { ...before, fall: 2, ...other });
      assert.equal(bench.next(BAD), "up");
      assert.equal(bench.next(BAD), "down");
    }
  });

  test("with init_fail it counts as failed until the first success", () => {
    const bench = new Bench({ rise: 3, initFail: true });
    assert.equal(bench.script.health, "down");
    assert.equal(bench.next(GOOD), "up");
  });
});

describe("the runs of a script", () => {
  test("keep their beat; a long delay starts a new one", () => {
    const bench = new Bench({ intervalMicros: 2 * SECOND });
    const runAt = (now: Micros): Micros => {
      bench.step.now = now;
      bench.next(GOOD);
      return bench.script.deadline();
    };
    assert.equal(runAt(5_000), 2 * SECOND);
    assert.equal(runAt(2 * SECOND + 5_000), 4 * SECOND);
    assert.equal(runAt(60 * SECOND), 62 * SECOND);
  });

  test("that are still running when the next is due are waited for", () => {
    const bench = new Bench({ intervalMicros: SECOND });
    const skipped = "Track script a is already running, expect idle - skipping run";
    assert.deepEqual(bench.runTo(0), ["run 0"]);
    const timedOut = "Track script a is being timed out, expect idle - skipping run";
    assert.deepEqual(bench.runTo(2 * SECOND), [skipped, timedOut]);
    assert.ok(bench.script.onEnded(bench.step, 0, GOOD));
    assert.deepEqual(bench.runTo(3 * SECOND), ["VRRP_Script(a) succeeded", "run 3"]);
  });
});

describe("a run that failed to start for lack of resources", () => {
  const SHORTAGE: ScriptOutcome = { kind: "shortage", reason: "no process" };

  test("is no result, is logged once and retried soon", () => {
    const bench = new Bench({ intervalMicros: 5 * SECOND, fall: 2 });
    bench.next(GOOD);
    bench.finish();
    assert.equal(bench.next(SHORTAGE), "up");
    assert.deepEqual(bench.finish(), [
      "Track script a could not be started: no process. Retrying; its last result stays valid for 60 s",
    ]);
    assert.equal(bench.script.deadline(), 6 * SECOND);
    assert.equal(bench.next(SHORTAGE), "up");
    assert.deepEqual(bench.finish(), []);
    assert.equal(bench.next(BAD), "up", "the failures before it were none");
    assert.deepEqual(bench.finish(), [
      "Track script a could be started again",
      "Script `a` now returning 1",
    ]);
    assert.equal(bench.next(BAD), "down");
  });

  test("counts as failed if the lack lasts beyond the limit", () => {
    const bench = new Bench();
    bench.next(GOOD);
    while (bench.step.now < 60 * SECOND) assert.equal(bench.next(SHORTAGE), "up");
    assert.equal(bench.next(SHORTAGE), "down");
    assert.equal(bench.step.now, 61 * SECOND, "a second after the good run, and a minute");
    assert.equal(bench.next(GOOD), "up");
    assert.equal(bench.next(SHORTAGE), "up", "a new one has all its time again");
  });

  test("leaves the first result open", () => {
    const bench = new Bench({ fall: 3 });
    assert.equal(bench.next(SHORTAGE), "unknown");
    assert.equal(bench.next(BAD), "down");
  });

  test("gives another script of this name its full time", () => {
    const bench = new Bench();
    bench.next(GOOD);
    while (bench.step.now < 50 * SECOND) assert.equal(bench.next(SHORTAGE), "up");
    bench.runTo(bench.step.now + 1);
    const command = { ...bench.script.config.command, argv: ["/bin/false"] };
    bench.script.reconfigure(bench.step, { ...bench.script.config, command });
    while (bench.step.now < 109 * SECOND) assert.equal(bench.next(SHORTAGE), "up");
    while (bench.step.now < 112 * SECOND) bench.next(SHORTAGE);
    assert.equal(bench.script.health, "down");
  });

  test("does not fill the log if it recurs", () => {
    const bench = new Bench();
    const lines = Array.from({ length: 50 }, (_, count) => {
      bench.next(count % 2 === 0 ? GOOD : SHORTAGE);
      return bench.finish();
    });
    assert.equal(lines.flat().filter((text) => /could/.test(text)).length, 2);
  });
});

describe("an unanswered run", () => {
  test("counts as failed after its script's full time, and so does each later due run", () => {
    const bench = new Bench({ intervalMicros: 4 * SECOND, timeoutMicros: SECOND, fall: 3 });
    bench.next(GOOD);
    bench.finish();
    assert.deepEqual(bench.runTo(4 * SECOND), ["run 4"]);
    assert.doesNotMatch(bench.runTo(5 * SECOND + GRACE - 1).join(), /answer/);
    assert.deepEqual(bench.runTo(5 * SECOND + GRACE), [
      "Track script a: the parent process does not answer, the run ordered 6 s ago counts as failed",
    ]);
    assert.deepEqual(bench.runTo(12 * SECOND), []);
    assert.equal(bench.script.health, "up");
    assert.deepEqual(bench.runTo(16 * SECOND), [
      "VRRP_Script(a) failed (the parent process does not answer)",
    ]);
    assert.equal(bench.script.health, "down");
    // Neither runs nor log lines pile up for a stopped parent.
    assert.deepEqual(bench.runTo(3_600 * SECOND), []);
  });

  test("has its interval as the limit without a timeout", () => {
    const bench = new Bench({ intervalMicros: 3 * SECOND, timeoutMicros: 0 });
    bench.runTo(3 * SECOND + GRACE - 1);
    assert.equal(bench.script.health, "unknown");
    bench.runTo(3 * SECOND + GRACE);
    assert.equal(bench.script.health, "down");
  });

  test("gives no result when finally answered; the next run starts at once and counts", () => {
    const bench = new Bench({ intervalMicros: 2 * SECOND, timeoutMicros: SECOND });
    bench.runTo(7 * SECOND);
    bench.finish();
    assert.equal(bench.script.onEnded(bench.step, 0, GOOD), false);
    assert.equal(bench.script.health, "down");
    assert.deepEqual(bench.runTo(7 * SECOND), [
      "Track script a: the parent process answers again",
      "run 7",
    ]);
    assert.equal(bench.script.onEnded(bench.step, 0, BAD), false, "the same answer twice");
    assert.ok(bench.script.isRunning);
    assert.ok(bench.script.onEnded(bench.step, 7 * SECOND, GOOD));
    assert.equal(bench.script.health, "up");
  });

  test("of the previous process, or of a removed script of this name, is ignored", () => {
    const bench = new Bench();
    bench.runTo(0);
    assert.equal(bench.script.onEnded(bench.step, -5, BAD), false);
    assert.ok(bench.script.isRunning);
    assert.equal(bench.script.health, "unknown");
  });

  test("gets more time if this process itself was delayed", () => {
    const bench = new Bench({ intervalMicros: 60 * SECOND, timeoutMicros: SECOND });
    bench.runTo(0);
    bench.script.onPause(3_600 * SECOND, 3_594 * SECOND);
    bench.runTo(3_603 * SECOND);
    assert.equal(bench.script.health, "unknown");
    bench.runTo(3_604 * SECOND);
    assert.equal(bench.script.health, "down");
  });
});
