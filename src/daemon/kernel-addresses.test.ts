import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualAddress } from "../../test/support/vrrp-config.ts";
import type { NetlinkRequester, RequestFailure } from "../netlink/requester.ts";
import { errnoNumber } from "../os/errno.ts";
import { KernelAddresses } from "./kernel-addresses.ts";

const ADDRESS = virtualAddress("192.0.2.1/24");

test("an address that the kernel refuses at every renewal is told once, and again after it was taken", () => {
  let failures: RequestFailure[] = [];
  const requester = { request: () => failures } as unknown as NetlinkRequester;
  const told: string[] = [];
  const addresses = new KernelAddresses(
    requester,
    () => 2,
    (_, text) => told.push(text),
  );
  const order = { address: ADDRESS, leaseSeconds: 2 };
  const refused = { request: 0, errno: 13, detail: undefined, attributeOffset: undefined };
  for (const turn of [[refused], [refused], [refused], [], [refused]]) {
    failures = turn;
    addresses.set([order]);
  }
  const line = "Cannot add address 192.0.2.1/24 on eth0: permission denied";
  assert.deepEqual(told, [line, line]);
  told.length = 0;
  failures = [{ ...refused, errno: errnoNumber.ENODEV }];
  addresses.remove([ADDRESS]);
  assert.deepEqual(told, [], "what went with its interface is removed");
});
