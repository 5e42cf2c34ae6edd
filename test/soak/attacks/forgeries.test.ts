// Checks that each forgery has exactly the flaw in its name.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ip } from "../../../src/lib/ip.ts";
import { mac } from "../../../src/lib/mac.ts";
import { expectationOf, receiveAdvert } from "../../../src/vrrp/router/receive.ts";
import { virtualRouterIdOf } from "../../../src/wire/vrrp.ts";
import { instanceConfig, virtualAddress } from "../../support/vrrp-config.ts";
import { INSTANCES, PASSWORD, type SoakInstance } from "../node.ts";
import { FORGERIES, forgedPacket, passwordOf, RESIGNATION, type Target } from "./forgeries.ts";

function targetOf(instance: SoakInstance): Target {
  const [holder, forger] = [ip("192.0.2.1"), ip("192.0.2.66")];
  return { instance, holder, forger, forgerMac: mac("02:00:00:00:00:66") };
}

/** How the holder of an instance treats a packet. */
function fateOf({ instance }: Target, packet: ReturnType<typeof forgedPacket>): string {
  if (virtualRouterIdOf(packet.payload) !== instance.id) return "noInstance";
  const expected = expectationOf(
    instanceConfig({
      virtualRouterId: instance.id,
      version: instance.version,
      advertIntMicros: instance.advertSeconds * 1_000_000,
      authPass: instance.version === 2 ? passwordOf(PASSWORD).data : undefined,
      addresses: instance.addresses.map((address) => virtualAddress(address)),
      unicastPeers: instance.isUnicast ? [ip("192.0.2.2")] : [],
    }),
  );
  const received = receiveAdvert(packet, expected);
  return received.kind === "refused" ? received.reason : "harmless";
}

describe("forged adverts", () => {
  for (const forgery of [...FORGERIES, RESIGNATION]) {
    it(`${forgery.name}: ${forgery.fate}`, () => {
      const targets = INSTANCES.map(targetOf).filter(
        ({ instance }) => forgery.isAgainst?.(instance) !== false,
      );
      assert.ok(targets.length > 0);
      for (const target of targets) {
        assert.equal(fateOf(target, forgedPacket(forgery, target)), forgery.fate);
      }
    });
  }

  it("would be accepted without their flaw", () => {
    const flawless = { ...RESIGNATION, flaw: () => ({}) };
    for (const target of INSTANCES.map(targetOf)) {
      const packet = forgedPacket(flawless, target);
      assert.equal(fateOf(target, packet), "harmless");
      assert.equal(packet.payload[2], 255);
    }
  });
});
