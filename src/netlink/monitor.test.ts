import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KERNEL, writeAddress, writeLink } from "../../test/netlink/announce.ts";
import { ethernetLink, FakeKernel } from "../../test/netlink/fake-kernel.ts";
import { bridgePortRemoved } from "../../test/vectors/netlink.ts";
import { ip } from "../lib/ip.ts";
import { SECOND } from "../lib/micros.ts";
import {
  type Address,
  decodeAddress,
  encodeDeleteAddress,
  encodeDumpAddresses,
  encodeNewAddress,
} from "./address.ts";
import { decodeLink, encodeDumpLinks, type Link } from "./link.ts";
import { splitMessages } from "./message.ts";
import { type NetworkChange, NetworkMonitor } from "./monitor.ts";
import { NetlinkRequester } from "./requester.ts";
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
} from "./uapi/rtnetlink.ts";
import { NetworkWatch } from "./watch.ts";

function link(index: number, name: string, more: Partial<Link> = {}): Link {
  return { ...ethernetLink(index, name), ...more };
}

function address(index: number, text: string, more: Partial<Address> = {}): Address {
  return {
    index,
    address: ip(text),
    prefixLength: 24,
    peer: undefined,
    scope: 0,
    label: undefined,
    broadcast: undefined,
    flags: 0,
    protocol: 18,
    validSeconds: undefined,
    preferredSeconds: undefined,
    ...more,
  };
}

function handle(monitor: NetworkMonitor, datagram: Uint8Array): string[] {
  const lines: string[] = [];
  splitMessages(datagram, (message) => {
    const changes = monitor.handle(message);
    if (typeof changes === "string") assert.fail(changes);
    lines.push(...changes.map(render));
  });
  return lines;
}

function render(change: NetworkChange): string {
  switch (change.kind) {
    case "linkAdded":
    case "linkRemoved":
      return `${change.kind} ${change.link.index} ${change.link.name}`;
    case "linkChanged":
      return `linkChanged ${change.link.index} ${change.previous.name} ${change.link.name}`;
    case "addressAdded":
    case "addressChanged":
    case "addressRemoved":
      return `${change.kind} ${change.address.index} ${change.address.address} ${change.cause}`;
  }
}

function newLink(state: Link): Uint8Array {
  return writeLink(RTM_NEWLINK, 0, KERNEL, state);
}

function newAddress(state: Address): Uint8Array {
  return writeAddress(RTM_NEWADDR, 0, { sequence: 5, port: 77 }, state);
}

test("the cause of a change is derived from sequence and port", () => {
  const ownPorts = new Set([77]);
  const monitor = new NetworkMonitor(ownPorts);
  handle(monitor, newLink(link(1, "a")));
  const remove = (text: string, sequence: number, port: number): string[] => {
    handle(monitor, newAddress(address(1, text)));
    const gone = address(1, text);
    return handle(monitor, writeAddress(RTM_DELADDR, 0, { sequence, port }, gone));
  };
  assert.deepEqual(remove("192.0.2.1", 0, 0), ["addressRemoved 1 192.0.2.1 kernel"]);
  assert.deepEqual(remove("192.0.2.1", 9, 77), ["addressRemoved 1 192.0.2.1 own"]);
  assert.deepEqual(remove("192.0.2.1", 9, 78), ["addressRemoved 1 192.0.2.1 program"]);
  assert.deepEqual(remove("192.0.2.1", 9, 0), ["addressRemoved 1 192.0.2.1 program"]);
  assert.deepEqual(remove("2001:db8::1", 0, 0), ["addressRemoved 1 2001:db8::1 unknown"]);
  ownPorts.add(78);
  assert.deepEqual(remove("192.0.2.1", 9, 78), ["addressRemoved 1 192.0.2.1 own"]);
});

test("removing something unknown or adding the same again is not a change", () => {
  const monitor = new NetworkMonitor(new Set());
  assert.deepEqual(handle(monitor, writeLink(RTM_DELLINK, 0, KERNEL, link(1, "a"))), []);
  assert.deepEqual(
    handle(monitor, writeAddress(RTM_DELADDR, 0, KERNEL, address(1, "192.0.2.1"))),
    [],
  );
  assert.deepEqual(handle(monitor, newLink(link(1, "a"))), ["linkAdded 1 a"]);
  assert.deepEqual(handle(monitor, newLink(link(1, "a"))), []);
  const timed = address(1, "192.0.2.1", { validSeconds: 2 });
  assert.equal(handle(monitor, newAddress(timed)).length, 1);
  assert.deepEqual(handle(monitor, newAddress({ ...timed, validSeconds: 3 })), []);
  assert.equal(monitor.address(timed)?.validSeconds, 3);
});

