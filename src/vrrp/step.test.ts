import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../test/support/actions.ts";
import { virtualAddress } from "../../test/support/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import { appendBatch, type Batch, type SendAdvert } from "./action.ts";
import { Step } from "./step.ts";

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
  const step = new Step(true);
  step.notify("VI_1", "master", "MASTER", 100);
  step.announce({ kind: "arp", interface: "eth0", address: ip("192.0.2.101") });
  step.setAddresses({
    kind: "setAddresses",
    instance: "VI_1",
    addresses: ADDRESSES,
    leaseSeconds: 2,
    renewal: false,
  });
  step.log("info", "a line");
  step.stopped();
  step.runScript("chk", 0);
  step.advert([ADVERT]);
  step.removeAddresses("VI_2", ADDRESSES);
  step.record("VI_1", {
    active: true,
    lastAdvertAt: 0,
    advertisementIntervalMicros: 1,
    effectivePriority: 100,
  });
  assert.equal(step.advertCount, 1);
  assert.deepEqual(
    actionsOf(step.finish()).map(({ kind }) => kind),
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
  assert.deepEqual(actionsOf(step.finish()), []);
});

test("without -D, detail lines are not created", () => {
  const step = new Step(false);
  step.detail("a line");
  step.log("info", "another");
  assert.equal(actionsOf(step.finish()).length, 1);
});

test("without addresses there is no action", () => {
  const step = new Step(true);
  step.removeAddresses("VI_1", []);
  step.keepAddresses("VI_1", []);
  assert.deepEqual(actionsOf(step.finish()), []);
});

test("the events of a turn share a batch, but an added address is removed in another one", () => {
  const step = new Step(true);
  const batches: Batch[] = [];
  const set = { kind: "setAddresses", instance: "VI_1", leaseSeconds: 2, renewal: false } as const;
  step.removeAddresses("VI_2", ADDRESSES);
  appendBatch(batches, step.finish());
  appendBatch(batches, step.finish());
  step.setAddresses({ ...set, addresses: ADDRESSES });
  appendBatch(batches, step.finish());
  step.advert([ADVERT]);
  appendBatch(batches, step.finish());
  step.removeAddresses("VI_1", ADDRESSES);
  appendBatch(batches, step.finish());
  assert.deepEqual(
    batches.map((batch) => actionsOf(batch).map(({ kind }) => kind)),
    [["removeAddresses", "sendAdvert", "setAddresses"], ["removeAddresses"]],
  );
});
