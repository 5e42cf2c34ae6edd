import assert from "node:assert/strict";
import { test } from "node:test";
import { processorMicros } from "../../../test/support/processor-time.ts";
import {
  instanceConfig,
  interfaceState,
  virtualAddress,
} from "../../../test/support/vrrp-config.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { SECOND } from "../../lib/micros.ts";
import type { InterfaceState } from "../event.ts";
import type { InterfaceTable } from "../tracking/tracking.ts";
import { FloatingAddresses } from "./floating.ts";

const A = virtualAddress("192.0.2.101/24");
const B = virtualAddress("192.0.2.102/24");
const C = virtualAddress("192.0.2.103/24");

/** eth0 with the addresses `holding`, of which `marked` have keepalived's mark. */
function table(holding: readonly string[] = [], marked: readonly string[] = []): InterfaceTable {
  const state: InterfaceState = interfaceState("eth0", "192.0.2.1/24", {
    addresses: ["192.0.2.1/24", ...holding],
    marked,
  });
  return new Map([["eth0", state]]);
}

function owner(over: Partial<InstanceConfig> = {}): InstanceConfig {
  return instanceConfig({ priority: 255, addresses: [A, B], ...over });
}

test("excluded addresses come last, and all have one lease", () => {
  const config = instanceConfig({ addresses: [A], excludedAddresses: [B] });
  const floating = new FloatingAddresses(config, "auto", table());
  assert.deepEqual(floating.ours, [A, B]);
  assert.deepEqual([floating.leaseSeconds, floating.leaseMicros], [2, 2 * SECOND]);
  assert.deepEqual([floating.setAction.renewal, floating.renewAction.renewal], [false, true]);
});

test("an owner's address that exists unmarked is not ours", () => {
  const floating = new FloatingAddresses(owner(), "auto", table(["192.0.2.101/24"]));
  assert.deepEqual(floating.all, [A, B]);
  assert.deepEqual(floating.ours, [B]);
  assert.ok(!floating.isAllStanding);
});

test("an owner that holds all its addresses has no lease", () => {
  const holding = ["192.0.2.101/24", "192.0.2.102/24"];
  const floating = new FloatingAddresses(owner(), "auto", table(holding));
  assert.ok(floating.isAllStanding);
  assert.equal(floating.leaseSeconds, undefined);
});

test("an instance without addresses does not count as an owner with all its addresses", () => {
  const floating = new FloatingAddresses(owner({ addresses: [] }), "auto", table());
  assert.ok(!floating.isAllStanding);
});

test("an existing address is ours if keepalived marked it, or with any other priority", () => {
  const holding = ["192.0.2.101/24"];
  assert.deepEqual(new FloatingAddresses(owner(), "auto", table(holding, holding)).ours, [A, B]);
  const backup = owner({ priority: 254 });
  const floating = new FloatingAddresses(backup, "auto", table(holding));
  assert.deepEqual(floating.ours, [A, B]);
  assert.deepEqual(floating.held(table(holding)), [A]);
});

test("an owner's address is its own with any prefix length, unless it is marked", () => {
  for (const text of ["192.0.2.101/32", "192.0.2.101/25", "192.0.2.101/16"]) {
    assert.deepEqual(new FloatingAddresses(owner(), "auto", table([text])).ours, [B]);
    assert.deepEqual(new FloatingAddresses(owner(), "auto", table([text], [text])).ours, [A, B]);
    const late = new FloatingAddresses(owner(), "auto", new Map());
    late.prepare(table([text]));
    assert.deepEqual(late.ours, [B]);
  }
  const other = new FloatingAddresses(owner(), "auto", table(["192.0.2.10/24"]));
  assert.deepEqual(other.ours, [A, B]);
});

test("an address on a missing interface cannot be removed", () => {
  const elsewhere = virtualAddress("198.51.100.1/24", "eth1");
  const config = instanceConfig({ addresses: [A, elsewhere] });
  const floating = new FloatingAddresses(config, "auto", table());
  assert.deepEqual(floating.removable(table()), [A]);
});

