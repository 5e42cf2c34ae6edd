import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bridgePort,
  bridgePortRemoved,
  ipv4Added,
  vethRemoved,
} from "../../test/vectors/netlink.ts";
import { decodeLink, isLinkUp } from "./link.ts";
import { type Message, splitMessages, startMessage } from "./message.ts";
import { IF_OPER_DOWN, IFF_BROADCAST, IFF_MULTICAST, IFF_RUNNING, IFF_UP } from "./uapi/if.ts";
import { RTM_DELLINK, RTM_NEWLINK } from "./uapi/rtnetlink.ts";

function messageOf(datagram: Uint8Array): Message {
  let found: Message | undefined;
  splitMessages(datagram, (message) => {
    found ??= message;
  });
  return found ?? assert.fail("no message");
}

test("a link of a recorded kernel message is decoded", () => {
  assert.deepEqual(decodeLink(messageOf(vethRemoved)), {
    index: 3,
    name: "left",
    flags: IFF_BROADCAST | IFF_MULTICAST,
    operstate: IF_OPER_DOWN,
    mtu: 1500,
    hardwareType: 1,
    mac: "02:00:00:00:00:01",
    master: undefined,
    lower: undefined,
    lowerNamespace: undefined,
    kind: "veth",
  });
  const port = decodeLink(messageOf(bridgePort));
  if (typeof port === "string") assert.fail(port);
  assert.deepEqual([port.name, port.index, port.master, port.kind], ["p0", 6, 4, "veth"]);
});

test("a message about a bridge port is not one about the link", () => {
  const message = messageOf(bridgePortRemoved);
  assert.equal(message.type, RTM_DELLINK);
  assert.equal(decodeLink(message), "familyUnknown");
});

test("a link is up if it is set up and running", () => {
  const port = decodeLink(messageOf(bridgePort));
  if (typeof port === "string") assert.fail(port);
  for (const [flags, up] of [
    [0, false],
    [IFF_UP, false],
    [IFF_RUNNING, false],
    [IFF_UP | IFF_RUNNING, true],
  ] as const) {
    assert.equal(isLinkUp({ ...port, flags }), up);
  }
});

test("an invalid link message is refused with a reason", () => {
  assert.equal(decodeLink(messageOf(ipv4Added)), "typeUnexpected");
  assert.equal(decodeLink(messageOf(startMessage(RTM_NEWLINK, 0, 12).finish())), "payloadCut");
  assert.equal(
    decodeLink(messageOf(startMessage(RTM_NEWLINK, 0, 16).finish())),
    "attributeMissing",
  );
  const cut = Uint8Array.from(vethRemoved);
  cut[32] = 3;
  assert.equal(decodeLink(messageOf(cut)), "attributeLengthWrong");
});

test("any mutation of a real message gives a link or a reason", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(vethRemoved, bridgePort),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }),
      fc.nat(700),
      (original, changes, length) => {
        const payload = original.slice(16, 16 + length);
        for (const [at, octet] of changes) if (at < payload.length) payload[at] = octet;
        const link = decodeLink({ type: RTM_NEWLINK, flags: 0, sequence: 0, port: 0, payload });
        assert.equal(typeof link === "string" || link.name.length > 0, true);
      },
    ),
  );
});
