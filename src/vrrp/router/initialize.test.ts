import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../../test/support/actions.ts";
import {
  config,
  instanceConfig,
  interfaceState,
  virtualAddress,
} from "../../../test/support/vrrp-config.ts";
import type { VirtualAddress } from "../../config/vrrp/types.ts";
import { SECOND } from "../../lib/micros.ts";
import { VrrpNode } from "../node.ts";

const ETH0 = interfaceState("eth0", "192.0.2.1/24");

test("a node warns before it removes its interface's own address, also at a reload", () => {
  const warnings = (
    floating: VirtualAddress,
    more: string[] = [],
    marked: string[] = [],
  ): string => {
    const node = new VrrpNode(config([instanceConfig({ addresses: [floating] })]));
    const eth0 = interfaceState("eth0", "192.0.2.1/24", {
      addresses: ["192.0.2.1/24", ...more, ...marked],
      marked,
    });
    const eth1 = interfaceState("eth1", "192.0.2.1/24");
    return actionsOf(
      node.handle({ kind: "start", interfaces: [eth0, eth1], records: undefined }, 0),
    )
      .flatMap((action) =>
        action.kind === "log" && action.level === "warning" ? [action.text] : [],
      )
      .join();
  };
  const own = virtualAddress("192.0.2.1/24");
  const warning = /192\.0\.2\.1\/24 on eth0 is a floating address and the only one/;
  assert.match(warnings(own), warning);
  assert.match(warnings(own, ["fe80::1/64"]), warning, "IPv6 sends no adverts over IPv4");
  assert.match(warnings(own, [], ["192.0.2.200/24"]), warning, "another's floating one will go");
  assert.equal(warnings(own, ["192.0.2.9/24"]), "");
  assert.equal(warnings(virtualAddress("192.0.2.1/24", "eth1")), "", "it goes from elsewhere");
  const usual = config([instanceConfig()]);
  const running = new VrrpNode(usual);
  running.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
  const addresses = [virtualAddress("192.0.2.101/24"), virtualAddress("192.0.2.1/24")];
  const reloaded = actionsOf(
    running.handle(
      {
        kind: "reload",
        config: config([instanceConfig({ addresses })]),
        interfaces: [{ ...ETH0, ipv4: undefined }],
      },
      SECOND,
    ),
  );
  const kinds = reloaded.map((action) => (action.kind === "log" ? action.text : action.kind));
  assert.match(kinds.join(), /192\.0\.2\.1\/24 on eth0 is a floating address and the only one/);
  assert.match(kinds.join(), /no IPv4 address for interface/);
});

test("addresses left on another interface are removed even if the own interface is missing", () => {
  const eth1 = interfaceState("eth1", "10.0.0.9/24", { addresses: ["10.0.0.9/24", "10.0.0.1/24"] });
  const addresses = [virtualAddress("10.0.0.1/24", "eth1")];
  const node = new VrrpNode(config([instanceConfig({ addresses })]));
  const removed = actionsOf(
    node.handle({ kind: "start", interfaces: [eth1], records: undefined }, 0),
  ).flatMap((action) => (action.kind === "removeAddresses" ? action.addresses : []));
  assert.deepEqual(removed, addresses);
});

test("a router killed while becoming MASTER notifies that after it is resumed", () => {
  const notified = (known: "BACKUP" | "MASTER"): string[] => {
    const holding = interfaceState("eth0", "192.0.2.1/24", {
      addresses: ["192.0.2.1/24", "192.0.2.101/24"],
      marked: ["192.0.2.101/24"],
    });
    const record = {
      active: true,
      lastAdvertAt: SECOND,
      advertisementIntervalMicros: SECOND,
      effectivePriority: 100,
      notified: known,
    };
    const node = new VrrpNode(config([instanceConfig()]));
    const records = new Map([["VI_1", record]]);
    return actionsOf(
      node.handle({ kind: "start", interfaces: [holding], records }, 1.5 * SECOND),
    ).flatMap((action) => (action.kind === "notify" ? [action.state] : []));
  };
  assert.deepEqual(notified("BACKUP"), ["MASTER"]);
  assert.deepEqual(notified("MASTER"), []);
});
