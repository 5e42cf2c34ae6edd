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

const ETH0 = interfaceState("eth0", "192.0.2.1/24");

function started(settings: VrrpPart, at: Micros = 0): VrrpNode {
  const node = new VrrpNode(settings, { detailed: false });
  node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, at);
  return node;
}

/** Handles the node's deadlines from `from` to `until` and returns the actions with their times. */
function run(
  node: VrrpNode,
  until: Micros,
  from: Micros = 0,
): { at: Micros; action: NodeAction }[] {
  const done: { at: Micros; action: NodeAction }[] = [];
  for (;;) {
    const deadline = node.deadline();
    if (deadline === undefined || deadline > until) return done;
    const at = Math.max(deadline, from);
    for (const action of actionsOf(node.handle({ kind: "deadline" }, at)))
      done.push({ at, action });
  }
}

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

/** `count` owners, which are active from the start. */
function owners(count: number, over: Partial<InstanceConfig> = {}): InstanceConfig[] {
  return Array.from({ length: count }, (_, index) =>
    instanceConfig({ virtualRouterId: index + 1, priority: 255, state: "MASTER", ...over }),
  );
}

test("adverts due within their slack are sent in one step, also later", () => {
  const node = started(config(owners(1)));
  const spread = owners(10);
  for (const [index] of spread.entries()) {
    node.handle({ kind: "reload", config: config(spread.slice(0, index + 1)) }, index * 2_000);
  }
  const adverts = run(node, 5 * SECOND, 20_000).filter(
    ({ action }) => action.kind === "sendAdvert",
  );
  const steps = new Set(adverts.map(({ at }) => at));
  assert.equal(adverts.length, 50);
  assert.deepEqual(
    [...steps],
    [1, 2, 3, 4, 5].map((time) => time * SECOND),
  );
});

test("instances that start apart share steps from their second advert on, and so do renewals", () => {
  const node = started(config([]));
  for (const [index, at] of [130, 300, 710].entries()) {
    node.handle({ kind: "reload", config: config(owners(index + 1)) }, at * MILLISECOND);
  }
  const done = run(node, 3 * SECOND, 710 * MILLISECOND);
  const times = (kind: NodeAction["kind"]): number[] =>
    done.filter(({ action }) => action.kind === kind).map(({ at }) => at / MILLISECOND);
  const beats = [1_000, 2_000, 3_000].flatMap((beat) => [beat, beat, beat]);
  assert.deepEqual(times("sendAdvert"), beats);
  assert.deepEqual(times("setAddresses"), beats);
});

test("an instance that starts just before a beat sends the adverts due with it too", () => {
  const node = started(config(owners(1)));
  run(node, 900 * MILLISECOND);
  node.handle({ kind: "reload", config: config(owners(2)) }, 985 * MILLISECOND);
  const done = run(node, 3 * SECOND, 985 * MILLISECOND);
  const adverts = done.filter(({ action }) => action.kind === "sendAdvert");
  assert.deepEqual(
    adverts.map(({ at }) => at / MILLISECOND),
    [1_000, 1_985, 1_985, 2_985, 2_985],
  );
});

test("sharing steps makes no interval longer than configured", () => {
  const settings = [
    ...owners(5),
    ...owners(5, { version: 3, advertIntMicros: 100 * MILLISECOND }).map((each, index) => ({
      ...each,
      name: `VI_${index + 11}`,
      virtualRouterId: index + 11,
    })),
  ];
  const node = new VrrpNode(config(settings));
  node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
  const last = new Map<string, Micros>();
  for (const { at, action } of run(node, 10 * SECOND)) {
    if (action.kind !== "sendAdvert") continue;
    const interval = Number(action.instance.slice(3)) > 10 ? 100 * MILLISECOND : SECOND;
    const before = last.get(action.instance) ?? 0;
    assert.ok(
      at - before <= interval && at - before >= 0.98 * interval,
      `${action.instance} ${at}`,
    );
    last.set(action.instance, at);
  }
  assert.equal(last.size, 10);
});

test("gratuitous ARPs never delay an advert, and all are sent", () => {
  const addresses = Array.from({ length: 200 }, (_, index) =>
    virtualAddress(`10.0.0.${index + 1}/24`),
  );
  const settings = owners(20, { version: 3, advertIntMicros: 10 * MILLISECOND }).map(
    (each, index) => (index === 0 ? { ...each, addresses } : each),
  );
  const node = started(config(settings));
  const done = run(node, 2 * SECOND);
  const adverts = done.filter(({ action }) => action.kind === "sendAdvert");
  assert.equal(adverts.length, 200 * 20);
  const arps = done.filter(({ action }) => action.kind === "arp").length;
  // The start sent the first 64 ARPs.
  assert.equal(arps, 5 * (200 + 19) - 64);
});

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

test("two thousand virtual routers on eight interfaces send together, every second", () => {
  const settings = Array.from({ length: 8 }, (_, interfaceIndex) =>
    owners(250).map((each) => ({
      ...each,
      name: `${each.name}_${interfaceIndex}`,
      interface: `eth${interfaceIndex}`,
      addresses: [],
    })),
  );
  const node = new VrrpNode(config(settings.flat()), { detailed: false });
  const interfaces = Array.from({ length: 8 }, (_, index) =>
    interfaceState(`eth${index}`, `10.0.${index}.1/24`),
  );
  node.handle({ kind: "start", interfaces, records: undefined }, 0);
  const adverts = run(node, 3 * SECOND).filter(({ action }) => action.kind === "sendAdvert");
  assert.equal(adverts.length, 3 * 2_000);
  assert.equal(new Set(adverts.map(({ at }) => at)).size, 3);
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

test("many deadlines due at once are spread over several steps", () => {
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
  const steps: number[] = [];
  while (node.deadline() === due) {
    const actions = actionsOf(node.handle({ kind: "deadline" }, due));
    steps.push(actions.filter((action) => action.kind === "sendAdvert").length);
  }
  assert.deepEqual(steps, [256, 256, 256, 256, 176]);
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
