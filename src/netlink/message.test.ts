import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deviceNotFound, ipv4Added } from "../../test/vectors/netlink.ts";
import { writeU16, writeU32 } from "./host-order.ts";
import { decodeVerdict, type Message, splitMessages, startMessage } from "./message.ts";
import { ENODEV } from "./uapi/errno.ts";
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR } from "./uapi/netlink.ts";
import { RTM_NEWADDR } from "./uapi/rtnetlink.ts";

function split(...datagram: Uint8Array[]): { messages: Message[]; refusal: string | undefined } {
  const messages: Message[] = [];
  const whole = Uint8Array.from(datagram.flatMap((part) => [...part]));
  const refusal = splitMessages(whole, (message) => messages.push(message));
  return { messages, refusal };
}

function only(datagram: Uint8Array): Message {
  const { messages, refusal } = split(datagram);
  assert.equal(refusal, undefined);
  assert.equal(messages.length, 1);
  return messages[0] ?? assert.fail();
}

test("a datagram is split into messages up to the first invalid one", () => {
  const { messages, refusal } = split(ipv4Added, deviceNotFound);
  assert.equal(refusal, undefined);
  assert.deepEqual(
    messages.map(({ type, payload }) => [type, payload.length]),
    [
      [RTM_NEWADDR, ipv4Added.length - 16],
      [NLMSG_ERROR, deviceNotFound.length - 16],
    ],
  );
  assert.deepEqual(split(), { messages: [], refusal: undefined });
  assert.equal(split(ipv4Added, new Uint8Array(15)).refusal, "messageHeaderCut");
  assert.equal(split(ipv4Added, new Uint8Array(15)).messages.length, 1);
  assert.equal(split(ipv4Added.subarray(0, 80)).refusal, "messageLengthWrong");
  const short = Uint8Array.from(ipv4Added);
  writeU32(short, 0, 15);
  assert.equal(split(short).refusal, "messageLengthWrong");
  const long = Uint8Array.from(ipv4Added);
  writeU32(long, 0, 0xffff_ffff);
  assert.equal(split(long).refusal, "messageLengthWrong");
});

test("a failure is decoded with errno and the kernel's message", () => {
  const message = only(deviceNotFound);
  assert.equal(message.sequence, 7);
  assert.deepEqual(decodeVerdict(message), {
    errno: ENODEV,
    text: "ipv4: Device not found",
    attributeOffset: undefined,
    missingType: undefined,
  });
});

test("the kernel's message is found behind a request that is quoted completely", () => {
  const quoted = startMessage(NLMSG_ERROR, NLM_F_ACK_TLVS, 4 + 24)
    .u32(2, 16)
    .u32(5, 2)
    .text(1, "no");
  const bytes = quoted.setU32(16, -22).setU32(20, 24).finish();
  assert.deepEqual(decodeVerdict(only(bytes)), {
    errno: 22,
    text: "no",
    attributeOffset: 16,
    missingType: 2,
  });
  // Its length exceeds the message.
  for (const length of [28 + 60, 0x7fff_ffff, 0xffff_fffe]) {
    writeU32(bytes, 20, length);
    assert.equal(decodeVerdict(only(bytes)), "payloadCut");
  }
  // Capped: only the header is present, whatever its length says.
  writeU16(bytes, 6, NLM_F_ACK_TLVS | NLM_F_CAPPED);
  assert.equal(typeof decodeVerdict(only(bytes)), "string");
});

test("an acknowledgement and the end of a dump are errno 0", () => {
  const ack = startMessage(NLMSG_ERROR, NLM_F_CAPPED, 20).finish();
  const done = startMessage(NLMSG_DONE, 0, 4).finish();
  const bare = startMessage(NLMSG_DONE, 0, 0).finish();
  for (const bytes of [ack, done, bare]) {
    assert.deepEqual(decodeVerdict(only(bytes)), {
      errno: 0,
      text: undefined,
      attributeOffset: undefined,
      missingType: undefined,
    });
  }
});

test("an invalid verdict is refused with a reason", () => {
  assert.equal(decodeVerdict(only(ipv4Added)), "typeUnexpected");
  assert.equal(decodeVerdict(only(startMessage(NLMSG_ERROR, 0, 16).finish())), "payloadCut");
  const done = startMessage(NLMSG_DONE, 0, 4);
  assert.equal(decodeVerdict(only(done.setU32(16, 1).finish())), "errnoWrong");
  const far = startMessage(NLMSG_ERROR, 0, 20);
  assert.equal(decodeVerdict(only(far.setU32(16, -4096).finish())), "errnoWrong");
});

test("any octets give messages or a reason, and any message a verdict or a reason", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (datagram) => {
      let octets = 0;
      splitMessages(datagram, (message) => {
        octets += 16 + message.payload.length;
        decodeVerdict(message);
      });
      assert.equal(octets <= datagram.length, true);
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(NLMSG_ERROR, NLMSG_DONE),
      fc.nat(0xffff),
      fc.uint8Array({ maxLength: 100 }),
      (type, flags, payload) => {
        const verdict = decodeVerdict({ type, flags, sequence: 1, port: 1, payload });
        assert.equal(typeof verdict === "string" || verdict.errno >= 0, true);
      },
    ),
  );
});
