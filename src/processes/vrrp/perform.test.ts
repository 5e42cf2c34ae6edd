import assert from "node:assert/strict";
import { test } from "node:test";
import { batchesOf } from "../../../test/support/actions.ts";
import { virtualAddress } from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import type { NodeAction } from "../../vrrp/action.ts";
import type { InstanceRecord } from "../../vrrp/event.ts";
import type { AddressOrder } from "./kernel-addresses.ts";
import { Performer, type Ports } from "./perform.ts";

/** Ports that record each call; `failing` instances cannot send. */
function recorder(options: { failing?: readonly string[]; now?: number; detail?: boolean } = {}): {
  calls: string[];
  ports: Ports;
} {
  const calls: string[] = [];
  const set = (orders: readonly AddressOrder[]): void =>
    void calls.push(`set ${orders.map((order) => order.address.address).join(" ")}`);
  const ports: Ports = {
    now: () => options.now ?? 0,
    record: (instance) => calls.push(`record ${instance}`),
    sendAdverts: (adverts) => {
      calls.push(`adverts ${adverts.map((advert) => advert.instance).join(" ")}`);
      return new Map((options.failing ?? []).map((name) => [name, "ENETDOWN"]));
    },
    addAddresses: set,
    renewAddresses: set,
    unclaimed: (instance) => calls.push(`not claimed ${instance}`),
    unannounced: (arps) => calls.push(`not announced ${arps.map((arp) => arp.address).join(" ")}`),
    removeAddresses: (addresses) =>
      calls.push(`remove ${addresses.map((entry) => entry.address).join(" ")}`),
    sendAnnouncements: (arps) => calls.push(`arp ${arps.map((arp) => arp.address).join(" ")}`),
    runScript: (script) => calls.push(`run ${script}`),
    notify: (notifications) =>
      calls.push(`notify ${notifications.map((notification) => notification.state).join(" ")}`),
    stopped: () => calls.push("stopped"),
    round: (act) => act(),
    log: (_level, text) => calls.push(`log ${text}`),
    detail: options.detail ?? false,
  };
  return { calls, ports };
}

const RECORD: InstanceRecord = {
  active: true,
  lastAdvertAt: 0,
  advertisementIntervalMicros: 1,
  effectivePriority: 1,
};

function advert(instance: string, priority = 100): NodeAction {
  return {
    kind: "sendAdvert",
    instance,
    interface: "eth0",
    source: ip("192.0.2.1"),
    destinations: [ip("224.0.0.18")],
    ttl: 255,
    bytes: Uint8Array.of(0x31, 1, priority, 1),
  };
}

function set(instance: string, text: string, renewal: boolean): NodeAction {
  return {
    kind: "setAddresses",
    instance,
    addresses: [virtualAddress(`${text}/24`)],
    leaseSeconds: 2,
    renewal,
  };
}

function log(text: string, detail = false): NodeAction {
  return { kind: "log", level: "info", text, detail };
}

test("an action repeated in one turn is performed once, at its last position", () => {
  const { calls, ports } = recorder();
  const own = advert("A");
  const addresses = set("A", "192.0.2.9", false);
  const zero = advert("A", 0);
  new Performer(ports).perform(batchesOf(own, addresses, own, zero, addresses, own), 0);
  assert.deepEqual(calls, ["adverts A A", "set 192.0.2.9"]);
  calls.length = 0;
  new Performer(ports).perform(batchesOf(own, advert("B"), own), 0);
  assert.deepEqual(calls, ["adverts B A"]);
});

test("detail lines are logged with -D", () => {
  const { calls, ports } = recorder({ detail: true });
  new Performer(ports).perform(batchesOf(log("always"), log("only with detail", true)), 0);
  assert.deepEqual(calls, ["log always", "log only with detail"]);
});

test("additions and renewals are separate calls, and without an advert no permanent address is added", () => {
  const { calls, ports } = recorder({ failing: ["B"] });
  const note = (verb: string) => (orders: readonly AddressOrder[]) => {
    const texts = orders.map(({ address, leaseSeconds }) => `${address.address} ${leaseSeconds}`);
    calls.push(`${verb} ${texts.join(", ")}`);
  };
  const apart: Ports = { ...ports, addAddresses: note("add"), renewAddresses: note("renew") };
  const forGood = (action: NodeAction): NodeAction =>
    ({ ...action, leaseSeconds: undefined }) as NodeAction;
  new Performer(apart).perform(
    batchesOf(
      set("A", "192.0.2.1", true),
      set("A", "192.0.2.2", false),
      advert("B"),
      forGood(set("B", "192.0.2.3", false)),
    ),
    0,
  );
  assert.deepEqual(calls, [
    "adverts B",
    "log (B): send advert error: ENETDOWN",
    "add 192.0.2.2 2",
    "renew 192.0.2.1 2",
  ]);
});

