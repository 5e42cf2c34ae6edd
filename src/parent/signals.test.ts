import assert from "node:assert/strict";
import { test } from "node:test";
import { SignalQueue, type SignalRequest } from "./signals.ts";

function collect(queue: SignalQueue): SignalRequest[] {
  const acted: SignalRequest[] = [];
  queue.open((request) => acted.push(request));
  return acted;
}

test("requests that arrive before the queue opens are handled once each, in order", () => {
  const queue = new SignalQueue();
  queue.push("reload");
  queue.push("data");
  queue.push("reload");
  const acted = collect(queue);
  queue.push("stats");
  assert.deepEqual(acted, ["reload", "data", "stats"]);
});

test("a stop that arrives before the queue opens discards the other requests", () => {
  const queue = new SignalQueue();
  queue.push("reload");
  queue.push("stop");
  assert.deepEqual(collect(queue), ["stop"]);
});

test("while the queue is held, requests wait, but a stop does not", () => {
  const queue = new SignalQueue();
  const acted = collect(queue);
  queue.hold("all");
  queue.push("reload");
  queue.push("reload");
  assert.deepEqual(acted, []);
  queue.push("stop");
  assert.deepEqual(acted, ["stop"]);
  queue.release();
  assert.deepEqual(acted, ["stop", "reload"]);
});

test("if a request holds the queue, the following ones wait", () => {
  const queue = new SignalQueue();
  queue.push("reload");
  queue.push("data");
  const acted: SignalRequest[] = [];
  queue.open((request) => {
    acted.push(request);
    if (request === "reload") queue.hold("all");
  });
  assert.deepEqual(acted, ["reload"]);
  queue.release();
  assert.deepEqual(acted, ["reload", "data"]);
});

test("a stop does not wait even if the queue was held before it opened", () => {
  const queue = new SignalQueue();
  const acted: string[] = [];
  queue.push("reload");
  queue.push("stop");
  queue.hold("all");
  queue.open((request) => acted.push(request));
  assert.deepEqual(acted, ["stop"]);
  queue.push("data");
  queue.push("stop");
  assert.deepEqual(acted, ["stop", "stop"]);
  queue.release();
  assert.deepEqual(acted, ["stop", "stop", "reload", "data"]);
});

test("while reloads are held, other requests are handled", () => {
  const queue = new SignalQueue();
  const acted = collect(queue);
  queue.hold("reloads");
  queue.push("reload");
  queue.push("data");
  assert.deepEqual(acted, ["data"]);
  queue.hold("all");
  queue.push("stats");
  queue.release();
  assert.deepEqual(acted, ["data", "reload", "stats"]);
});
