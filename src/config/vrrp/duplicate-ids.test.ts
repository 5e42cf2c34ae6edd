import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import { findDuplicateIds, type InterfacePlace } from "./duplicate-ids.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

const PLACES: Readonly<Record<string, InterfacePlace>> = {
  eth0: { segments: ["eth0"], ipv4: ip("10.77.0.11") },
  eth1: { segments: ["eth1"], ipv4: ip("10.77.1.11") },
  mv0: { segments: ["eth0"], ipv4: ip("10.77.0.12") },
  mv1: { segments: ["eth0"], ipv4: ip("10.77.0.13") },
  "eth0.10": { segments: ["eth0.10", "eth0"], ipv4: ip("10.77.10.11") },
  "eth0.20": { segments: ["eth0.20", "eth0"], ipv4: undefined },
  mv10: { segments: ["eth0.10", "eth0"], ipv4: undefined },
  new0: { segments: ["new0"], ipv4: undefined },
};

/** The duplicates among instances of one VRID, the first of which is `a`. */
function duplicates(...instances: readonly Partial<InstanceConfig>[]): string[] {
  const named = instances.map((over, at) =>
    instanceConfig({ ...over, name: String.fromCharCode(97 + at) }),
  );
  return findDuplicateIds(named, (name) => PLACES[name]).map(
    ({ first, second, segment }) => `${first.name} ${second.name} ${segment}`,
  );
}

function multicastOn(...interfaces: readonly string[]): string[] {
  return duplicates(...interfaces.map((name) => ({ interface: name })));
}

const peers = (...addresses: readonly string[]): Pick<InstanceConfig, "unicastPeers"> => ({
  unicastPeers: addresses.map(ip),
});

test("the same VRID on interfaces of one network is a duplicate, in any order", () => {
  assert.deepEqual(multicastOn("eth0", "eth0"), ["a b eth0"]);
  assert.deepEqual(multicastOn("eth0", "mv0"), ["a b eth0"]);
  assert.deepEqual(multicastOn("mv0", "eth0"), ["a b eth0"]);
  assert.deepEqual(multicastOn("mv0", "eth1", "mv1"), ["a c eth0"]);
  assert.deepEqual(multicastOn("eth0", "eth1", "eth0", "mv0"), ["a c eth0", "a d eth0"]);
});

test("the same VRID on an interface and its VLAN is a duplicate, on two VLANs it is not", () => {
  assert.deepEqual(multicastOn("eth0", "eth0.10"), ["a b eth0"]);
  assert.deepEqual(multicastOn("eth0.10", "eth0"), ["a b eth0"]);
  assert.deepEqual(multicastOn("eth0.10", "mv0"), ["a b eth0"]);
  assert.deepEqual(multicastOn("eth0.10", "mv10"), ["a b eth0.10"]);
  assert.deepEqual(multicastOn("eth0.10", "eth0.20"), []);
  assert.deepEqual(multicastOn("eth0.10", "eth0.20", "eth1"), []);
});

test("the same VRID on another network or group is not a duplicate, nor is another VRID", () => {
  assert.deepEqual(multicastOn("eth0", "eth1", "new0"), []);
  assert.deepEqual(
    duplicates({ virtualRouterId: 1 }, { virtualRouterId: 2, interface: "mv0" }),
    [],
  );
  const mcastGroup = ip("224.0.0.99");
  assert.deepEqual(duplicates({}, { interface: "mv0", mcastGroup }), []);
  assert.deepEqual(duplicates({ mcastGroup }, { interface: "mv0", mcastGroup }), ["a b eth0"]);
});

test("a missing interface is a network of its own", () => {
  assert.deepEqual(multicastOn("later0", "eth0", "later1"), []);
  assert.deepEqual(multicastOn("later0", "later0"), ["a b later0"]);
});

test("unicast and multicast, other sources, and other peers are not duplicates", () => {
  const unicast = peers("10.77.0.2");
  assert.deepEqual(duplicates({}, unicast, { interface: "mv0", ...unicast }), []);
  assert.deepEqual(duplicates(unicast, unicast), ["a b eth0"]);
  const unicastSrcIp = ip("10.77.0.11");
  assert.deepEqual(duplicates(unicast, { unicastSrcIp, ...unicast }), ["a b eth0"]);
  assert.deepEqual(duplicates(unicast, { unicastSrcIp, interface: "mv0", ...unicast }), [
    "a b eth0",
  ]);
  assert.deepEqual(duplicates(unicast, { unicastSrcIp: ip("10.77.0.19"), ...unicast }), []);
  assert.deepEqual(duplicates(unicast, peers("10.77.0.3")), []);
  assert.deepEqual(duplicates(peers("10.77.0.2", "10.77.0.3"), peers("10.77.0.4", "10.77.0.3")), [
    "a b eth0",
  ]);
  const later = { interface: "new0", ...unicast };
  assert.deepEqual(duplicates(later, later), ["a b new0"]);
});
