// Tests the Ethernet II header: round trip and refusals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mac } from "../lib/mac.ts";
import { ETH_P_IP, emitEthernet, parseEthernet } from "./ethernet.ts";

const header = {
  destination: mac("01:00:5e:00:00:12"),
  source: mac("02:00:00:00:00:0a"),
  etherType: ETH_P_IP,
};

test("an emitted frame is parsed to the same value, in a dirty buffer", () => {
  const payload = Uint8Array.of(1, 2, 3);
  const bytes = emitEthernet(header, payload, new Uint8Array(30).fill(0xa5));
  assert.deepEqual(parseEthernet(bytes), { kind: "ethernet", ...header, payload });
});

test("other frames than Ethernet II are refused", () => {
  const bytes = emitEthernet({ ...header, etherType: 0x05ff }, new Uint8Array(0));
  assert.deepEqual(parseEthernet(bytes), { kind: "refused", reason: "notEthernetTwo" });
  assert.deepEqual(parseEthernet(bytes.subarray(0, 13)), { kind: "refused", reason: "truncated" });
});
