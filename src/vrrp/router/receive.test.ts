// The checks of received adverts: their results, their order, the counters and the log lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualAddress } from "../../../test/support/vrrp-config.ts";
import { type Ip, ip } from "../../lib/ip.ts";
import { CENTISECOND, SECOND } from "../../lib/micros.ts";
import { emitVrrp, type VrrpAdvert, type VrrpPacket } from "../../wire/vrrp.ts";
import { COUNTER_NAMES, COUNTERS, type Counters, newCounters } from "./counters.ts";
import {
  type AdvertConfig,
  countReceived,
  expectationOf,
  type Received,
  receiveAdvert,
} from "./receive.ts";
import { REFUSALS } from "./refusals.ts";

const peer = ip("192.0.2.1");
const group = ip("224.0.0.18");
const local = ip("192.0.2.2");
const floating: readonly Ip[] = [ip("192.0.2.100"), ip("192.0.2.101")];

const version2: AdvertConfig = {
  name: "VI_1",
  version: 2,
  virtualRouterId: 51,
  priority: 100,
  advertIntMicros: SECOND,
  authPass: "6162636465666768",
  mcastGroup: group,
  addresses: floating.map((address) => virtualAddress(`${address}/24`)),
  unicastPeers: [],
  checkUnicastSrc: false,
  v3ChecksumAsV2: false,
  skipCheckAdvAddr: false,
  ownerIgnoreAdverts: false,
};
const version3: AdvertConfig = { ...version2, version: 3, authPass: undefined };
const unicast3: AdvertConfig = { ...version3, unicastPeers: [peer] };

/** The advert of a peer with the configuration `config`. */
function advertOf(config: AdvertConfig): VrrpAdvert {
  return {
    version: config.version,
    virtualRouterId: config.virtualRouterId,
    priority: 150,
    advertisementIntervalMicros: config.advertIntMicros,
    addresses: config.addresses.map(({ address }) => address),
    ...(config.authPass !== undefined && { auth: { type: 1, data: config.authPass } }),
  };
}

interface Sending {
  readonly advert?: Partial<VrrpAdvert>;
  readonly destination?: Ip;
  readonly ttl?: number;
  readonly checksumAsV2?: boolean;
  /** Changes the message after its checksum was written. */
  readonly spoil?: (message: Uint8Array) => Uint8Array | undefined;
}

function packetOf(config: AdvertConfig, sending: Sending = {}): VrrpPacket {
  const destination = sending.destination ?? (config.unicastPeers.length > 0 ? local : group);
  const path = { source: peer, destination, checksumAsV2: sending.checksumAsV2 ?? false };
  const advert = { ...advertOf(config), ...sending.advert };
  const message = emitVrrp(advert, path);
  const payload = sending.spoil?.(message) ?? message;
  return { source: peer, destination, ttl: sending.ttl ?? 255, payload };
}

function receive(config: AdvertConfig, sending?: Sending, activeRouter?: Ip): Received {
  return receiveAdvert(packetOf(config, sending), expectationOf(config), activeRouter);
}

/** The non-zero counters after `received`. */
function counted(received: Received): Partial<Counters> {
  const counters = newCounters();
  countReceived(counters, received);
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0));
}

function assertAccepted(received: Received, notes: readonly string[] = []): void {
  assert.equal(received.kind, "accepted", JSON.stringify(received));
  if (received.kind === "accepted") {
    assert.deepEqual(
      received.notes.map(({ text }) => text),
      notes,
    );
  }
}

function assertRefused(received: Received, reason: keyof typeof REFUSALS, text: string): void {
  assert.deepEqual(received, { kind: "refused", reason, text });
  assert.equal(counted(received)[reason], 1);
  assert.equal(counted(received).advertRcvd, REFUSALS[reason].counted ? 1 : undefined);
}

test("a valid advert gives its source, priority and interval", () => {
  for (const config of [version2, version3, unicast3, { ...version2, authPass: undefined }]) {
    const received = receive(config);
    const advert = { source: peer, priority: 150, advertisementIntervalMicros: SECOND };
    assert.deepEqual(received, { kind: "accepted", advert, notes: [] });
    assert.deepEqual(counted(received), { advertRcvd: 1 });
  }
});

