import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize, serialize } from "node:v8";
import type { Order } from "./messages.ts";
import { type OrderMessage, OrderReceiver, OrderSender } from "./orders.ts";

interface Part {
  readonly global: {
    readonly name: string;
    readonly unset: undefined;
    readonly list?: readonly string[];
  };
  readonly list: readonly { readonly id: number; readonly text: string }[];
  readonly empty: readonly string[];
}

interface Own {
  readonly kind: "own";
}

/** A part with `count` objects of 100 octets. */
function partOf(count: number): Part {
  const list = Array.from({ length: count }, (_, id) => ({ id, text: "x".repeat(80) }));
  return { global: { name: "n", unset: undefined }, list, empty: [] };
}

function reload(part: Part): Order<Part, Own> {
  return { kind: "reload", part, generation: 7 };
}

/** A channel in which messages leave when the test calls `leave`. */
function channel(): {
  readonly sender: OrderSender<Part, Own>;
  readonly received: Order<unknown, Own>[];
  /** The size of each message in octets. */
  readonly sizes: number[];
  leave(): boolean;
} {
  const waiting: (() => void)[] = [];
  const received: Order<unknown, Own>[] = [];
  const sizes: number[] = [];
  const receiver = new OrderReceiver<Own>();
  const sender = new OrderSender<Part, Own>((message, onSent) => {
    const octets = serialize(message);
    sizes.push(octets.length);
    waiting.push(() => {
      const order = receiver.take(deserialize(octets) as OrderMessage<Own>);
      if (order !== undefined) received.push(order);
      onSent();
    });
  });
  const leave = (): boolean => {
    waiting.shift()?.();
    return waiting.length > 0;
  };
  return { sender, received, sizes, leave };
}

test("an order with a small part is one message", () => {
  const { sender, received, sizes, leave } = channel();
  sender.send(reload(partOf(10)));
  assert.equal(sizes.length, 1);
  leave();
  assert.deepEqual(received, [reload(partOf(10))]);
});

test("a large part is sent in small pieces, one after the other, and arrives complete and frozen", () => {
  const { sender, received, sizes, leave } = channel();
  sender.send(reload(partOf(20_000)));
  sender.send({ kind: "own", order: { kind: "own" } });
  // The order behind the last piece is sent together with it.
  for (let left = 1; leave(); left++) assert.ok(sizes.length <= left + 2, `${sizes.length}`);
  assert.ok(sizes.length > 20, `${sizes.length}`);
  assert.ok(Math.max(...sizes) < 128 * 1024, `${Math.max(...sizes)} octets`);
  assert.deepEqual(received, [reload(partOf(20_000)), { kind: "own", order: { kind: "own" } }]);
  const [order] = received;
  assert.ok(order?.kind === "reload" && Object.isFrozen((order.part as Part).list[19_999]));
});

test("a long list within a member of the part is sent in small pieces too", () => {
  const { sender, received, sizes, leave } = channel();
  const part = partOf(10);
  const list = Array.from({ length: 100_000 }, (_, index) => `user${index}@host.example`);
  const large = { ...part, global: { ...part.global, list } };
  sender.send(reload(large));
  while (leave());
  assert.ok(Math.max(...sizes) < 128 * 1024, `${Math.max(...sizes)} octets`);
  assert.deepEqual(received, [reload(large)]);
});

test("an order is not refused for its size, since its configuration was accepted", () => {
  const { sender, received, leave } = channel();
  const part = { ...partOf(3), list: [{ id: 1, text: "x".repeat(2 ** 22) }] };
  sender.send(reload(part));
  while (leave());
  assert.deepEqual(received, [reload(part)]);
});
