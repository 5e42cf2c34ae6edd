import assert from "node:assert/strict";
import { test } from "node:test";
import { closeDescriptor } from "../os/net/socket.ts";
import { openSocketPair } from "../os/net/socket-pair.ts";
import { Link } from "./link.ts";

interface Peer {
  readonly link: Link<string, string>;
  /** The events since the last call. */
  events(): string[];
}

function peer(fd: number): Peer {
  const events: string[] = [];
  const link = new Link<string, string>(fd, {
    onMessage: (message) => events.push(message),
    onPeerStarted: () => events.push("(started)"),
  });
  return {
    link,
    events: () => {
      link.read();
      return events.splice(0);
    },
  };
}

test("messages keep their order and boundaries in both directions", (t) => {
  const [one, other] = openSocketPair();
  t.after(() => [one, other].forEach(closeDescriptor));
  const [left, right] = [peer(one), peer(other)];
  // Only the process that started first gets a greeting: its own was discarded by the other's start.
  assert.deepEqual(left.events(), ["(started)"]);
  for (const word of ["a", "b".repeat(10_000), ""]) assert.ok(left.link.send(word));
  assert.ok(right.link.send("back"));
  assert.deepEqual(right.events(), ["a", "b".repeat(10_000), ""]);
  assert.deepEqual(left.events(), ["back"]);
});

test("a restarted process gets none of its predecessor's messages, and its peer is notified", (t) => {
  const [one, other] = openSocketPair();
  t.after(() => [one, other].forEach(closeDescriptor));
  const left = peer(one);
  peer(other);
  left.events();
  left.link.send("for the dead");
  const right = peer(other);
  assert.deepEqual(right.events(), []);
  assert.deepEqual(left.events(), ["(started)"]);
  left.link.send("for the new");
  assert.deepEqual(right.events(), ["for the new"]);
});

test("sending to a process that does not read fails instead of blocking", (t) => {
  const [one, other] = openSocketPair();
  t.after(() => [one, other].forEach(closeDescriptor));
  const left = peer(one);
  let sent = 0;
  while (left.link.send("x".repeat(1_000))) sent++;
  assert.ok(sent > 10 && sent < 10_000, `${sent}`);
  const right = peer(other);
  assert.deepEqual(left.events(), ["(started)"]);
  assert.ok(left.link.send("again"));
  assert.deepEqual(right.events(), ["again"]);
});