test("ipTtlErr: TTL 254 is refused, but unicast accepts any TTL", () => {
  assertRefused(
    receive(version2, { ttl: 254 }),
    "ipTtlErr",
    "(VI_1) invalid TTL/HL from 192.0.2.1. Received 254 and expect 255",
  );
  assertAccepted(receive(unicast3, { ttl: 3 }));
});

test("versionErr: the other version is refused, whichever is configured", () => {
  const third = receiveAdvert(packetOf(version3), expectationOf(version2));
  assertRefused(
    third,
    "versionErr",
    "(VI_1) wrong VRRP version from 192.0.2.1. Received 3 and expect 2",
  );
  const second = receiveAdvert(packetOf(version2), expectationOf(version3));
  assert.equal(second.kind === "refused" && second.reason, "versionErr");
  const fourth = receive(version3, {
    spoil: (message) => {
      message[0] = 0x41;
      return undefined;
    },
  });
  assert.equal(fourth.kind === "refused" && fourth.reason, "versionErr");
});

test("packetLenErr: a message that is truncated, too long or counts too many addresses is refused", () => {
  assertRefused(
    receive(version2, { spoil: (message) => message.subarray(0, -4) }),
    "packetLenErr",
    "(VI_1) vrrp packet from 192.0.2.1 too short, length 40 and expect 44",
  );
  assertRefused(
    receive(version2, { spoil: (message) => message.subarray(0, 7) }),
    "packetLenErr",
    "(VI_1) vrrp packet from 192.0.2.1 too short, length 27 and expect 28",
  );
  assertRefused(
    receive(version2, {
      spoil: (message) => {
        message[3] = 3;
        return undefined;
      },
    }),
    "packetLenErr",
    "(VI_1) vrrp packet from 192.0.2.1 too short, length 44 and expect 48",
  );
  assertRefused(
    receive(version3, { spoil: (message) => new Uint8Array([...message, 0, 0]) }),
    "packetLenErr",
    "(VI_1) vrrp packet from 192.0.2.1 too long, length 38 and expect 36",
  );
});

test("checksumErr: a wrong checksum is refused", () => {
  const spoil = (message: Uint8Array): undefined => {
    message[6] = (message[6] as number) ^ 1;
  };
  assertRefused(
    receive(version2, { spoil }),
    "checksumErr",
    "(VI_1) Invalid VRRPv2 checksum from 192.0.2.1",
  );
  for (const config of [version3, unicast3, { ...version3, v3ChecksumAsV2: true }]) {
    assertRefused(
      receive(config, { spoil }),
      "checksumErr",
      "(VI_1) Invalid VRRPv3 checksum from 192.0.2.1",
    );
  }
});

test("only v3_checksum_as_v2 accepts version 3 without the pseudo header, and it accepts both", () => {
  const asVersion2 = { ...version3, v3ChecksumAsV2: true };
  assert.equal(receive(version3, { checksumAsV2: true }).kind, "refused");
  assertAccepted(receive(asVersion2, { checksumAsV2: true }));
  assertAccepted(receive(asVersion2, { checksumAsV2: false }));
});

test("authtypeMismatch: a missing and an unexpected authentication are refused", () => {
  const none = { type: 0, data: "0000000000000000" };
  assertRefused(
    receive(version2, { advert: { auth: none } }),
    "authtypeMismatch",
    "(VI_1) received a 0 auth from 192.0.2.1, expecting 1!",
  );
  assertRefused(
    receive({ ...version2, authPass: undefined }, { advert: advertOf(version2) }),
    "authtypeMismatch",
    "(VI_1) received a 1 auth from 192.0.2.1, expecting 0!",
  );
  const header = receive(version2, { advert: { auth: { type: 2, data: none.data } } });
  assert.equal(header.kind === "refused" && header.reason, "authtypeMismatch");
});

test("invalidAuthtype: an undefined authentication type is refused", () => {
  assertRefused(
    receive(version2, { advert: { auth: { type: 3, data: "6162636465666768" } } }),
    "invalidAuthtype",
    "(VI_1) Invalid auth type from 192.0.2.1: 3",
  );
});