test("an address is identified by address, prefix length and peer; everything else can change", () => {
  const monitor = new NetworkMonitor(new Set());
  handle(monitor, newLink(link(1, "a")));
  const one = address(1, "192.0.2.1");
  const others = [
    one,
    { ...one, prefixLength: 32 },
    { ...one, peer: ip("192.0.2.8") },
    { ...one, peer: ip("192.0.2.9") },
  ];
  for (const other of others) {
    assert.deepEqual(handle(monitor, newAddress(other)), ["addressAdded 1 192.0.2.1 program"]);
  }
  assert.equal(monitor.addresses(1).length, 4);
  let now = one;
  const changes: readonly Partial<Address>[] = [
    { flags: 0x80 },
    { scope: 253 },
    { label: "a:1" },
    { broadcast: ip("192.0.2.255") },
    { protocol: 3 },
  ];
  for (const change of changes) {
    now = { ...now, ...change };
    const reported = handle(monitor, newAddress(now));
    assert.deepEqual(reported, ["addressChanged 1 192.0.2.1 program"], JSON.stringify(change));
  }
});

test("a port that leaves its bridge still exists", () => {
  const monitor = new NetworkMonitor(new Set());
  handle(monitor, newLink(link(6, "p0", { master: 4 })));
  assert.deepEqual(handle(monitor, bridgePortRemoved), []);
  assert.equal(monitor.linkByName("p0")?.index, 6);
});

test("a renamed link is found by its new name only, and the old name can be reused", () => {
  const monitor = new NetworkMonitor(new Set());
  handle(monitor, newLink(link(1, "a")));
  assert.deepEqual(handle(monitor, newLink(link(1, "b"))), ["linkChanged 1 a b"]);
  assert.equal(monitor.linkByName("a"), undefined);
  assert.deepEqual(handle(monitor, newLink(link(2, "a"))), ["linkAdded 2 a"]);
  assert.equal(monitor.linkByName("a")?.index, 2);
  assert.equal(monitor.linkByName("b")?.index, 1);
});

test("a new link with a known name replaces the old link", () => {
  const monitor = new NetworkMonitor(new Set());
  handle(monitor, newLink(link(1, "a")));
  handle(monitor, newAddress(address(1, "192.0.2.1")));
  assert.deepEqual(handle(monitor, newLink(link(2, "a"))), [
    "addressRemoved 1 192.0.2.1 unknown",
    "linkRemoved 1 a",
    "linkAdded 2 a",
  ]);
});

test("a resync reports removals first, swapped names as changes, then additions", () => {
  const monitor = new NetworkMonitor(new Set());
  const [a, b, c] = [link(1, "a"), link(2, "b"), link(3, "c")];
  monitor.resync([a, b, c], [address(1, "192.0.2.1"), address(3, "192.0.2.3")]);
  const changes = monitor.resync(
    [link(1, "b"), link(2, "a"), link(4, "c")],
    [address(1, "192.0.2.2"), address(4, "192.0.2.3"), address(9, "192.0.2.9")],
  );
  assert.deepEqual(changes.map(render), [
    "addressRemoved 1 192.0.2.1 unknown",
    "addressRemoved 3 192.0.2.3 unknown",
    "linkRemoved 3 c",
    "linkChanged 1 a b",
    "linkChanged 2 b a",
    "linkAdded 4 c",
    "addressAdded 1 192.0.2.2 unknown",
    "addressAdded 4 192.0.2.3 unknown",
  ]);
  assert.equal(monitor.linkByName("a")?.index, 2);
  assert.equal(monitor.linkByName("b")?.index, 1);
  assert.equal(monitor.linkByName("c")?.index, 4);
  const again = monitor.resync(
    [link(1, "b"), link(2, "a"), link(4, "c")],
    [address(1, "192.0.2.2"), address(4, "192.0.2.3")],
  );
  assert.deepEqual(again, []);
});

// Operations of users and programs on the kernel, in any order.
const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), link: fc.nat(2), host: fc.nat(5) }),
  fc.record({ kind: fc.constant("delete" as const), link: fc.nat(2), host: fc.nat(5) }),
  fc.record({ kind: fc.constant("wait" as const), link: fc.constant(0), host: fc.nat(3) }),
  fc.record({ kind: fc.constant("flap" as const), link: fc.nat(2), host: fc.nat(1) }),
  fc.record({ kind: fc.constant("recreate" as const), link: fc.nat(2), host: fc.constant(0) }),
  fc.record({ kind: fc.constant("swap" as const), link: fc.constant(0), host: fc.constant(0) }),
  fc.record({ kind: fc.constant("read" as const), link: fc.constant(0), host: fc.constant(0) }),
);