test("the order is records, removals, adverts, additions, ARP, and then log lines and notifications", () => {
  const { calls, ports } = recorder();
  const arp: NodeAction = {
    kind: "arp",
    interface: "eth0",
    address: ip("192.0.2.9"),
  };
  new Performer(ports).perform(
    batchesOf(
      log("first"),
      advert("A"),
      { kind: "record", instance: "A", record: RECORD },
      set("A", "192.0.2.9", false),
      arp,
      { kind: "removeAddresses", instance: "B", addresses: [virtualAddress("192.0.2.8/24")] },
      advert("B"),
      { kind: "notify", instance: "A", event: "master", state: "MASTER", priority: 100 },
      log("only with detail", true),
      { kind: "stopped" },
    ),
    0,
  );
  assert.deepEqual(calls, [
    "record A",
    "adverts A",
    "set 192.0.2.9",
    "arp 192.0.2.9",
    "remove 192.0.2.8",
    "adverts B",
    "log first",
    "notify MASTER",
    "stopped",
  ]);
});

test("many instances in one turn make one call for adverts and one for addresses", () => {
  const { calls, ports } = recorder();
  const actions = ["A", "B", "C"].flatMap((name, index) => [
    advert(name),
    set(name, `192.0.2.${index + 1}`, true),
  ]);
  new Performer(ports).perform(batchesOf(...actions), 0);
  assert.deepEqual(calls, ["adverts A B C", "set 192.0.2.1 192.0.2.2 192.0.2.3"]);
});

test("an instance that cannot send is not renewed, and that is logged once", () => {
  const failing: string[] = ["A"];
  const { calls, ports } = recorder({ failing });
  const performer = new Performer(ports);
  const turn = [advert("A"), set("A", "192.0.2.1", true), advert("B"), set("B", "192.0.2.2", true)];
  performer.perform(batchesOf(...turn), 0);
  performer.perform(batchesOf(...turn), 0);
  failing.pop();
  performer.perform(batchesOf(...turn), 0);
  assert.deepEqual(calls, [
    "adverts A B",
    "log (A): send advert error: ENETDOWN",
    "set 192.0.2.2",
    "adverts A B",
    "set 192.0.2.2",
    "adverts A B",
    "log (A): adverts can be sent again",
    "not claimed A",
    "set 192.0.2.1 192.0.2.2",
  ]);
});

test("an instance that cannot send neither adds nor announces addresses until its adverts are sent again", () => {
  const failing: string[] = ["A"];
  const { calls, ports } = recorder({ failing });
  const performer = new Performer(ports);
  const arp: NodeAction = {
    kind: "arp",
    interface: "eth0",
    address: ip("192.0.2.1"),
  };
  performer.perform(batchesOf(advert("A"), set("A", "192.0.2.1", false), arp), 0);
  performer.perform(batchesOf(arp), 0);
  failing.pop();
  performer.perform(batchesOf(advert("A")), 0);
  performer.perform(batchesOf(advert("A"), set("A", "192.0.2.1", false), arp), 0);
  assert.deepEqual(calls, [
    "adverts A",
    "log (A): send advert error: ENETDOWN",
    "adverts A",
    "log (A): adverts can be sent again",
    "not claimed A",
    "adverts A",
    "set 192.0.2.1",
    "arp 192.0.2.1",
  ]);
});

test("a withheld address does not delay those of other instances", () => {
  const { calls, ports } = recorder({ failing: ["A"] });
  const arps = ["192.0.2.1", "192.0.2.2"].map(
    (address): NodeAction => ({
      kind: "arp",
      interface: "eth0",
      address: ip(address),
    }),
  );
  const sets = [set("A", "192.0.2.1", false), set("B", "192.0.2.2", false)];
  new Performer(ports).perform(batchesOf(advert("A"), advert("B"), ...sets, ...arps), 0);
  assert.deepEqual(calls.slice(2), ["set 192.0.2.2", "arp 192.0.2.2"]);
});

test("a turn is late after 100 ms", () => {
  for (const [now, calls] of [
    [100_000, ["adverts A", "set 192.0.2.1"]],
    [100_001, ["not claimed A"]],
  ] as const) {
    const recorded = recorder({ now });
    new Performer(recorded.ports).perform(batchesOf(advert("A"), set("A", "192.0.2.1", false)), 0);
    assert.deepEqual(recorded.calls, calls);
  }
});

test("if a turn becomes late after the adverts, nothing is set or announced and the engine is notified", () => {
  let now = 0;
  const { calls, ports } = recorder();
  const slow: Ports = {
    ...ports,
    now: () => now,
    sendAdverts: (adverts) => {
      now = 5_000_000;
      return ports.sendAdverts(adverts);
    },
  };
  const arp: NodeAction = {
    kind: "arp",
    interface: "eth0",
    address: ip("192.0.2.1"),
  };
  const turn = [advert("A"), set("A", "192.0.2.1", true), set("B", "192.0.2.2", false), arp];
  new Performer(slow).perform(batchesOf(...turn), 0);
  assert.deepEqual(calls, [
    "adverts A",
    "not claimed A",
    "not claimed B",
    "not announced 192.0.2.1",
  ]);
});

