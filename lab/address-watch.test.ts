import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AddressChange,
  holders,
  holdings,
  overlaps,
  parseAddressLine,
} from "./address-watch.ts";

function hostOf(nsid: number): string | undefined {
  return [undefined, "r1", "r2"][nsid];
}

function change(at: number, host: string, kind: AddressChange["kind"]): AddressChange {
  return { at, host, interfaceIndex: 2, address: "192.0.2.9", prefixLength: 24, kind };
}

test("parses a monitor line that adds an address", () => {
  const line =
    "[2026-11-21T07:51:00.893603] [nsid 1]2: if2    inet 192.0.2.9/24 scope global dynamic if2\\       valid_lft 1sec preferred_lft 1sec";
  assert.deepEqual(parseAddressLine(line, hostOf), {
    at: Date.UTC(2026, 10, 21, 7, 51, 0) + 893.603,
    host: "r1",
    interfaceIndex: 2,
    address: "192.0.2.9",
    prefixLength: 24,
    kind: "added",
  });
});

test("parses a removal and an IPv6 address", () => {
  const removed =
    "[2026-11-21T07:51:01.925346] [nsid 2]Deleted 3: if3    inet 192.0.2.9/32 scope global if3\\       valid_lft forever preferred_lft forever";
  assert.equal(parseAddressLine(removed, hostOf)?.kind, "removed");
  const six =
    "[2026-11-21T07:51:02.505294] [nsid 2]2: if2    inet6 fe80::1/64 scope link \\       valid_lft forever";
  assert.equal(parseAddressLine(six, hostOf)?.address, "fe80::1");
});

test("ignores unknown hosts and malformed lines", () => {
  const line = "[2026-11-21T07:51:02.505294] [nsid 7]2: if2    inet 192.0.2.9/24 scope global if2";
  assert.equal(parseAddressLine(line, hostOf), undefined);
  assert.equal(parseAddressLine("192.0.2.9/24", hostOf), undefined);
});

test("a removal ends a holding; a renewal does not start another", () => {
  const changes = [change(1, "r1", "added"), change(2, "r1", "added"), change(5, "r1", "removed")];
  const [holding, ...others] = holdings(changes, "192.0.2.9");
  assert.deepEqual([holding?.from, holding?.to, others.length], [1, 5, 0]);
  assert.deepEqual(holders(changes, "192.0.2.9"), []);
  assert.deepEqual(holders(changes.slice(0, 2), "192.0.2.9"), ["r1"]);
});

test("finds overlaps by the order of changes, even with equal timestamps", () => {
  const added = [change(1, "r1", "added"), change(4, "r2", "added")];
  const removed = change(4, "r1", "removed");
  const address = "192.0.2.9";
  assert.deepEqual(overlaps([...added, removed], address), [
    { address, hosts: ["r1", "r2"], from: 4, to: 4 },
  ]);
  assert.deepEqual(overlaps(added, address), [
    { address, hosts: ["r1", "r2"], from: 4, to: undefined },
  ]);
  const [first, second] = added;
  assert.ok(first && second);
  assert.deepEqual(overlaps([first, removed, second], address), []);
});