test("after any history the table agrees with the kernel, even if notifications were lost", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(1, 2000, 1 << 20),
      (steps, room) => {
        let now = 0;
        const kernel = new FakeKernel(() => now);
        const requester = new NetlinkRequester(kernel.open());
        const groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
        const watch = new NetworkWatch(kernel.open(groups, room), requester, new Set());
        const names = ["a", "b", "c"];
        for (const name of names) kernel.addLink(name);
        const known = new Set<string>();
        const onChange = (change: NetworkChange): void => {
          // Nothing is added twice or removed twice.
          if (change.kind === "linkAdded") claim(known, `link ${change.link.index}`);
          if (change.kind === "linkRemoved") release(known, `link ${change.link.index}`);
          if (change.kind === "addressAdded") claim(known, nameOf(change.address));
          if (change.kind === "addressRemoved") release(known, nameOf(change.address));
        };
        assert.equal(watch.resync(onChange), undefined);
        const indexOf = (name: string): number =>
          dumpLinks(requester).find((item) => item.name === name)?.index ?? assert.fail(name);
        for (const { kind, link: which, host } of steps) {
          const name = names[which] ?? assert.fail();
          const validSeconds = host === 0 ? undefined : host;
          const target = address(indexOf(name), `192.0.2.${host}`, { validSeconds });
          if (kind === "add") requester.request([encodeNewAddress(target, "replace")]);
          else if (kind === "delete") requester.request([encodeDeleteAddress(target)]);
          else if (kind === "flap") kernel.changeLink(name, { up: host === 1 });
          else if (kind === "read") assert.equal(watch.read(onChange), undefined);
          else if (kind === "recreate") {
            kernel.removeLink(name);
            kernel.addLink(name);
          } else if (kind === "swap") {
            kernel.changeLink("a", { name: "tmp" });
            kernel.changeLink("b", { name: "a" });
            kernel.changeLink("tmp", { name: "b" });
          } else {
            now += host * SECOND;
            kernel.expire();
          }
        }
        assert.equal(watch.read(onChange), undefined);
        assert.equal(watch.invalidNotifications, 0);
        const links = dumpLinks(requester);
        const dump = requester.dump(encodeDumpAddresses(), decodeAddress);
        if (dump.failure !== undefined) assert.fail("dump");
        assert.deepEqual(
          [...watch.table.links()].map(({ up: _up, ...rest }) => rest).sort(byIndex),
          [...links].sort(byIndex),
        );
        for (const name of names) assert.equal(watch.table.linkByName(name)?.name, name);
        assert.deepEqual(
          [...watch.table.links()]
            .flatMap(({ index }) => watch.table.addresses(index).map(nameOf))
            .sort(),
          dump.items.map(nameOf).sort(),
        );
        assert.deepEqual(
          [...known].sort(),
          [...links.map(({ index }) => `link ${index}`), ...dump.items.map(nameOf)].sort(),
        );
      },
    ),
  );
});

function dumpLinks(requester: NetlinkRequester): readonly Link[] {
  const result = requester.dump(encodeDumpLinks(), decodeLink);
  return result.failure === undefined ? result.items : assert.fail("dump");
}

function nameOf(state: Address): string {
  return `${state.index} ${state.address}/${state.prefixLength}`;
}

function byIndex(a: { index: number }, b: { index: number }): number {
  return a.index - b.index;
}

function claim(known: Set<string>, name: string): void {
  assert.equal(known.has(name), false, `${name} was added twice`);
  known.add(name);
}

function release(known: Set<string>, name: string): void {
  assert.equal(known.delete(name), true, `${name} was removed without having been added`);
}

test("a truncated message is refused, and one of another family is ignored", () => {
  const monitor = new NetworkMonitor(new Set());
  const texts = [
    writeLink(RTM_NEWLINK, 0, KERNEL, link(2, "eth0")),
    writeAddress(RTM_NEWADDR, 0, KERNEL, address(2, "192.0.2.1")),
  ];
  for (const datagram of texts) {
    splitMessages(datagram, (message) => {
      const cut = { ...message, payload: message.payload.subarray(0, 4) };
      assert.equal(monitor.handle(cut), "payloadCut");
      const strange = message.payload.slice();
      strange[0] = 77;
      assert.deepEqual(monitor.handle({ ...message, payload: strange }), []);
    });
  }
});
