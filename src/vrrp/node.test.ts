import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { actionsOf } from "../../test/support/actions.ts";
import {
  config,
  instanceConfig,
  interfaceState,
  virtualAddress,
} from "../../test/support/vrrp-config.ts";
import { ETH0, owners, run, started } from "../../test/support/vrrp-node.ts";
import { vrrpPacket } from "../../test/support/vrrp-packet.ts";
import type { VrrpPart } from "../config/config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import { emitVrrp, type VrrpPacket, vrrpFromIpv4 } from "../wire/vrrp.ts";
import type { NodeAction } from "./action.ts";
import type { NodeEvent } from "./event.ts";
import { VrrpNode } from "./node.ts";

type PacketEvent = NodeEvent & { readonly kind: "packet" };

/** An advert of another node by multicast, or of the first unicast peer. */
function packet(id: number, priority: number, over: Partial<InstanceConfig> = {}): PacketEvent {
  const [peer] = over.unicastPeers ?? [];
  const path =
    peer === undefined
      ? { source: ip("192.0.2.2"), destination: ip("224.0.0.18") }
      : { source: peer, destination: ip("192.0.2.1") };
  const advert = { version: 2, virtualRouterId: id, priority } as const;
  const rest = { advertisementIntervalMicros: SECOND, addresses: [ip(`192.0.2.${100 + id}`)] };
  return received({ ...path, ttl: 255, payload: emitVrrp({ ...advert, ...rest }, path) });
}

/** The same of version 3, for the first virtual router. */
function packet3(priority: number, interval: Micros, from = "192.0.2.2"): PacketEvent {
  const path = { source: ip(from), destination: ip("224.0.0.18") };
  const advert = { version: 3, virtualRouterId: 1, priority } as const;
  const rest = { advertisementIntervalMicros: interval, addresses: [ip("192.0.2.101")] };
  return received({ ...path, ttl: 255, payload: emitVrrp({ ...advert, ...rest }, path) });
}

function received(packet: VrrpPacket): PacketEvent {
  return { kind: "packet", interface: "eth0", ...packet, waitedMicros: 0 };
}

test("a packet goes only to the virtual router with its interface and id", () => {
  const node = started(config([instanceConfig(), instanceConfig({ virtualRouterId: 2 })]));
  node.handle(packet(2, 200), SECOND);
  node.handle({ ...packet(1, 200), interface: "eth1" }, SECOND);
  const counts = node.snapshot().instances.map(({ counters }) => counters.advertRcvd);
  assert.deepEqual(counts, [0, 1]);
});

test("of two virtual routers with one id, the sender's peer gets the packet", () => {
  const first = { unicastPeers: [ip("192.0.2.8")] };
  const second = { unicastPeers: [ip("192.0.2.9")] };
  const node = started(
    config([
      instanceConfig({ name: "A", ...first }),
      instanceConfig({ name: "B", ...second, addresses: [virtualAddress("192.0.2.150/24")] }),
    ]),
  );
  node.handle(packet(1, 200, second), SECOND);
  const counts = node.snapshot().instances.map(({ counters }) => counters.advertRcvd);
  assert.deepEqual(counts, [0, 1]);
});

test("packets for no instance are logged once, and unknown ids only if configured", () => {
  const texts = (node: VrrpNode, event: NodeEvent): string[] =>
    actionsOf(node.handle(event, SECOND)).map((action) =>
      action.kind === "log" ? action.text : action.kind,
    );
  const quiet = started(config([instanceConfig()]));
  assert.deepEqual(texts(quiet, packet(9, 100)), []);
  const loud = started(config([instanceConfig()], { global: { logUnknownVrids: true } }));
  const line = "Unknown VRID(9) received on interface(eth0). ignoring...";
  assert.deepEqual(texts(loud, packet(9, 100)), [line]);
  assert.deepEqual(texts(loud, packet(9, 100)), []);
  const whole = packet(1, 100);
  const short = { ...whole, payload: whole.payload.slice(0, 4) };
  assert.deepEqual(texts(loud, short), ["IPv4 VRRP packet too short - 4 bytes"]);
});

test("an event about something unknown has no effect", () => {
  const node = started(config(owners(1)));
  run(node, 100 * MILLISECOND);
  const strays: readonly NodeEvent[] = [
    { kind: "unclaimed", instance: "VI_9" },
    { kind: "scriptEnded", script: "gone", run: 0, outcome: { kind: "timedOut" } },
    {
      kind: "addressRemoved",
      interface: "eth0",
      address: ip("192.0.2.1"),
      prefixLength: 24,
      cause: "deleted",
    },
  ];
  for (const event of strays)
    assert.deepEqual(actionsOf(node.handle(event, 200 * MILLISECOND)), []);
  const state = interfaceState("eth0", "192.0.2.1/24", {
    addresses: ["192.0.2.1/24", "192.0.2.7/24"],
  });
  const changed = { kind: "interface", name: "eth0", state } as const;
  assert.deepEqual(
    actionsOf(node.handle(changed, 300 * MILLISECOND)),
    [],
    "an interface that stays up",
  );
});