test("a new configuration returns the removed and the added addresses", () => {
  const floating = new FloatingAddresses(instanceConfig({ addresses: [A, B] }), "auto", table());
  const changed = { ...B, label: "eth0:1" };
  const config = instanceConfig({ addresses: [{ ...A, noTrack: true }, changed, C] });
  const changes = floating.reconfigure(config, "auto", table());
  assert.deepEqual(changes.gone, [B], "other attributes: it goes and comes");
  assert.deepEqual(changes.added, [changed, C]);
});

test("a new configuration does not mistake addresses that we added for the owner's own", () => {
  const floating = new FloatingAddresses(owner(), "auto", table());
  const holding = ["192.0.2.101/24", "192.0.2.102/24"];
  floating.reconfigure(owner({ advertIntMicros: 2 * SECOND }), "auto", table(holding));
  assert.deepEqual(floating.ours, [A, B]);
  assert.equal(floating.leaseSeconds, 4);
});

test("addresses that exist on an owner's late interface stay unchanged", () => {
  const floating = new FloatingAddresses(owner(), "auto", new Map());
  assert.deepEqual(floating.ours, [A, B]);
  floating.prepare(table(["192.0.2.101/24"]));
  assert.deepEqual(floating.ours, [B]);
  floating.prepare(table(["192.0.2.101/24", "192.0.2.102/24"]));
  assert.deepEqual(floating.ours, [B], "B was ours before");
  floating.forgetMissing(new Map());
  floating.prepare(table(["192.0.2.101/24", "192.0.2.102/24"]));
  assert.ok(floating.isAllStanding, "with a new interface everything on it is somebody else's");
});

test("below priority 255 every existing address is ours", () => {
  const floating = new FloatingAddresses(owner({ priority: 254 }), "auto", new Map());
  floating.prepare(table(["192.0.2.101/24"]));
  assert.deepEqual(floating.setAction.addresses, [A, B]);
});

test("an owner's own address that was deleted is ours after we restore it", () => {
  const floating = new FloatingAddresses(owner(), "auto", table(["192.0.2.101/24"]));
  assert.ok(floating.takePutBack(A, 0));
  assert.deepEqual(floating.setAction.addresses, [A, B]);
});

test("an abandoned address is neither renewed nor announced until the node becomes active again", () => {
  const config = instanceConfig({ addresses: [A, { ...B, noTrack: true }] });
  const floating = new FloatingAddresses(config, "auto", table());
  floating.abandon(B);
  assert.deepEqual(floating.renewAction.addresses, [A]);
  assert.deepEqual(floating.announced, [A]);
  assert.deepEqual(floating.ours.length, 2, "it is taken out at the end all the same");
  floating.reconfigure(config, "auto", table());
  assert.deepEqual(floating.setAction.addresses, [A], "a reload changes nothing of it");
  floating.prepare(table());
  assert.equal(floating.setAction.addresses.length, 2);
});

test("sixteen times as many addresses take about sixteen times as long", () => {
  const cost = (count: number): number => {
    const texts = Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}/24`);
    const config = owner({
      addresses: [],
      excludedAddresses: texts.map((text) => virtualAddress(text)),
    });
    const interfaces = table(texts, texts);
    const once = (): number => {
      const before = processorMicros();
      const floating = new FloatingAddresses(config, "auto", interfaces);
      assert.equal(floating.held(interfaces).length, count);
      for (const entry of floating.ours) floating.abandon(entry);
      assert.equal(floating.setAction.addresses.length, 0);
      return processorMicros() - before;
    };
    return Math.min(once(), once(), once());
  };
  const few = cost(1_000);
  const many = cost(16_000);
  // If the time were quadratic, it would be 256 times.
  assert.ok(many < few * 80, `${few} µs for 1,000, ${many} µs for 16,000`);
});
