// Tests the soak's model of the expected holders.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Expected, expectedHolders, isExpected, type NodeState } from "./model.ts";

function node(name: string, priority: number, over: Partial<NodeState> = {}): NodeState {
  return {
    name,
    isAlive: true,
    hasCable: true,
    canSend: true,
    canReceive: true,
    keepsWhenDead: false,
    priorities: new Map([["a", priority]]),
    ...over,
  };
}

function holders(...nodes: readonly NodeState[]): Expected {
  return expectedHolders("a", nodes);
}

test("of two connected nodes only the one with the higher priority holds", () => {
  assert.deepEqual(holders(node("x", 110), node("y", 100)), { must: ["x"], may: [] });
});

test("a dead, unplugged or unconfigured node leaves the addresses to the other", () => {
  for (const over of [{ isAlive: false }, { hasCable: false }, { priorities: new Map() }]) {
    assert.deepEqual(holders(node("x", 110, over), node("y", 100)), { must: ["y"], may: [] });
  }
});

test("a dead keepalived may keep its addresses", () => {
  const dead = node("x", 110, { isAlive: false, keepsWhenDead: true });
  assert.deepEqual(holders(dead, node("y", 100)), { must: ["y"], may: ["x"] });
});

test("a node that cannot receive becomes MASTER, and is the only one if its priority is higher", () => {
  const deaf = { canReceive: false };
  assert.deepEqual(holders(node("x", 110), node("y", 100, deaf)), { must: ["x", "y"], may: [] });
  assert.deepEqual(holders(node("x", 110, deaf), node("y", 100)), { must: ["x"], may: [] });
});

test("a node that cannot send does not prevent a takeover, and may become MASTER itself", () => {
  const mute = { canSend: false };
  assert.deepEqual(holders(node("x", 110, mute), node("y", 100)), { must: ["y"], may: ["x"] });
  assert.deepEqual(holders(node("x", 110), node("y", 100, mute)), { must: ["x"], may: [] });
});

test("compares holders with the expectation", () => {
  const expected = { must: ["x"], may: ["y"] };
  assert.ok(isExpected(expected, ["x"]));
  assert.ok(isExpected(expected, ["y", "x"]));
  assert.ok(!isExpected(expected, ["y"]));
  assert.ok(!isExpected(expected, ["x", "z"]));
});