test("any octets in a packet leave the node unchanged or are counted", () => {
  const whole = packet(1, 100);
  const bytes = vrrpPacket(whole, whole.payload);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(bytes.length),
      (edits, length) => {
        const node = started(config([instanceConfig()]));
        const damaged = bytes.slice();
        for (const [at, value] of edits) damaged[at] = value;
        const damagedPacket = vrrpFromIpv4(damaged.slice(0, length));
        if (damagedPacket !== undefined) node.handle(received(damagedPacket), SECOND);
        assert.equal(node.snapshot().instances[0]?.state, "backup");
      },
    ),
    { numRuns: 500, seed: 1 },
  );
});

test("the snapshot contains state, timer, lease and reason", () => {
  const node = started(config([instanceConfig(), ...owners(2).slice(1)]));
  node.handle(packet(1, 200), SECOND);
  const [backup, active] = node.snapshot().instances;
  assert.equal(backup?.state, "backup");
  assert.deepEqual([backup?.activeRouter, backup?.activePriority], [ip("192.0.2.2"), 200]);
  assert.equal(backup?.timerAt, SECOND + 3_609_375);
  assert.equal(active?.state, "active");
  assert.deepEqual([active?.leaseSeconds, active?.leaseEndAt], [2, 2 * SECOND]);
  assert.equal(active?.lastChange?.reason, "start as the owner of the addresses");
});

test("a stopped node does nothing", () => {
  const node = started(config(owners(1)));
  node.handle({ kind: "stop", keepAddresses: false }, SECOND);
  assert.equal(node.deadline(), undefined);
  assert.deepEqual(actionsOf(node.handle(packet(1, 200), SECOND)), []);
  assert.deepEqual(actionsOf(node.handle({ kind: "deadline" }, 9 * SECOND)), []);
});

test("a backup removes an existing address that a reload makes a floating one", () => {
  const standing = interfaceState("eth0", "192.0.2.1/24", {
    addresses: ["192.0.2.1/24", "192.0.2.150/24"],
  });
  const node = new VrrpNode(config([instanceConfig()]));
  node.handle({ kind: "start", interfaces: [standing], records: undefined }, 0);
  const addresses = [...instanceConfig().addresses, virtualAddress("192.0.2.150/24")];
  const wanted = config([instanceConfig({ addresses })]);
  const removed = actionsOf(node.handle({ kind: "reload", config: wanted }, SECOND)).flatMap(
    (action) => (action.kind === "removeAddresses" ? action.addresses : []),
  );
  assert.deepEqual(removed, [virtualAddress("192.0.2.150/24")]);
});

test("the no_track addresses of an interface that is back are set and announced", () => {
  const carried = { ...virtualAddress("10.0.0.1/24", "eth1"), noTrack: true };
  const addresses = [virtualAddress("192.0.2.101/24"), carried];
  const node = started(config(owners(1, { addresses })));
  const eth1 = interfaceState("eth1", "10.0.0.9/24");
  node.handle({ kind: "interface", name: "eth1", state: eth1 }, 0);
  run(node, 2 * SECOND);
  node.handle({ kind: "interface", name: "eth1", state: undefined }, 2 * SECOND);
  assert.equal(node.snapshot().instances[0]?.state, "active");
  const actions = [
    ...actionsOf(node.handle({ kind: "interface", name: "eth1", state: eth1 }, 2 * SECOND)),
    ...actionsOf(node.handle({ kind: "deadline" }, 2 * SECOND + 10 * MILLISECOND)),
  ];
  const kinds = actions.map((action) =>
    action.kind === "arp" ? `arp ${action.interface}` : action.kind,
  );
  assert.deepEqual(kinds, ["record", "sendAdvert", "setAddresses", "arp eth1"]);
  const down = { ...eth1, up: false };
  for (const state of [down, { ...down, mtu: 1400 }]) {
    const event = { kind: "interface", name: "eth1", state } as const;
    assert.deepEqual(
      actionsOf(node.handle(event, 2.1 * SECOND)),
      [],
      "while it is down nothing is set",
    );
  }
});

