import assert from "node:assert/strict";
import { test } from "node:test";
import { config, instanceConfig, virtualAddress } from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import type { Address } from "../../netlink/address.ts";
import type { Link } from "../../netlink/link.ts";
import { type NetworkChange, NetworkMonitor } from "../../netlink/monitor.ts";
import { IFF_RUNNING, IFF_UP } from "../../netlink/uapi/if.ts";
import type { NetworkWatch } from "../../netlink/watch.ts";
import type { NodeEvent } from "../../vrrp/event.ts";
import { AskedRemovals } from "./kernel-addresses.ts";
import { Network } from "./network.ts";

const LINK: Link = {
  index: 2,
  name: "eth0",
  flags: IFF_UP | IFF_RUNNING,
  operstate: 6,
  mtu: 1500,
  hardwareType: 1,
  mac: "02:00:00:00:00:01",
  master: undefined,
  lower: undefined,
  lowerNamespace: undefined,
  kind: undefined,
};

const FLOATING: Address = {
  index: 2,
  address: ip("192.0.2.101"),
  prefixLength: 24,
  peer: undefined,
  scope: 0,
  label: "eth0",
  broadcast: undefined,
  flags: 0,
  protocol: 18,
  validSeconds: 2,
  preferredSeconds: 2,
};

test("an address removed because its interface went down is reported after the interface", () => {
  const table = new NetworkMonitor(new Set());
  table.resync([LINK], [FLOATING]);
  const before = table.linkByIndex(2);
  assert.ok(before !== undefined);
  table.resync([{ ...LINK, flags: 0 }], []);
  const link = table.linkByIndex(2);
  assert.ok(link !== undefined);
  const changes: NetworkChange[] = [
    { kind: "linkChanged", link, previous: before },
    { kind: "addressRemoved", address: FLOATING, cause: "kernel", sequence: 0, port: 0 },
  ];
  const events = eventsOf(table, changes);
  const [first] = events;
  assert.deepEqual(
    events.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]),
    ["interface", "addressRemoved", "interface"],
  );
  assert.equal(first?.kind === "interface" && first.state?.up, false);
});

test("the removal of an interface's own address is reported before the floating addresses removed with it", () => {
  const table = new NetworkMonitor(new Set());
  table.resync([LINK], []);
  const own = { ...FLOATING, address: ip("192.0.2.1"), protocol: 0 };
  const cause = { cause: "program", sequence: 1, port: 77 } as const;
  const changes: NetworkChange[] = [
    { kind: "addressRemoved", address: FLOATING, ...cause },
    { kind: "addressRemoved", address: own, ...cause },
  ];
  const [first, second] = eventsOf(table, changes);
  assert.ok(first?.kind === "interface" && first.state?.ipv4 === undefined);
  assert.equal(second?.kind, "addressRemoved");
});

test("a removal caused by this process is reported only if it was not requested", () => {
  const table = new NetworkMonitor(new Set());
  table.resync([LINK], [FLOATING]);
  const removed = { kind: "addressRemoved", address: FLOATING, port: 7 } as const;
  const causes = (change: NetworkChange, asked: AskedRemovals): string[] =>
    eventsOf(table, [change], asked).flatMap((event) =>
      event.kind === "addressRemoved" ? [event.cause] : [],
    );
  const asked = new AskedRemovals();
  asked.note(3, 3, [FLOATING]);
  asked.note(4, 4, [{ ...FLOATING, address: ip("192.0.2.100") }]);
  assert.deepEqual(causes({ ...removed, cause: "own", sequence: 3 }, asked), []);
  assert.deepEqual(causes({ ...removed, cause: "own", sequence: 4 }, asked), ["wentAlong"]);
  assert.deepEqual(causes({ ...removed, cause: "program", sequence: 4 }, asked), ["deleted"]);
  assert.deepEqual(causes({ ...removed, cause: "unknown", sequence: 0 }, asked), ["deleted"]);
  assert.deepEqual(causes({ ...removed, cause: "kernel", sequence: 0 }, asked), ["expired"]);
});

test("a floating address is not a source of adverts, whatever its prefix length, except for the owner", () => {
  const table = new NetworkMonitor(new Set());
  const stands = { ...FLOATING, protocol: 0, validSeconds: undefined };
  const sourceOf = (priority: number, floating: string, isExcluded = false): string | undefined => {
    const addresses = [virtualAddress(floating)];
    const instance = isExcluded
      ? instanceConfig({ priority, excludedAddresses: addresses })
      : instanceConfig({ priority, addresses });
    const network = new Network(
      config([instance]),
      { table } as unknown as NetworkWatch,
      neverAsked,
    );
    return network.interfaceStates()[0]?.ipv4;
  };
  for (const isExcluded of [false, true]) {
    for (const floating of ["192.0.2.101/24", "192.0.2.101/25", "192.0.2.101/32"]) {
      table.resync([LINK], [stands]);
      assert.equal(sourceOf(254, floating, isExcluded), undefined);
      assert.equal(sourceOf(255, floating, isExcluded), "192.0.2.101");
      const second = { ...stands, address: ip("192.0.2.7") };
      table.resync([LINK], [stands, second]);
      assert.equal(sourceOf(254, floating, isExcluded), "192.0.2.7");
    }
  }
  table.resync([LINK], [stands]);
  assert.equal(sourceOf(254, "192.0.2.10/24"), "192.0.2.101");
});

test("an interface is reported again when the interface below it is renamed", () => {
  const table = new NetworkMonitor(new Set());
  const macvlan = { ...LINK, kind: "macvlan", lower: 3 };
  const lower = { ...LINK, index: 3, name: "lan0" };
  table.resync([macvlan, lower], []);
  const previous = table.linkByIndex(3);
  table.resync([macvlan, { ...lower, name: "lan9" }], []);
  const link = table.linkByIndex(3);
  assert.ok(previous !== undefined && link !== undefined);
  const events = eventsOf(table, [{ kind: "linkChanged", link, previous }]);
  const [state] = events.flatMap((event) =>
    event.kind === "interface" && event.name === "eth0" ? [event.state] : [],
  );
  assert.deepEqual(state?.segments, ["lan9"]);
});

function neverAsked(): boolean {
  return false;
}

/** The engine's events for `changes`; `table` is the state after them. */
function eventsOf(
  table: NetworkMonitor,
  changes: readonly NetworkChange[],
  asked = new AskedRemovals(),
): NodeEvent[] {
  const watch = {
    table,
    read: (onChange: (change: NetworkChange) => void) => changes.forEach(onChange),
  };
  const instance = instanceConfig({ addresses: [virtualAddress("192.0.2.101/24")] });
  const network = new Network(
    config([instance]),
    watch as unknown as NetworkWatch,
    (sequence, address) => asked.has(sequence, address),
  );
  const events: NodeEvent[] = [];
  network.read(
    (event) => events.push(event),
    () => undefined,
  );
  return events;
}
