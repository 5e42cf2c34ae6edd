// The soak's own idea of who should hold what.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Expected, expectedHolders, isExpected, type NodeState } from "./model.ts";

function node(name: string, priority: number, over: Partial<NodeState> = {}): NodeState {
  return {
    name,
    isAlive: true,
    hasCable: true,
    speaks: true,
    hears: true,
    keepsWhenDead: false,
    priorities: new Map([["a", priority]]),
    ...over,
  };
}

function holders(...nodes: readonly NodeState[]): Expected {
  return expectedHolders("a", nodes);
}

test("the better of two that hear each other holds alone", () => {
  assert.deepEqual(holders(node("x", 110), node("y", 100)), { must: ["x"], may: [] });
});

test("who is dead, unplugged or not configured leaves it to the other", () => {
  for (const over of [{ isAlive: false }, { hasCable: false }, { priorities: new Map() }]) {
    assert.deepEqual(holders(node("x", 110, over), node("y", 100)), { must: ["y"], may: [] });
  }
});

test("a dead keepalived may hold on", () => {
  const dead = node("x", 110, { isAlive: false, keepsWhenDead: true });
  assert.deepEqual(holders(dead, node("y", 100)), { must: ["y"], may: ["x"] });
});

test("a deaf node takes what a better one holds, and leaves it alone when it is the better one", () => {
  const deaf = { hears: false };
  assert.deepEqual(holders(node("x", 110), node("y", 100, deaf)), { must: ["x", "y"], may: [] });
  assert.deepEqual(holders(node("x", 110, deaf), node("y", 100)), { must: ["x"], may: [] });
});

test("a mute node cannot keep the other from taking over, and may try itself", () => {
  const mute = { speaks: false };
  assert.deepEqual(holders(node("x", 110, mute), node("y", 100)), { must: ["y"], may: ["x"] });
  assert.deepEqual(holders(node("x", 110), node("y", 100, mute)), { must: ["x"], may: [] });
});

test("holders are held against what was expected", () => {
  const expected = { must: ["x"], may: ["y"] };
  assert.ok(isExpected(expected, ["x"]));
  assert.ok(isExpected(expected, ["y", "x"]));
  assert.ok(!isExpected(expected, ["y"]));
  assert.ok(!isExpected(expected, ["x", "z"]));
});