test("authFailure: a password that differs in any of its eight octets is refused", () => {
  for (let index = 0; index < 8; index++) {
    const data = Buffer.from("abcdefgh");
    data[index] = 0x58;
    assertRefused(
      receive(version2, { advert: { auth: { type: 1, data: data.toString("hex") } } }),
      "authFailure",
      "(VI_1) received an invalid passwd from 192.0.2.1!",
    );
  }
});

test("advertIntervalErr: version 2 refuses another interval", () => {
  assertRefused(
    receive(version2, { advert: { advertisementIntervalMicros: 2 * SECOND } }),
    "advertIntervalErr",
    "(VI_1) advertisement interval mismatch with 192.0.2.1 mine=1 sec rcv'd=2 sec",
  );
});

test("version 3 accepts and adopts another interval", () => {
  const received = receive(version3, { advert: { advertisementIntervalMicros: 25 * CENTISECOND } });
  const text = "(VI_1) advertisement interval mismatch ours = 100 centi-sec rcv'd=25 centi-sec";
  assertAccepted(received, [text]);
  assert.equal(
    received.kind === "accepted" && received.advert.advertisementIntervalMicros,
    250_000,
  );
  assert.deepEqual(counted(received), { advertRcvd: 1 });
});

test("advertIntervalErr: version 3 refuses an interval of zero", () => {
  assertRefused(
    receive(version3, { advert: { advertisementIntervalMicros: 0 } }),
    "advertIntervalErr",
    "(VI_1) advertisement interval mismatch ours = 100 centi-sec rcv'd=0 centi-sec",
  );
});

test("invalidTypeRcvd: type 2 is refused", () => {
  for (const config of [version2, version3]) {
    const received = receive(config, {
      spoil: (message) => {
        message[0] = (config.version << 4) | 2;
        return undefined;
      },
    });
    assertRefused(
      received,
      "invalidTypeRcvd",
      "(VI_1) Invalid packet type from 192.0.2.1. 2 and expect 1",
    );
  }
});

test("addrListErr: another address list is accepted and noted", () => {
  const one = receive(version2, { advert: { addresses: floating.slice(0, 1) } });
  assertAccepted(one, ["(VI_1) expected 2 VIPs but received 1"]);
  assert.deepEqual(counted(one), { advertRcvd: 1, addrListErr: 1 });
  const three = receive(version2, { advert: { addresses: [...floating, ip("192.0.2.7")] } });
  assertAccepted(three, ["(VI_1) expected 2 VIPs but received 3"]);
  const other = receive(version3, { advert: { addresses: [ip("192.0.2.101"), ip("192.0.2.7")] } });
  assertAccepted(other, [
    "(VI_1) ip address associated with VRID 51 not present in advert from 192.0.2.1: 192.0.2.100",
  ]);
  const farther = receive(version3, {
    advert: { addresses: [ip("198.0.2.100"), floating[1] as Ip] },
  });
  assert.deepEqual(counted(farther), { advertRcvd: 1, addrListErr: 1 }, "in the first octet alone");
  const twice = receive(version2, {
    advert: { addresses: [floating[0] as Ip, floating[0] as Ip] },
  });
  assertAccepted(twice, [
    "(VI_1) ip address associated with VRID 51 not present in advert from 192.0.2.1: 192.0.2.101",
  ]);
});

test("the same addresses in another order are the same list", () => {
  assertAccepted(receive(version2, { advert: { addresses: floating.toReversed() } }));
});

test("skip_check_adv_addr skips the addresses of a known node, but not their number", () => {
  const config = { ...version2, skipCheckAdvAddr: true };
  const other = { advert: { addresses: [ip("192.0.2.7"), ip("192.0.2.8")] } };
  assertAccepted(receive(config, other, peer));
  for (const known of [undefined, local]) {
    const received = receive(config, other, known);
    assert.equal(received.kind === "accepted" && received.notes.length, 1);
  }
  const fewer = { advert: { addresses: floating.slice(0, 1) } };
  assertAccepted(receive(config, fewer, peer), ["(VI_1) expected 2 VIPs but received 1"]);
  assert.equal(receive(version2, other, peer).kind, "accepted");
  assert.deepEqual(counted(receive(version2, other, peer)), { advertRcvd: 1, addrListErr: 1 });
});

