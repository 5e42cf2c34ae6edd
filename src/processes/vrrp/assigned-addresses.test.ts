import assert from "node:assert/strict";
import { test } from "node:test";
import { config, instanceConfig, interfaceState } from "../../../test/support/vrrp-config.ts";
import { AssignedAddresses } from "./assigned-addresses.ts";

test("an address is logged when it appears, when it disappears, and again after a reload", () => {
  const lines: string[] = [];
  const logged = (): string[] => lines.splice(0);
  const assigned = new AssignedAddresses((_level, text) => lines.push(text));
  const one = config([instanceConfig({ interface: "eth0" })]);
  const both = interfaceState("eth0", "192.0.2.1/24", {
    addresses: ["192.0.2.1/24", "192.0.2.2/24", "2001:db8::1/64", "fe80::1/64"],
  });
  const other = interfaceState("eth1", "198.51.100.1/24");

  assigned.begin(one, [both, other]);
  const all = [
    "Assigned address 192.0.2.1 for interface eth0",
    "Assigned address fe80::1 for interface eth0",
  ];
  assert.deepEqual(logged(), all);
  assigned.follow("eth0", both);
  assigned.follow("eth1", undefined);
  assert.deepEqual(logged(), []);

  assigned.follow("eth0", interfaceState("eth0", "192.0.2.9/24"));
  assert.deepEqual(logged(), [
    "Deassigned address 192.0.2.1 from interface eth0",
    "Assigned address 192.0.2.9 for interface eth0",
    "Deassigned address fe80::1 from interface eth0",
  ]);
  assigned.follow("eth0", undefined);
  assert.deepEqual(logged(), ["Deassigned address 192.0.2.9 from interface eth0"]);
  assigned.begin(one, [both]);
  assert.deepEqual(logged(), all);
  assigned.begin(config([instanceConfig({ interface: "eth1" })]), [both]);
  assigned.follow("eth0", undefined);
  assert.deepEqual(logged(), [], "no instance runs on it any more");
});
