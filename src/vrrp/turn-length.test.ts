import assert from "node:assert/strict";
import { test } from "node:test";
import { config, instanceConfig, interfaceState } from "../../test/support/vrrp-config.ts";
import { VrrpNode } from "./node.ts";

test("of very many that are due at once a turn takes some, and the next ones take the rest", () => {
  const settings = Array.from({ length: 1_200 }, (_, index) =>
    instanceConfig({
      name: `VI_${index}`,
      interface: `eth${Math.floor(index / 250)}`,
      virtualRouterId: 1 + (index % 250),
      addresses: [],
    }),
  );
  const interfaces = Array.from({ length: 5 }, (_, index) =>
    interfaceState(`eth${index}`, `10.0.${index}.1/24`),
  );
  const node = new VrrpNode(config(settings), { detailed: false });
  node.handle({ kind: "start", interfaces, records: undefined }, 0);
  const due = node.deadline();
  assert.ok(due !== undefined);
  const turns: number[] = [];
  while (node.deadline() === due) {
    const actions = node.handle({ kind: "deadline" }, due);
    turns.push(actions.filter((action) => action.kind === "sendAdvert").length);
  }
  assert.deepEqual(turns, [256, 256, 256, 256, 176]);
});
