import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../test/support/actions.ts";
import { virtualAddress } from "../../test/support/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import { appendBatch, type Batch, type SendAdvert } from "./action.ts";
import { Turn } from "./turn.ts";

const ADDRESSES = [virtualAddress("192.0.2.101/24")];

const ADVERT: SendAdvert = {
  kind: "sendAdvert",
  instance: "VI_1",
  interface: "eth0",
  source: ip("192.0.2.1"),
  destinations: [ip("224.0.0.18")],
  ttl: 255,
  bytes: new Uint8Array(20),
};

test("addresses are removed before adverts and added after them, and log lines and notifications come last", () => {
  const turn = new Turn(true);
  turn.notify("VI_1", "master", "MASTER", 100);
  turn.announce({ kind: "arp", interface: "eth0", address: ip("192.0.2.101") });
  turn.setAddresses({
    kind: "setAddresses",
    instance: "VI_1",
    addresses: ADDRESSES,
    leaseSeconds: 2,
    renewal: false,
  });
  turn.log("info", "a line");
  turn.stopped();
  turn.runScript("chk", 0);
  turn.advert([ADVERT]);
  turn.removeAddresses("VI_2", ADDRESSES);
  turn.record("VI_1", {
    active: true,
    lastAdvertAt: 0,
    advertisementIntervalMicros: 1,
    effectivePriority: 100,
  });
  assert.equal(turn.adverts, 1);
  assert.deepEqual(
    actionsOf(turn.finish()).map(({ kind }) => kind),
    [
      "record",
      "removeAddresses",
      "sendAdvert",
      "setAddresses",
      "arp",
      "log",
      "runScript",
      "notify",
      "stopped",
    ],
  );
  assert.deepEqual(actionsOf(turn.finish()), []);
});

test("without -D, detail lines are not created", () => {
  const turn = new Turn(false);
  turn.detail("a line");
  turn.log("info", "another");
  assert.equal(actionsOf(turn.finish()).length, 1);
});

test("without addresses there is no action", () => {
  const turn = new Turn(true);
  turn.removeAddresses("VI_1", []);
  turn.keepAddresses("VI_1", []);
  assert.deepEqual(actionsOf(turn.finish()), []);
});

test("the events of a turn share a batch, but an added address is removed in another one", () => {
  const turn = new Turn(true);
  const batches: Batch[] = [];
  const set = { kind: "setAddresses", instance: "VI_1", leaseSeconds: 2, renewal: false } as const;
  turn.removeAddresses("VI_2", ADDRESSES);
  appendBatch(batches, turn.finish());
  appendBatch(batches, turn.finish());
  turn.setAddresses({ ...set, addresses: ADDRESSES });
  appendBatch(batches, turn.finish());
  turn.advert([ADVERT]);
  appendBatch(batches, turn.finish());
  turn.removeAddresses("VI_1", ADDRESSES);
  appendBatch(batches, turn.finish());
  assert.deepEqual(
    batches.map((batch) => actionsOf(batch).map(({ kind }) => kind)),
    [["removeAddresses", "sendAdvert", "setAddresses"], ["removeAddresses"]],
  );
});
