import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as vectors from "../../test/vectors/netlink.ts";
import { ip, ipFromBytes } from "../lib/ip.ts";
import {
  type AddressSettings,
  decodeAddress,
  encodeDeleteAddress,
  encodeDumpAddresses,
  encodeNewAddress,
} from "./address.ts";
import { type Message, splitMessages, startMessage } from "./message.ts";
import { IFA_F_NODAD, IFA_F_PERMANENT } from "./uapi/if-addr.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST } from "./uapi/netlink.ts";
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from "./uapi/rtnetlink.ts";

function messageOf(datagram: Uint8Array): Message {
  let found: Message | undefined;
  assert.equal(
    splitMessages(datagram, (message) => {
      found ??= message;
    }),
    undefined,
  );
  return found ?? assert.fail("no message");
}

const first = {
  index: 3,
  address: ip("192.0.2.1"),
  prefixLength: 24,
  peer: undefined,
  scope: 0,
  label: "left:1",
  broadcast: ip("192.0.2.255"),
  flags: 0,
  protocol: undefined,
  validSeconds: 60,
  preferredSeconds: 30,
};

test("addresses of recorded kernel messages are decoded", () => {
  assert.deepEqual(decodeAddress(messageOf(vectors.ipv4Added)), first);
  assert.equal(messageOf(vectors.ipv4Removed).type, RTM_DELADDR);
  assert.deepEqual(decodeAddress(messageOf(vectors.ipv4Removed)), first);
  assert.deepEqual(decodeAddress(messageOf(vectors.ipv4WithPeerAdded)), {
    ...first,
    address: ip("192.0.2.5"),
    prefixLength: 32,
    peer: ip("198.51.100.1"),
    label: "left",
    broadcast: undefined,
    flags: IFA_F_PERMANENT,
    validSeconds: undefined,
    preferredSeconds: undefined,
  });
  assert.deepEqual(decodeAddress(messageOf(vectors.ipv6Added)), {
    ...first,
    address: ip("2001:db8::1"),
    prefixLength: 64,
    label: undefined,
    broadcast: undefined,
    // The kernel also reports that its preferred lifetime is over.
    flags: IFA_F_NODAD | 0x20,
    validSeconds: 60,
    preferredSeconds: 0,
  });
});

test("adding an existing address fails, replacing it does not", () => {
  const add = messageOf(encodeNewAddress(first, "add"));
  assert.equal(add.type, RTM_NEWADDR);
  assert.equal(add.flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
  const replace = messageOf(encodeNewAddress(first, "replace"));
  assert.equal(replace.flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE);
  assert.equal(messageOf(encodeDeleteAddress(first)).type, RTM_DELADDR);
  assert.equal(messageOf(encodeDumpAddresses()).payload[0], 0);
  assert.equal(messageOf(encodeDumpAddresses(4)).payload[0], 2);
  assert.equal(messageOf(encodeDumpAddresses(6)).payload[0], 10);
  assert.equal(messageOf(encodeDumpAddresses()).type, RTM_GETADDR);
});

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipFromBytes);
const lifetime = fc.option(fc.nat(0xffff_fffe), { nil: undefined });

test("an encoded address is decoded to the same value", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(ipv4, ipv6).chain((ips) => fc.tuple(ips, ips)),
      fc.record({
        index: fc.nat(0xffff_ffff),
        prefixLength: fc.nat(32),
        scope: fc.nat(255),
        label: fc.option(fc.stringMatching(/^[!-~]{1,15}$/), { nil: undefined }),
        flags: fc.nat(0xffff_ffff),
        protocol: fc.option(fc.nat(255), { nil: undefined }),
        validSeconds: lifetime,
        preferredSeconds: lifetime,
      }),
      fc.boolean(),
      fc.boolean(),
      ([address, other], fields, withPeer, withBroadcast) => {
        const settings: AddressSettings = {
          ...fields,
          address,
          peer: withPeer && other !== address ? other : undefined,
          broadcast: withBroadcast ? other : undefined,
        };
        // A valid lifetime alone sets both; a preferred one alone leaves the valid one infinite.
        const preferredSeconds = fields.preferredSeconds ?? fields.validSeconds;
        assert.deepEqual(decodeAddress(messageOf(encodeNewAddress(settings, "add"))), {
          ...settings,
          preferredSeconds,
        });
      },
    ),
  );
});

test("an invalid address message is refused with a reason", () => {
  assert.equal(decodeAddress(messageOf(vectors.vethRemoved)), "typeUnexpected");
  assert.equal(decodeAddress(messageOf(startMessage(RTM_NEWADDR, 0, 4).finish())), "payloadCut");
  const empty = startMessage(RTM_NEWADDR, 0, 8);
  assert.equal(decodeAddress(messageOf(empty.finish())), "familyUnknown");
  assert.equal(decodeAddress(messageOf(empty.setU8(16, 2).finish())), "attributeMissing");
  assert.equal(decodeAddress(messageOf(empty.setU8(17, 33).finish())), "prefixLengthWrong");
  const cut = startMessage(RTM_NEWADDR, 0, 8).setU8(16, 10).bytes(1, new Uint8Array(15));
  assert.equal(decodeAddress(messageOf(cut.finish())), "attributeSizeWrong");
});

test("any mutation of a real message gives an address or a reason", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(vectors.ipv4Added, vectors.ipv4WithPeerAdded, vectors.ipv6Added),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 8 }),
      fc.nat(80),
      (original, changes, length) => {
        const payload = original.slice(16, 16 + length);
        for (const [at, octet] of changes) if (at < payload.length) payload[at] = octet;
        const address = decodeAddress({
          type: RTM_DELADDR,
          flags: 0,
          sequence: 0,
          port: 0,
          payload,
        });
        if (typeof address === "string") return;
        assert.equal(address.prefixLength <= (address.address.includes(":") ? 128 : 32), true);
      },
    ),
  );
});
