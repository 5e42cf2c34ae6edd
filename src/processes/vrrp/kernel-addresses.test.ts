import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualAddress } from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import { type AddressKey, decodeAddress } from "../../netlink/address.ts";
import { splitMessages } from "../../netlink/message.ts";
import type { NetlinkRequester, RequestFailure } from "../../netlink/requester.ts";
import { IFA_F_NODAD } from "../../netlink/uapi/if-addr.ts";
import { RTM_NEWADDR } from "../../netlink/uapi/rtnetlink.ts";
import { errnoNumber } from "../../os/ffi/errno.ts";
import { AskedRemovals, KernelAddresses } from "./kernel-addresses.ts";

const ADDRESS = virtualAddress("192.0.2.1/24");
const ADDRESS6 = virtualAddress("2001:db8::1/64");
const ELSEWHERE = virtualAddress("198.51.100.1/24", "eth9");

/** Addresses on a kernel that records requests; its only interface is eth0, with `index`. */
function asked(index: { eth0: number }): { addresses: KernelAddresses; sends: Sent[][] } {
  const sends: Sent[][] = [];
  const request = (messages: readonly Uint8Array[]): RequestFailure[] => {
    sends.push(messages.map(sentIn));
    return [];
  };
  const addresses = new KernelAddresses(
    { request } as unknown as NetlinkRequester,
    (name) => (name === "eth0" ? index.eth0 : undefined),
    (_, text) => assert.fail(text),
  );
  return { addresses, sends };
}

type Sent = readonly [verb: string, index: number, address: string, ...(number | undefined)[]];

function sentIn(bytes: Uint8Array): Sent {
  const sent: Sent[] = [];
  const refusal = splitMessages(bytes, (message) => {
    const decoded = decodeAddress(message);
    assert.ok(typeof decoded !== "string", `${decoded}`);
    const { index, address, validSeconds, flags } = decoded;
    const isNew = message.type === RTM_NEWADDR;
    sent.push(isNew ? ["add", index, address, validSeconds, flags] : ["remove", index, address]);
  });
  assert.equal(refusal, undefined);
  const [only] = sent;
  assert.ok(only !== undefined && sent.length === 1);
  return only;
}

test("all addresses are requested in one send; those of missing interfaces are skipped", () => {
  const { addresses, sends } = asked({ eth0: 2 });
  const all = [ADDRESS, ELSEWHERE, ADDRESS6];
  addresses.set(all.map((address) => ({ address, leaseSeconds: 2 })));
  addresses.remove(all);
  assert.deepEqual(sends, [
    [
      ["add", 2, "192.0.2.1", 2, 0],
      // Without duplicate address detection, it answers at once.
      ["add", 2, "2001:db8::1", 2, IFA_F_NODAD],
    ],
    [
      ["remove", 2, "192.0.2.1"],
      ["remove", 2, "2001:db8::1"],
    ],
  ]);
  sends.length = 0;
  addresses.set([{ address: ELSEWHERE, leaseSeconds: 2 }]);
  addresses.remove([]);
  assert.deepEqual(sends, [], "nothing is sent for nothing");
  addresses.remove([ELSEWHERE], 7);
  assert.deepEqual(sends, [[["remove", 7, "198.51.100.1"]]], "where its interface was");
});

test("renewals reuse the same message until the lease or the interface changes", () => {
  const requests: Uint8Array[] = [];
  const index = { eth0: 2 };
  const request = (messages: readonly Uint8Array[]): RequestFailure[] => {
    requests.push(...messages);
    return [];
  };
  const addresses = new KernelAddresses(
    { request } as unknown as NetlinkRequester,
    () => index.eth0,
    (_, text) => assert.fail(text),
  );
  const set = (leaseSeconds: number | undefined): void =>
    addresses.set([{ address: ADDRESS, leaseSeconds }]);
  set(2);
  set(2);
  assert.equal(requests[0], requests[1]);
  set(undefined);
  index.eth0 = 5;
  set(undefined);
  assert.deepEqual(requests.map(sentIn), [
    ["add", 2, "192.0.2.1", 2, 0],
    ["add", 2, "192.0.2.1", 2, 0],
    ["add", 2, "192.0.2.1", undefined, 0],
    ["add", 5, "192.0.2.1", undefined, 0],
  ]);
});

test("an address that the kernel keeps refusing is logged once, and again after a success", () => {
  let failures: RequestFailure[] = [];
  const requester = { request: () => failures } as unknown as NetlinkRequester;
  const logged: string[] = [];
  const addresses = new KernelAddresses(
    requester,
    () => 2,
    (_, text) => logged.push(text),
  );
  const order = { address: ADDRESS, leaseSeconds: 2 };
  const refused = { request: 0, errno: 13, detail: undefined, attributeOffset: undefined };
  for (const turn of [[refused], [refused], [refused], [], [refused]]) {
    failures = turn;
    addresses.set([order]);
  }
  const line = "Cannot add address 192.0.2.1/24 on eth0: permission denied";
  assert.deepEqual(logged, [line, line]);
  logged.length = 0;
  failures = [{ ...refused, errno: errnoNumber.ENODEV }];
  addresses.remove([ADDRESS]);
  assert.deepEqual(logged, [], "what went with its interface is removed");
  failures = [refused];
  addresses.remove([ADDRESS]);
  failures = [{ ...refused, errno: errnoNumber.ENODEV }];
  addresses.set([order]);
  failures = [{ ...refused, detail: "Address already assigned" }];
  addresses.set([order]);
  assert.equal(
    logged.pop(),
    "Cannot add address 192.0.2.1/24 on eth0: Address already assigned",
    "in the kernel's own words",
  );
  assert.deepEqual(logged, [
    "Cannot remove address 192.0.2.1/24 on eth0: permission denied",
    "Cannot add address 192.0.2.1/24 on eth0: no such device",
  ]);
});

const A: AddressKey = { index: 2, address: ip("192.0.2.1"), prefixLength: 24, peer: undefined };
const B: AddressKey = { ...A, address: ip("192.0.2.2") };

test("a removal is recognized by any sequence number of the batch that requested it", () => {
  const asked = new AskedRemovals();
  asked.note(5, 6, [A, B]);
  assert.ok(asked.has(5, A));
  assert.ok(asked.has(5, B));
  assert.ok(!asked.has(5, { ...A, index: 3 }));
  assert.ok(!asked.has(5, { ...A, prefixLength: 25 }));
});

test("a removal that only another batch requested is not recognized", () => {
  const asked = new AskedRemovals();
  asked.note(5, 5, [A]);
  asked.note(6, 6, [B]);
  assert.ok(!asked.has(4, A));
  assert.ok(!asked.has(5, B));
  assert.ok(asked.has(6, B));
  // The kernel reports in order, so the reports of the first batch are complete.
  assert.ok(!asked.has(5, A));
});

test("removals that the kernel never reports are forgotten eventually", () => {
  const asked = new AskedRemovals();
  for (let sequence = 1; sequence <= 1_000; sequence++) asked.note(sequence, sequence, [A]);
  assert.ok(!asked.has(1, A));
  assert.ok(asked.has(1_000, A));
});
