import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig, interfaceState } from "../../test/support/vrrp-config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

const A = instanceConfig({ name: "A" });
const B = instanceConfig({ name: "B", interface: "mv0" });

/** The networks of each interface. */
type Segments = Readonly<Record<string, readonly string[]>>;

/** Returns the conflicts after each of `steps`, and the instances that were reported. */
function follow(instances: readonly InstanceConfig[], steps: readonly Segments[]): string[] {
  const conflicts = new VridConflicts();
  return steps.map((step) => {
    const states = Object.entries(step).map(([name, segments]) =>
      interfaceState(name, "192.0.2.1/24", { segments }),
    );
    const table = new Map(states.map((state) => [state.name, state]));
    const changed = conflicts.update(instances, table).map(({ name }) => name);
    const found = instances.flatMap(({ name }) => {
      const rival = conflicts.rivalOf(name);
      return rival === undefined ? [] : [`${name}-${rival}`];
    });
    return `${found.join(" ")} (${changed.join(" ")})`;
  });
}

const eth0 = ["eth0"];

test("the instance whose interface appears later is in conflict until the interface goes or moves", () => {
  assert.deepEqual(
    follow([A, B], [{ eth0 }, { eth0, mv0: eth0 }, { eth0, mv0: eth0 }, { eth0, mv0: ["eth1"] }]),
    [" ()", "B-A (B)", "B-A ()", " (B)"],
  );
  assert.deepEqual(follow([A, B], [{ eth0, mv0: eth0 }, { eth0 }]), ["B-A (B)", " (B)"]);
});

test("the order of the configuration counts only for interfaces that appear together", () => {
  assert.deepEqual(follow([A, B], [{ mv0: eth0 }, { eth0, mv0: eth0 }]), [" ()", "A-B (A)"]);
  assert.deepEqual(follow([A, B], [{}, { eth0, mv0: eth0 }]), [" ()", "B-A (B)"]);
});

test("when the first instance loses its interface, the other one keeps the VRID from then on", () => {
  assert.deepEqual(
    follow([A, B], [{ eth0 }, { eth0, mv0: eth0 }, { mv0: eth0 }, { eth0, mv0: eth0 }]),
    [" ()", "B-A (B)", " (B)", "A-B (A)"],
  );
});

test("a third instance conflicts with the remaining one", () => {
  const third = instanceConfig({ name: "C", interface: "mv1" });
  assert.deepEqual(
    follow([A, B, third], [{ eth0 }, { eth0, mv0: eth0, mv1: eth0 }, { mv0: eth0, mv1: eth0 }]),
    [" ()", "B-A C-A (B C)", "C-B (B C)"],
  );
});

test("another VRID, group or VLAN is no conflict; a VLAN and its carrier conflict", () => {
  const step = { eth0, mv0: eth0 };
  assert.deepEqual(follow([A, { ...B, virtualRouterId: 2 }], [step]), [" ()"]);
  assert.deepEqual(follow([A, { ...B, mcastGroup: ip("224.0.0.19") }], [step]), [" ()"]);
  assert.deepEqual(follow([A, B], [{ eth0: ["v1", "eth9"], mv0: ["v2", "eth9"] }]), [" ()"]);
  assert.deepEqual(follow([A, B], [{ eth0, mv0: ["v2", "eth0"] }]), ["B-A (B)"]);
});
