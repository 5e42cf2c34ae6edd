import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../process/messages.ts";
import { startEarly } from "./early-child.ts";
import type { Child, ChildEnd, SpawnRequest } from "./ports.ts";

type TextReport = Report<string>;

/** A child that was started early; `started` is the request for it. */
function start({ succeeds = true, isDead = false } = {}) {
  const requests: SpawnRequest<string>[] = [];
  const signals: NodeJS.Signals[] = [];
  const child: Child<string, string> = {
    pid: 7,
    startedAt: 0,
    send: () => undefined,
    kill: (signal) => void signals.push(signal),
  };
  const early = startEarly<string, string, string>(
    (request) => {
      requests.push(request);
      if (succeeds) return child;
      request.onFailed("no more processes");
      return undefined;
    },
    [3, 4],
    (pid) => isDead && pid === child.pid,
  );
  const [started] = requests;
  assert.ok(started !== undefined);
  return { early, child, started, signals };
}

/** A supervisor's request, and the calls it received. */
function owner() {
  const received: (TextReport | ChildEnd | string)[] = [];
  const request: SpawnRequest<string> = {
    descriptors: [3, 4],
    onReport: (report) => received.push(report),
    onFailed: (reason) => received.push(reason),
    onEnd: (end) => received.push(end),
  };
  return { request, received };
}

const report: TextReport = { kind: "ready", generation: 1 };
const end: ChildEnd = { status: 0, signal: null };

test("an early child is taken once, and then reports to the supervisor that took it", () => {
  const { early, child, started, signals } = start();
  const { request, received } = owner();
  assert.deepEqual(started.descriptors, [3, 4]);
  assert.equal(early.take(request), child);
  assert.equal(early.take(request), undefined);
  started.onReport(report);
  started.onEnd(end);
  assert.deepEqual(received, [report, end]);
  early.discard();
  assert.deepEqual(signals, []);
});

test("an early child that is not taken is killed", () => {
  const { early, started, signals } = start();
  early.discard();
  assert.deepEqual(signals, ["SIGKILL"]);
  started.onEnd({ status: null, signal: "SIGKILL" });
  assert.equal(early.take(owner().request), undefined);
});

test("an early child that has ended is neither taken nor killed", () => {
  const { early, started, signals } = start();
  started.onEnd(end);
  const { request, received } = owner();
  assert.equal(early.take(request), undefined);
  early.discard();
  assert.deepEqual([received, signals], [[], []]);
});

test("an early child that was killed a moment ago is not taken, although its end is not reported yet", () => {
  const { early, started, signals } = start({ isDead: true });
  const { request, received } = owner();
  assert.equal(early.take(request), undefined);
  started.onEnd({ status: null, signal: "SIGUSR2" });
  early.discard();
  assert.deepEqual([received, signals], [[], []]);
  early.discard();
});

test("a failed early start is not reported", () => {
  const { early } = start({ succeeds: false });
  const { request, received } = owner();
  assert.equal(early.take(request), undefined);
  assert.deepEqual(received, []);
  early.discard();
});