test("priority 0 is accepted and counted", () => {
  const received = receive(version2, { advert: { priority: 0 } });
  assertAccepted(received);
  assert.deepEqual(counted(received), { advertRcvd: 1, priZeroRcvd: 1 });
});

test("castErr: a unicast destination is refused in multicast mode, and the reverse", () => {
  assertRefused(
    receive(version3, { destination: local }),
    "castErr",
    "(VI_1) Expected multicast packet but received unicast packet from 192.0.2.1",
  );
  assertRefused(
    receive(unicast3, { destination: group }),
    "castErr",
    "(VI_1) Expected unicast packet but received multicast packet from 192.0.2.1",
  );
});

test("unicastSourceErr: with checked sources an unknown one is counted and refused", () => {
  const strangers = { ...unicast3, unicastPeers: [ip("192.0.2.9")] };
  assertAccepted(receive(strangers));
  assertAccepted(receive({ ...unicast3, checkUnicastSrc: true }));
  assertRefused(
    receive({ ...strangers, checkUnicastSrc: true }),
    "unicastSourceErr",
    "(VI_1) unicast source address 192.0.2.1 not a unicast peer",
  );
});

test("ownerIgnored: owner_ignore_adverts makes an owner refuse all adverts", () => {
  const owner = { ...version2, ownerIgnoreAdverts: true, priority: 255 };
  assertRefused(
    receive(owner),
    "ownerIgnored",
    "(VI_1) Dropping packet(s) from 192.0.2.1 since we are address owner",
  );
  assertAccepted(receive({ ...owner, priority: 254 }));
  assertAccepted(receive({ ...owner, ownerIgnoreAdverts: false }));
});

test("a packet with several faults is refused for the first one in the order of the checks", () => {
  const order = [
    "packetLenErr",
    "ipTtlErr",
    "versionErr",
    "authFailure",
    "advertIntervalErr",
    "invalidTypeRcvd",
    "checksumErr",
    "castErr",
    "accepted",
  ];
  const seen: string[] = [];
  for (let repaired = 0; repaired < order.length; repaired++) {
    const received = receive(version2, {
      ...(repaired < 2 && { ttl: 1 }),
      ...(repaired < 8 && { destination: local }),
      advert: {
        ...(repaired < 4 && { auth: { type: 1, data: "0000000000000000" } }),
        ...(repaired < 5 && { advertisementIntervalMicros: 9 * SECOND }),
      },
      spoil: (message) => {
        if (repaired < 6) message[0] = 0x22;
        if (repaired < 3) message[0] = ((message[0] as number) & 0xf) | 0x10;
        if (repaired < 7) message[7] = (message[7] as number) ^ 1;
        // For keepalived, a message of version 1 has no authentication data.
        if (repaired === 1 || repaired === 2) return message.subarray(0, -8);
        return repaired === 0 ? message.subarray(0, 9) : undefined;
      },
    });
    seen.push(received.kind === "refused" ? received.reason : received.kind);
  }
  assert.deepEqual(seen, order);
});

test("the refusals are listed in the order of the checks, each with its counter", () => {
  assert.deepEqual(Object.keys(REFUSALS), [
    "packetLenErr",
    "ipTtlErr",
    "versionErr",
    "invalidAuthtype",
    "authtypeMismatch",
    "authFailure",
    "advertIntervalErr",
    "invalidTypeRcvd",
    "checksumErr",
    "castErr",
    "ownerIgnored",
    "unicastSourceErr",
  ]);
  for (const reason of Object.keys(REFUSALS)) assert.ok(reason in newCounters());
});

test("the counters have the names of keepalived's statistics", () => {
  const names = COUNTER_NAMES.map((name) => COUNTERS[name].statsName);
  assert.equal(
    names.filter((name) => name !== undefined).join(" "),
    "advert_rcvd advert_sent become_master release_master packet_len_err advert_interval_err " +
      "ip_ttl_err invalid_type_rcvd addr_list_err invalid_authtype authtype_mismatch " +
      "auth_failure pri_zero_rcvd pri_zero_sent",
  );
});
