import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DeadlineHeap } from "./deadline-heap.ts";

test("keys are returned by deadline, and in the order in which they were set for the same one", () => {
  const heap = new DeadlineHeap<string>();
  heap.set("late", 30);
  heap.set("first", 10);
  heap.set("second", 10);
  heap.set("moved", 5);
  heap.set("moved", 10);
  assert.equal(heap.next(), 10);
  assert.equal(heap.popDue(9), undefined);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => heap.popDue(10)),
    ["first", "second", "moved", undefined],
  );
  assert.equal(heap.size, 1);
});

test("setting the same deadline again keeps a key's position", () => {
  const heap = new DeadlineHeap<string>();
  heap.set("a", 10);
  heap.set("b", 10);
  heap.set("a", 10);
  assert.equal(heap.popDue(10), "a");
});

test("any sequence of operations behaves like a sorted list", () => {
  const operation = fc.oneof(
    fc.record({ key: fc.nat(20), at: fc.option(fc.nat(50), { nil: undefined }) }),
    fc.record({ now: fc.nat(60) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new DeadlineHeap<number>();
      let list: { key: number; at: number; order: number }[] = [];
      for (const [order, step] of operations.entries()) {
        if ("now" in step) {
          const first = list[0];
          const due = first !== undefined && first.at <= step.now ? first.key : undefined;
          if (due !== undefined) list.shift();
          assert.equal(heap.popDue(step.now), due);
        } else {
          const { key, at } = step;
          const known = list.find((entry) => entry.key === key);
          if (known === undefined || known.at !== at) {
            list = list.filter((entry) => entry !== known);
            if (at !== undefined) list.push({ key, at, order });
          }
          heap.set(key, at);
        }
        list.sort((a, b) => a.at - b.at || a.order - b.order);
        assert.equal(heap.next(), list[0]?.at);
        assert.equal(heap.size, list.length);
      }
    }),
  );
});
