import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../../test/support/actions.ts";
import { ip } from "../../lib/ip.ts";
import { MILLISECOND } from "../../lib/micros.ts";
import { Step } from "../step.ts";
import { AnnouncementQueue } from "./announcement-queue.ts";

/** The announcements sent in a step at `now`: `interface address`. */
function drainAt(queue: AnnouncementQueue, now: number): string[] {
  const step = new Step(false);
  step.now = now;
  queue.drain(step);
  return actionsOf(step.finish()).map((action) => {
    assert.ok(action.kind === "arp");
    return `${action.interface} ${action.address}`;
  });
}

/** Drains the queue at each of its deadlines until it is empty. */
function drainAll(queue: AnnouncementQueue): { at: number; sent: string[] }[] {
  const steps: { at: number; sent: string[] }[] = [];
  for (let at = queue.deadline(); at !== undefined; at = queue.deadline()) {
    steps.push({ at, sent: drainAt(queue, at) });
    assert.ok(steps.length < 10_000, "it ends");
  }
  return steps;
}

function addressOf(index: number): ReturnType<typeof ip> {
  return ip(`10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`);
}

test("every address is announced once before any is repeated", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 2, 0);
  queue.add("eth0", addressOf(1), 2, 0);
  assert.deepEqual(
    drainAll(queue).map(({ sent }) => sent),
    [
      ["eth0 10.0.0.1", "eth0 10.0.0.2"],
      ["eth0 10.0.0.1", "eth0 10.0.0.2"],
    ],
  );
});

test("each announcement is logged in detail", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 1, 0);
  const step = new Step(true);
  queue.drain(step);
  const texts = actionsOf(step.finish()).flatMap((action) =>
    action.kind === "log" ? [action.text] : [],
  );
  assert.deepEqual(texts, ["Sending gratuitous ARP on eth0 for 10.0.0.1"]);
});

test("a step sends at most 64 announcements, with a pause between steps", () => {
  const queue = new AnnouncementQueue();
  for (let index = 0; index < 200; index++) queue.add("eth0", addressOf(index), 1, 0);
  const steps = drainAll(queue);
  assert.deepEqual(
    steps.map(({ sent }) => sent.length),
    [64, 64, 64, 8],
  );
  assert.deepEqual(
    steps.map(({ at }) => at),
    [0, 2, 4, 6].map((millis) => millis * MILLISECOND),
  );
  assert.deepEqual(drainAt(queue, 1_000_000), []);
  for (let index = 0; index < 100; index++) queue.add("eth0", addressOf(index), 1, 0);
  assert.equal(queue.deadline(), 8 * MILLISECOND, "where nothing was sent nothing is waited for");
  assert.equal(drainAt(queue, 1_000_000).length, 64);
  assert.deepEqual(drainAt(queue, 1_000_000 + 2 * MILLISECOND - 1), []);
});

test("a waiting address is not queued twice: the larger number of repeats counts", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 5, 0);
  queue.add("eth0", addressOf(0), 3, 0);
  queue.add("eth0", addressOf(0), 0, 0);
  queue.add("eth0", addressOf(0), 6, 0);
  assert.equal(queue.length, 1);
  assert.equal(drainAll(queue).length, 6);
});

test("garp_interval applies to its interface only", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 1, 100 * MILLISECOND);
  queue.add("eth0", addressOf(1), 1, 100 * MILLISECOND);
  queue.add("eth1", addressOf(2), 2, 0);
  assert.deepEqual(drainAll(queue), [
    { at: 0, sent: ["eth0 10.0.0.1", "eth1 10.0.0.3"] },
    { at: 2 * MILLISECOND, sent: ["eth1 10.0.0.3"] },
    { at: 100 * MILLISECOND, sent: ["eth0 10.0.0.2"] },
  ]);
});

test("garp_interval is kept from one burst to the next", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 1, 100 * MILLISECOND);
  assert.equal(drainAt(queue, 0).length, 1);
  queue.add("eth0", addressOf(0), 1, 100 * MILLISECOND);
  assert.equal(queue.deadline(), 100 * MILLISECOND);
});

test("a long lane does not starve another interface", () => {
  const queue = new AnnouncementQueue();
  for (let index = 0; index < 200; index++) queue.add("eth0", addressOf(index), 5, 0);
  queue.add("eth1", addressOf(0), 1, 0);
  drainAt(queue, 0);
  assert.equal(drainAt(queue, 2 * MILLISECOND)[0], "eth1 10.0.0.1");
});

test("a removed address is no longer announced", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 5, 0);
  queue.cancel("eth0", addressOf(0));
  queue.cancel("eth1", addressOf(0));
  assert.equal(queue.deadline(), undefined);
  assert.deepEqual(drainAt(queue, 0), []);
});

test("an IPv6 address is not announced by ARP", () => {
  const queue = new AnnouncementQueue();
  assert.ok(!queue.add("eth0", ip("2001:db8::1"), 1, 0));
  assert.equal(queue.length, 0);
  assert.equal(queue.deadline(), undefined);
});

test("an address that is added again takes the newest minimum time", () => {
  const queue = new AnnouncementQueue();
  queue.add("eth0", addressOf(0), 3, 0);
  assert.equal(queue.add("eth0", addressOf(0), 2, 500 * MILLISECOND), false);
  assert.deepEqual(
    drainAll(queue).map(({ at }) => at),
    [0, 500 * MILLISECOND, 1000 * MILLISECOND],
  );
});
