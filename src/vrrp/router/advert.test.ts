import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig, virtualAddress } from "../../../test/support/vrrp-config.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import type { NodeAction } from "../action.ts";
import { advertActions, advertSource } from "./advert.ts";

type SendAdvert = NodeAction & { readonly kind: "sendAdvert" };

const SOURCE = ip("192.0.2.1");
const PEERS = [ip("192.0.2.2"), ip("192.0.2.3")];
const PASSWORD = "6162636465666768";

function adverts(over: Partial<InstanceConfig>): SendAdvert[] {
  return advertActions(instanceConfig(over), SOURCE, 100).map((action) => {
    assert.ok(action.kind === "sendAdvert");
    return action;
  });
}

function octets(over: Partial<InstanceConfig>): number | undefined {
  return adverts(over)[0]?.bytes.length;
}

test("the source is the unicast source, else the multicast source, else the interface's address", () => {
  const unicastSrcIp = ip("192.0.2.8");
  const mcastSrcIp = ip("192.0.2.9");
  assert.equal(advertSource(instanceConfig({ unicastSrcIp, mcastSrcIp }), SOURCE), unicastSrcIp);
  assert.equal(advertSource(instanceConfig({ mcastSrcIp }), SOURCE), mcastSrcIp);
  assert.equal(advertSource(instanceConfig(), SOURCE), SOURCE);
  assert.equal(advertSource(instanceConfig(), undefined), undefined);
});

test("multicast has TTL 255, unicast the configured one", () => {
  const unicastTtl = 3;
  assert.deepEqual(
    adverts({ unicastTtl }).map(({ ttl }) => ttl),
    [255],
  );
  assert.deepEqual(
    adverts({ unicastTtl, unicastPeers: PEERS }).map(({ ttl }) => ttl),
    [3],
  );
});

test("all peers get one message, or one each if the checksum covers the destination", () => {
  const to = (over: Partial<InstanceConfig>): unknown =>
    adverts({ unicastPeers: PEERS, ...over }).map(({ destinations }) => destinations);
  assert.deepEqual(to({ version: 2 }), [PEERS]);
  assert.deepEqual(to({ version: 3, v3ChecksumAsV2: true }), [PEERS]);
  assert.deepEqual(
    to({ version: 3 }),
    PEERS.map((peer) => [peer]),
  );
});

test("version 2 contains the password, version 3 has no field for one", () => {
  const [message] = adverts({ version: 2, authPass: PASSWORD });
  assert.equal(
    Buffer.from(message?.bytes ?? [])
      .toString("hex")
      .slice(-16),
    PASSWORD,
  );
  const length3 = octets({ version: 3 });
  assert.equal(octets({ version: 3, authPass: PASSWORD }), length3);
});

test("over IPv4 only IPv4 addresses are listed", () => {
  const addresses = [virtualAddress("192.0.2.101/24"), virtualAddress("2001:db8::1/64")];
  const [message] = adverts({ addresses });
  assert.equal(message?.bytes[3], 1);
});
