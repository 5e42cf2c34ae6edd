import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { writeAddress, writeDone, writeVerdict } from "../../test/netlink/announce.ts";
import { FakeKernel } from "../../test/netlink/fake-kernel.ts";
import { ip } from "../lib/ip.ts";
import {
  type Address,
  decodeAddress,
  encodeDeleteAddress,
  encodeDumpAddresses,
  encodeNewAddress,
} from "./address.ts";
import { readU16, readU32 } from "./host-order.ts";
import { MESSAGE_HEADER_OCTETS, splitMessages } from "./message.ts";
import { NetlinkRequester, type NetlinkTransport, type RequestFailure } from "./requester.ts";
import { EADDRNOTAVAIL, EBADMSG, EINTR, ENOBUFS, ENODEV, ETIMEDOUT } from "./uapi/errno.ts";
import { NLM_F_ACK, NLM_F_DUMP_INTR, NLM_F_MULTI } from "./uapi/netlink.ts";
import { RTM_NEWADDR } from "./uapi/rtnetlink.ts";

const address: Address = {
  index: 3,
  address: ip("192.0.2.1"),
  prefixLength: 24,
  peer: undefined,
  scope: 0,
  label: undefined,
  broadcast: undefined,
  flags: 0,
  protocol: undefined,
  validSeconds: 2,
  preferredSeconds: 2,
};
const renewal = encodeNewAddress(address, "replace");
const PORT = 77;