test("a router that floods adverts does not fill the log", () => {
  const lines = (node: VrrpNode, event: NodeEvent, at: Micros): number =>
    actionsOf(node.handle(event, at)).filter((action) => action.kind === "log").length;
  const version3 = config([instanceConfig({ version: 3 })]);
  const delayed = config([instanceConfig({ preemptDelayMicros: SECOND })]);
  const flood: readonly (readonly [string, VrrpPart, (step: number) => NodeEvent])[] = [
    ["intervals", version3, (step) => packet3(200, step % 2 === 0 ? SECOND : 2 * SECOND)],
    ["sources", version3, (step) => packet3(200, SECOND, `192.0.2.${2 + (step % 2)}`)],
    ["resignations", config([instanceConfig()]), () => packet(1, 0)],
    ["delays", delayed, (step) => packet(1, step % 2 === 0 ? 50 : 150)],
  ];
  for (const [what, settings, speak] of flood) {
    const node = new VrrpNode(settings);
    node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
    let logged = 0;
    for (let step = 0; step < 1_000; step++)
      logged += lines(node, speak(step), SECOND + step * 100);
    assert.ok(logged > 0 && logged <= 12, `${what}: ${logged} lines`);
  }
  const master = new VrrpNode(config(owners(1, { priority: 254 })));
  master.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
  run(master, 5 * SECOND);
  let logged = 0;
  for (let step = 0; step < 1_000; step++)
    logged += lines(master, packet(1, 50), 5 * SECOND + step);
  assert.ok(logged > 0 && logged <= 12, `worse adverts: ${logged} lines`);
});

test("such a router causes one burst of gratuitous ARPs per half interval, and one after it", () => {
  const addresses = [1, 2, 3, 4].map((last) => virtualAddress(`192.0.2.${100 + last}/24`));
  const node = started(config(owners(1, { priority: 254, addresses })));
  run(node, 10 * SECOND);
  const arpsOf = (actions: readonly NodeAction[]): number =>
    actions.filter(({ kind }) => kind === "arp").length;
  let arps = 0;
  for (let at = 10 * SECOND; at < 12 * SECOND; at += MILLISECOND) {
    arps += arpsOf(run(node, at, at).map(({ action }) => action));
    arps += arpsOf(actionsOf(node.handle(packet(1, 50), at)));
  }
  const burst = addresses.length * 5;
  assert.ok(arps >= 4 * burst && arps <= 5 * burst, `${arps} within two seconds`);
  assert.equal(arpsOf(run(node, 20 * SECOND).map(({ action }) => action)) % burst, 0);
});

test("an address removed with its interface is not an expired lease", () => {
  const carried = { ...virtualAddress("198.51.100.1/24", "eth1"), noTrack: true };
  const addresses = [virtualAddress("192.0.2.101/24"), carried];
  const node = new VrrpNode(config(owners(1, { addresses })), { detailed: false });
  const eth1 = interfaceState("eth1", "198.51.100.2/24");
  node.handle({ kind: "start", interfaces: [ETH0, eth1], records: undefined }, 0);
  const removed = {
    kind: "addressRemoved",
    interface: "eth1",
    address: ip("198.51.100.1"),
    prefixLength: 24,
    cause: "expired",
  } as const;
  node.handle({ kind: "interface", name: "eth1", state: { ...eth1, up: false } }, SECOND / 2);
  assert.deepEqual(actionsOf(node.handle(removed, SECOND / 2)), []);
  node.handle({ kind: "interface", name: "eth1", state: eth1 }, SECOND / 2);
  const leaving = actionsOf(node.handle(removed, SECOND / 2)).map(({ kind }) => kind);
  assert.ok(leaving.includes("removeAddresses"), "on one that is up it is");
});

test("a new hardware address is logged, and all addresses are announced", () => {
  const node = started(config(owners(1)));
  run(node, 10 * SECOND);
  const mac = "02:00:00:00:00:02";
  const changed = { kind: "interface", name: "eth0", state: { ...ETH0, mac } } as const;
  const at = 10.2 * SECOND;
  const actions = [
    ...actionsOf(node.handle(changed, at)),
    ...run(node, at, at).map(({ action }) => action),
  ];
  const kinds = actions.map((action) => (action.kind === "log" ? action.text : action.kind));
  assert.equal(kinds[0], "record");
  assert.ok(
    kinds.includes("(eth0) MAC Address changed from 02:00:00:00:00:01 to 02:00:00:00:00:02"),
  );
  assert.ok(kinds.includes("sendAdvert"));
  assert.ok(kinds.includes("arp"), kinds.join());
  assert.deepEqual(actionsOf(node.handle(changed, at)), []);
});