/** `ports` where adding addresses takes `micros`. */
function slowToAdd(ports: Ports, micros: number): Ports {
  let now = 0;
  return {
    ...ports,
    now: () => now,
    addAddresses: (orders) => {
      ports.addAddresses(orders);
      now += micros;
    },
  };
}

test("if adding addresses makes a turn late, they are announced later", () => {
  const { calls, ports } = recorder();
  const slow = slowToAdd(ports, 200_000);
  const arp: NodeAction = { kind: "arp", interface: "eth0", address: ip("192.0.2.1") };
  new Performer(slow).perform(batchesOf(set("A", "192.0.2.1", false), arp), 0);
  assert.deepEqual(calls, ["set 192.0.2.1", "not announced 192.0.2.1"]);
});

test("if adding addresses makes a turn late, nothing is renewed", () => {
  const { calls, ports } = recorder();
  const slow = slowToAdd(ports, 5_000_000);
  const turn = [set("A", "192.0.2.1", false), set("B", "192.0.2.2", true)];
  new Performer(slow).perform(batchesOf(...turn), 0);
  assert.deepEqual(calls, ["set 192.0.2.1", "not claimed B"]);
});

test("in a late turn adverts are not sent, but addresses are still removed", () => {
  const { calls, ports } = recorder({ now: 5_000_000 });
  const removal: NodeAction = {
    kind: "removeAddresses",
    instance: "B",
    addresses: [virtualAddress("192.0.2.8/24")],
  };
  new Performer(ports).perform(batchesOf(removal, advert("A"), set("A", "192.0.2.1", true)), 0);
  assert.deepEqual(calls, ["remove 192.0.2.8", "not claimed A"]);
});

test("in a late turn, addresses that stay after the stop still become permanent", () => {
  const { calls, ports } = recorder({ now: 5_000_000 });
  const permanent = {
    kind: "keepAddresses" as const,
    instance: "A",
    addresses: [virtualAddress("192.0.2.1/24")],
  };
  new Performer(ports).perform(batchesOf(permanent, advert("A")), 0);
  assert.deepEqual(calls, ["set 192.0.2.1", "not claimed A"]);
});

test("in a late turn resignations are still sent", () => {
  const { calls, ports } = recorder({ now: 5_000_000 });
  const removal: NodeAction = {
    kind: "removeAddresses",
    instance: "B",
    addresses: [virtualAddress("192.0.2.8/24")],
  };
  new Performer(ports).perform(batchesOf(removal, advert("A"), advert("B", 0)), 0);
  assert.deepEqual(calls, ["remove 192.0.2.8", "adverts B", "not claimed A"]);
});

test("the notifications of a turn are passed on together, before `stopped`", () => {
  const { calls, ports } = recorder();
  const notification = (instance: string, state: string): NodeAction => {
    return { kind: "notify", instance, event: "stop", state, priority: 100 };
  };
  new Performer(ports).perform(
    batchesOf(log("first"), notification("A", "STOP"), notification("B", "STOP"), {
      kind: "stopped",
    }),
    0,
  );
  assert.deepEqual(calls, ["log first", "notify STOP STOP", "stopped"]);
});

test("actions of events raised while performing are performed in the same turn", () => {
  const { calls, ports } = recorder({ now: 5_000_000 });
  const performer: Performer = new Performer({
    ...ports,
    unclaimed: () => {
      for (const batch of batchesOf(log("decided anew"))) performer.add(batch);
    },
  });
  for (const batch of batchesOf(advert("A"))) performer.add(batch);
  performer.performTurn(0);
  assert.deepEqual(calls, ["log decided anew"]);
  assert.equal(performer.deadline(), Number.POSITIVE_INFINITY);
});

test("actions left after the last round are due at once and keep their age", () => {
  const second = 1_000_000;
  let now = 0;
  let unclaimed = 0;
  const { calls, ports } = recorder();
  const performer: Performer = new Performer({
    ...ports,
    now: () => (now += second),
    unclaimed: () => {
      unclaimed += 1;
      if (unclaimed <= 10) for (const batch of batchesOf(advert("A"))) performer.add(batch);
    },
  });
  for (const batch of batchesOf(advert("A"))) performer.add(batch);
  performer.performTurn(0);
  assert.equal(unclaimed, 10);
  const left = performer.deadline();
  assert.equal(left, now);
  // A turn that begins later must not mistake the advert for a new one.
  performer.performTurn(now + 0.95 * second);
  assert.equal(unclaimed, 11);
  assert.deepEqual(calls, []);
  assert.equal(performer.deadline(), Number.POSITIVE_INFINITY);
});