interface Sent {
  readonly sequence: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** A transport whose replies are a function of the sent messages. */
function scripted(
  reply: (sent: Sent[], turn: number) => (Uint8Array | "overrun")[],
  receiveBufferOctets: number = 1 << 20,
): { transport: NetlinkTransport; sent: Sent[][] } {
  const sent: Sent[][] = [];
  const queue: (Uint8Array | "overrun")[] = [];
  const transport: NetlinkTransport = {
    port: PORT,
    receiveBufferOctets,
    send(bytes) {
      const batch: Sent[] = [];
      const refusal = splitMessages(Uint8Array.from(bytes), (message) =>
        batch.push({ sequence: message.sequence, flags: message.flags, bytes: header(message) }),
      );
      assert.equal(refusal, undefined);
      sent.push(batch);
      queue.push(...reply(batch, sent.length - 1));
      return 0;
    },
    receive(onDatagram) {
      const next = queue.shift();
      if (next === "overrun") return next;
      if (next === undefined) return 0;
      onDatagram(next);
      return 1;
    },
  };
  return { transport, sent };
}

function header({ payload }: { payload: Uint8Array }): Uint8Array {
  return new Uint8Array(payload.buffer, payload.byteOffset - MESSAGE_HEADER_OCTETS);
}

function verdict({ sequence, bytes }: Sent, errno: number, text?: string): Uint8Array {
  return writeVerdict({ sequence, port: PORT }, bytes, errno, text);
}

function last(sent: readonly Sent[]): Sent {
  return sent.at(-1) ?? assert.fail("nothing was sent");
}

function outcome(failures: readonly RequestFailure[]): [number, number, string | undefined][] {
  return failures.map(({ request, errno, detail }) => [request, errno, detail]);
}

test("only the last request of a send requests an acknowledgement, and the messages are not changed", () => {
  const before = Uint8Array.from(renewal);
  const { transport, sent } = scripted((batch) => [verdict(last(batch), 0)]);
  const requester = new NetlinkRequester(transport);
  assert.deepEqual(requester.request([renewal, renewal, renewal]), []);
  assert.deepEqual(requester.request([renewal]), []);
  assert.deepEqual(
    sent.map((batch) => batch.map(({ sequence, flags }) => [sequence, (flags & NLM_F_ACK) !== 0])),
    [
      [
        [1, false],
        [2, false],
        [3, true],
      ],
      [[4, true]],
    ],
  );
  assert.deepEqual(renewal, before);
});

test("sequence numbers wrap around and skip zero, which is the kernel's", () => {
  const { transport, sent } = scripted((batch) => [verdict(last(batch), 0)]);
  const requester = new NetlinkRequester(transport, 0xffff_fffe);
  for (const count of [1, 1, 2]) {
    assert.deepEqual(requester.request(new Array<Uint8Array>(count).fill(renewal)), []);
  }
  assert.deepEqual(
    sent.map((batch) => batch.map(({ sequence }) => sequence)),
    [[0xffff_fffe], [0xffff_ffff], [1, 2]],
  );
});

test("if replies are dropped, every request without its own failure fails", () => {
  const { transport } = scripted(([first]) => [
    verdict(first ?? assert.fail(), ENODEV, "ipv4: Device not found"),
    "overrun",
  ]);
  const failures = new NetlinkRequester(transport).request([renewal, renewal]);
  assert.deepEqual(outcome(failures), [
    [0, ENODEV, "ipv4: Device not found"],
    [1, ENOBUFS, "the kernel's reply was dropped"],
  ]);
});

test("a missing reply or a failed send is a failure of every request", () => {
  const silent = new NetlinkRequester(scripted(() => []).transport);
  assert.deepEqual(
    outcome(silent.request([renewal, renewal])).map(([request, errno]) => [request, errno]),
    [
      [0, ETIMEDOUT],
      [1, ETIMEDOUT],
    ],
  );
  assert.equal(silent.dump(encodeDumpAddresses(), decodeAddress).failure?.errno, ETIMEDOUT);
  const full: NetlinkTransport = { ...scripted(() => []).transport, send: () => ENOBUFS };
  const requester = new NetlinkRequester(full);
  assert.deepEqual(outcome(requester.request([renewal])), [[0, ENOBUFS, undefined]]);
  assert.equal(requester.dump(encodeDumpAddresses(), decodeAddress).failure?.errno, ENOBUFS);
});

test("unexpected replies and invalid messages are counted and skipped", () => {
  const { transport } = scripted((batch) => [
    verdict({ ...last(batch), sequence: 4711 }, ENODEV),
    Uint8Array.of(1, 2, 3),
    verdict(last(batch), 0),
  ]);
  const requester = new NetlinkRequester(transport);
  assert.deepEqual(requester.request([renewal]), []);
  assert.equal(requester.strayReplies, 2);
});

test("an invalid reply is EBADMSG", () => {
  const { transport } = scripted((batch) => [verdict(last(batch), 5000)]);
  assert.deepEqual(outcome(new NetlinkRequester(transport).request([renewal])), [
    [0, EBADMSG, "error code is out of range"],
  ]);
  const dump = scripted((batch) => {
    const origin = { sequence: last(batch).sequence, port: PORT };
    const wrong = writeAddress(RTM_NEWADDR, NLM_F_MULTI, origin, { ...address, prefixLength: 33 });
    return [wrong, writeDone(origin)];
  });
  const reply = new NetlinkRequester(dump.transport).dump(encodeDumpAddresses(), decodeAddress);
  assert.equal(reply.failure?.detail, "prefix is longer than the address");
});

test("a list that changed while it was read is read again, up to eight times", () => {
  const changed = (batch: Sent[], flags: number): Uint8Array[] => {
    const origin = { sequence: last(batch).sequence, port: PORT };
    return [writeAddress(RTM_NEWADDR, NLM_F_MULTI | flags, origin, address), writeDone(origin)];
  };
  const once = scripted((batch, turn) => changed(batch, turn === 0 ? NLM_F_DUMP_INTR : 0));
  const reply = new NetlinkRequester(once.transport).dump(encodeDumpAddresses(), decodeAddress);
  assert.deepEqual(reply, { failure: undefined, items: [address] });
  assert.equal(once.sent.length, 2);
  const always = scripted((batch) => changed(batch, NLM_F_DUMP_INTR));
  const requester = new NetlinkRequester(always.transport);
  assert.equal(requester.dump(encodeDumpAddresses(), decodeAddress).failure?.errno, EINTR);
  assert.equal(always.sent.length, 8);
});

test("a send is limited by the buffer space for its replies", () => {
  const kernel = new FakeKernel(() => 0);
  const index = kernel.addLink("hf0");
  const message = encodeDeleteAddress({ ...address, index });
  const all = new Array<Uint8Array>(500).fill(message);
  for (const octets of [1, 3000, 50_000, 8 << 20]) {
    const socket = kernel.open([], octets);
    const failures = new NetlinkRequester(socket).request(all);
    assert.equal(failures.length, 500);
    assert.equal(
      failures.every(({ errno }) => errno === EADDRNOTAVAIL),
      true,
    );
    if (octets === 1) assert.equal(socket.sends, 500);
    if (octets === 8 << 20) assert.equal(socket.sends, 1);
  }
});

test("any data from the socket leads to a result for every request", () => {
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .record({ sequence: fc.nat(4), errno: fc.nat(200) })
      .map(({ sequence, errno }) => writeVerdict({ sequence, port: PORT }, renewal, errno, "no")),
    fc.constant("overrun" as const),
  );
  fc.assert(
    fc.property(fc.array(datagram, { maxLength: 6 }), fc.nat(3), (datagrams, count) => {
      const { transport } = scripted(() => datagrams);
      const requester = new NetlinkRequester(transport);
      const requests = new Array<Uint8Array>(count + 1).fill(renewal);
      for (const { request, errno } of requester.request(requests)) {
        assert.equal(request >= 0 && request <= count && errno > 0, true);
      }
      requester.dump(encodeDumpAddresses(), decodeAddress);
    }),
  );
});

test("a request contains its length and type", () => {
  assert.equal(readU32(renewal, 0), renewal.length);
  assert.equal(readU16(renewal, 4), RTM_NEWADDR);
});
