// The behaviour that holdfast expects of rtnetlink: the same tests for the fake and the real kernel.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ip } from "../../src/lib/ip.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import {
  type Address,
  type AddressSettings,
  decodeAddress,
  encodeDeleteAddress,
  encodeDumpAddresses,
  encodeNewAddress,
} from "../../src/netlink/address.ts";
import { decodeLink, encodeDumpLinks, encodeGetLink } from "../../src/netlink/link.ts";
import type { ChangeCause, NetworkChange } from "../../src/netlink/monitor.ts";
import { NetlinkRequester, type NetlinkTransport } from "../../src/netlink/requester.ts";
import { EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV } from "../../src/netlink/uapi/errno.ts";
import { IFA_F_NODAD, IFA_F_PERMANENT, IFA_F_SECONDARY } from "../../src/netlink/uapi/if-addr.ts";
import {
  RT_SCOPE_LINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
  RTPROT_KEEPALIVED,
} from "../../src/netlink/uapi/rtnetlink.ts";
import { NetworkWatch } from "../../src/netlink/watch.ts";

/** A kernel, with functions that act as another program. */
export interface TestKernel {
  /** Whether it explains refusals (kernels since 6.8). */
  readonly explains: boolean;
  /** How late an expired address may be removed. */
  readonly expiryLateMicros: Micros;
  open(groups?: readonly number[], receiveBufferOctets?: number): CountedTransport;
  /** Adds an Ethernet link, up and running. */
  addLink(name: string): void;
  changeLink(name: string, change: { name?: string; up?: boolean; mtu?: number }): void;
  removeLink(name: string): void;
  setPromoteSecondaries(name: string, on: boolean): void;
  /** Deletes `cidr` from a link as another program. */
  deleteAddress(name: string, cidr: string): void;
  now(): Micros;
  wait(micros: Micros): Promise<void>;
  close(): void;
}

export interface CountedTransport extends NetlinkTransport {
  /** Number of datagrams sent. */
  readonly sends: number;
}

const GROUPS = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
const LINK = "hf0";
/** Timeout of waits. */
const TIMEOUT = 60 * SECOND;

/** Declares the tests, each on a new kernel. */
export function declareKernelTests(make: () => TestKernel): void {
  let kernel: TestKernel;
  let transport: CountedTransport;
  let requester: NetlinkRequester;
  let watch: NetworkWatch;
  let index: number;

  beforeEach(() => {
    kernel = make();
    kernel.addLink(LINK);
    transport = kernel.open();
    requester = new NetlinkRequester(transport);
    watch = new NetworkWatch(kernel.open(GROUPS), requester, new Set([transport.port]));
    assert.equal(
      watch.resync(() => {}),
      undefined,
    );
    index = watch.table.linkByName(LINK)?.index ?? assert.fail(`${LINK} is not listed`);
    changes();
  });
  afterEach(() => kernel.close());

  /** The changes since the last call. */
  function changes(): NetworkChange[] {
    const seen: NetworkChange[] = [];
    assert.equal(
      watch.read((change) => seen.push(change)),
      undefined,
    );
    assert.equal(watch.invalidNotifications, 0);
    return seen;
  }

  function settings(cidr: string, more: Partial<AddressSettings> = {}): AddressSettings {
    const [address = "", prefixLength] = cidr.split("/");
    return {
      index,
      address: ip(address),
      prefixLength: Number(prefixLength),
      scope: 0,
      label: undefined,
      broadcast: undefined,
      flags: cidr.includes(":") ? IFA_F_NODAD : 0,
      protocol: RTPROT_KEEPALIVED,
      validSeconds: undefined,
      preferredSeconds: undefined,
      ...more,
    };
  }

  /** Sends requests that must all succeed. */
  function request(...messages: Uint8Array[]): void {
    assert.deepEqual(requester.request(messages), []);
  }

  /** Sends a request that must fail. */
  function mustFail(message: Uint8Array, errno: number, text: string): void {
    const [failure, ...others] = requester.request([message]);
    assert.equal(others.length, 0);
    assert.equal(failure?.request, 0);
    assert.equal(failure?.errno, errno);
    if (kernel.explains) assert.equal(failure?.detail, text);
  }

  /** The kernel's addresses of the test's link, without link-local ones. */
  function held(): Address[] {
    const answer = requester.dump(encodeDumpAddresses(), decodeAddress);
    if (answer.failure !== undefined) assert.fail(`dump: ${answer.failure.detail}`);
    return answer.items.filter((item) => item.index === index && !item.address.startsWith("fe80:"));
  }

  function names(addresses: Iterable<Address>): string[] {
    return Array.from(addresses, ({ address, prefixLength }) => `${address}/${prefixLength}`);
  }

  /** Changes as text: `addressRemoved 192.0.2.1/24 own`, `linkChanged hf0`. */
  function described(): string[] {
    return changes()
      .filter((change) => !("address" in change && change.address.address.startsWith("fe80:")))
      .map((change) =>
        "link" in change
          ? `${change.kind} ${change.link.name}`
          : `${change.kind} ${names([change.address])[0]} ${change.cause}`,
      );
  }

  async function until(condition: () => boolean): Promise<void> {
    for (const end = kernel.now() + TIMEOUT; !condition(); ) {
      if (kernel.now() > end) assert.fail(`timed out after ${TIMEOUT} µs`);
      await kernel.wait(SECOND / 50);
    }
  }

  test("lists links and finds one by name and by index", () => {
    const all = requester.dump(encodeDumpLinks(), decodeLink);
    if (all.failure !== undefined) assert.fail("dump of links");
    const link = all.items.find(({ name }) => name === LINK);
    assert.equal(link?.mtu, 1500);
    assert.equal(link?.kind, "veth");
    assert.match(link?.mac ?? "", /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assert.deepEqual(requester.get(encodeGetLink({ name: LINK }), decodeLink), {
      failure: undefined,
      items: [link],
    });
    assert.deepEqual(requester.get(encodeGetLink({ index }), decodeLink), {
      failure: undefined,
      items: [link],
    });
    for (const which of [{ name: "nowhere" }, { index: 4711 }]) {
      assert.equal(requester.get(encodeGetLink(which), decodeLink).failure?.errno, ENODEV);
    }
  });

  test("lists an added address with all its settings and announces it with our port", () => {
    const wanted = settings("192.0.2.1/24", {
      label: `${LINK}:1`,
      broadcast: ip("192.0.2.255"),
      scope: RT_SCOPE_LINK,
      validSeconds: 100,
      preferredSeconds: 50,
    });
    request(encodeNewAddress(wanted, "add"));
    assert.deepEqual(held(), [{ ...wanted, peer: undefined }]);
    const [change, ...others] = changes();
    assert.deepEqual(others, []);
    if (change?.kind !== "addressAdded") assert.fail(`expected an addition, not ${change?.kind}`);
    assert.equal(change.cause, "own");
    assert.equal(change.port, transport.port);
    assert.deepEqual(change.address, { ...wanted, peer: undefined });
  });

  test("distinguishes addresses with and without a peer", () => {
    request(
      encodeNewAddress(settings("192.0.2.1/32", { peer: ip("198.51.100.1") }), "add"),
      encodeNewAddress(settings("192.0.2.2/32"), "add"),
    );
    assert.deepEqual(
      held().map(({ peer }) => peer),
      [ip("198.51.100.1"), undefined],
    );
    request(encodeDeleteAddress(settings("192.0.2.1/32", { peer: ip("198.51.100.1") })));
    assert.deepEqual(names(watch.table.addresses(index)).includes("192.0.2.1/32"), false);
    assert.deepEqual(names(held()), ["192.0.2.2/32"]);
  });

  test("refuses to add an existing address: EEXIST", () => {
    request(encodeNewAddress(settings("192.0.2.1/24"), "add"));
    const again = encodeNewAddress(settings("192.0.2.1/24"), "add");
    mustFail(again, EEXIST, "ipv4: Address already assigned");
  });

  test("replacing sets, renews and removes a lifetime; a renewal is not reported as a change", () => {
    request(encodeNewAddress(settings("192.0.2.1/24"), "replace"));
    assert.equal(held()[0]?.flags, IFA_F_PERMANENT);
    assert.deepEqual(described(), ["addressAdded 192.0.2.1/24 own"]);
    request(encodeNewAddress(settings("192.0.2.1/24", { validSeconds: 60 }), "replace"));
    assert.equal(held()[0]?.flags, 0);
    assert.equal(held()[0]?.validSeconds, 60);
    assert.equal(held()[0]?.preferredSeconds, 60);
    assert.deepEqual(described(), ["addressChanged 192.0.2.1/24 own"]);
    request(encodeNewAddress(settings("192.0.2.1/24", { validSeconds: 70 }), "replace"));
    assert.equal(held()[0]?.validSeconds, 70);
    assert.deepEqual(described(), []);
    request(encodeNewAddress(settings("192.0.2.1/24"), "replace"));
    assert.equal(held()[0]?.validSeconds, undefined);
    assert.equal(held()[0]?.flags, IFA_F_PERMANENT);
  });

  test("deletes and announces an address; a missing one is EADDRNOTAVAIL", () => {
    request(encodeNewAddress(settings("192.0.2.1/24"), "add"));
    request(encodeDeleteAddress(settings("192.0.2.1/24")));
    assert.deepEqual(held(), []);
    assert.deepEqual(described(), [
      "addressAdded 192.0.2.1/24 own",
      "addressRemoved 192.0.2.1/24 own",
    ]);
    const again = encodeDeleteAddress(settings("192.0.2.1/24"));
    mustFail(again, EADDRNOTAVAIL, "ipv4: Address not found");
    const longer = encodeDeleteAddress(settings("192.0.2.1/25"));
    mustFail(longer, EADDRNOTAVAIL, "ipv4: Address not found");
  });

  test("an unknown interface is ENODEV, an invalid lifetime or scope EINVAL", () => {
    const nowhere = { index: 4711 };
    const cidr = "192.0.2.1/24";
    mustFail(encodeNewAddress(settings(cidr, nowhere), "add"), ENODEV, "ipv4: Device not found");
    mustFail(encodeDeleteAddress(settings(cidr, nowhere)), ENODEV, "ipv4: Device not found");
    for (const lifetime of [{ validSeconds: 0 }, { validSeconds: 3, preferredSeconds: 5 }]) {
      const message = encodeNewAddress(settings(cidr, lifetime), "add");
      mustFail(message, EINVAL, "ipv4: address lifetime invalid");
    }
    request(encodeNewAddress(settings(cidr), "add"));
    const otherScope = encodeNewAddress(settings("192.0.2.2/24", { scope: RT_SCOPE_LINK }), "add");
    mustFail(otherScope, EINVAL, "ipv4: Invalid scope value");
  });

  test("adds, renews and deletes IPv6 addresses, without reporting the requester", () => {
    const cidr = "2001:db8::1/64";
    request(encodeNewAddress(settings(cidr), "add"));
    assert.deepEqual(names(held()), [cidr]);
    mustFail(encodeNewAddress(settings(cidr), "add"), EEXIST, "ipv6: address already assigned");
    request(encodeNewAddress(settings(cidr, { validSeconds: 50 }), "replace"));
    assert.equal(held()[0]?.validSeconds, 50);
    assert.equal(held()[0]?.flags, IFA_F_NODAD);
    request(encodeDeleteAddress(settings(cidr)));
    mustFail(encodeDeleteAddress(settings(cidr)), EADDRNOTAVAIL, "ipv6: address not found");
    const nowhere = encodeDeleteAddress(settings(cidr, { index: 4711 }));
    mustFail(nowhere, ENODEV, "ipv6: Unable to find the interface");
    assert.equal(described().at(-1), `addressRemoved ${cidr} unknown`);
  });

  test("handles many requests in few sends, and assigns each failure to its request", () => {
    const cidrs = Array.from({ length: 2000 }, (_, n) => `10.${n >> 8}.${n & 255}.1/32`);
    const add = cidrs.map((cidr) => encodeNewAddress(settings(cidr), "add"));
    const sends = transport.sends;
    request(...add);
    assert.equal(transport.sends - sends <= 4, true, `${transport.sends - sends} sends`);
    assert.deepEqual(names(held()), cidrs);
    request(
      ...cidrs.map((cidr) => encodeNewAddress(settings(cidr, { validSeconds: 60 }), "replace")),
    );
    assert.equal(
      held().every((address) => address.validSeconds === 60),
      true,
    );
    // All fail: there is room for all answers.
    const failures = requester.request(add);
    assert.deepEqual(
      failures.map(({ request, errno }) => [request, errno]),
      add.map((_, request) => [request, EEXIST]),
    );
    const missing = new Set([0, 1, 700, 1999]);
    const remove = cidrs.map((cidr, n) =>
      encodeDeleteAddress(settings(missing.has(n) ? "192.0.2.9/24" : cidr)),
    );
    assert.deepEqual(
      requester.request(remove).map(({ request, errno }) => [request, errno]),
      [...missing].map((request) => [request, EADDRNOTAVAIL]),
    );
    assert.equal(held().length, missing.size);
    assert.equal(requester.strayReplies, 0);
    assert.deepEqual(requester.request([]), []);
  });

  test("removes an expired address and announces it with sequence and port zero", async () => {
    kernel.setPromoteSecondaries(LINK, true);
    const STAGGER = (SECOND * 3) / 10;
    const start = kernel.now();
    const set: { earliest: Micros; latest: Micros }[] = [];
    const seen: { name: string; earliest: Micros; latest: Micros; change: NetworkChange }[] = [];
    let collectedAt = start;
    const collect = (): void => {
      const earliest = collectedAt;
      collectedAt = kernel.now();
      for (const change of changes()) {
        if (change.kind !== "addressRemoved") continue;
        seen.push({ name: change.address.address, earliest, latest: kernel.now(), change });
      }
    };
    for (let n = 1; n <= 4; n++) {
      const earliest = kernel.now();
      request(encodeNewAddress(settings(`192.0.2.${n}/24`, { validSeconds: 1 }), "add"));
      set.push({ earliest, latest: kernel.now() });
      await until(() => {
        collect();
        return kernel.now() >= start + n * STAGGER;
      });
    }
    await until(() => {
      collect();
      return seen.length === 4;
    });
    assert.deepEqual(
      seen.map(({ name }) => name).sort(),
      [1, 2, 3, 4].map((n) => `192.0.2.${n}`),
    );
    for (const { name, earliest, latest, change } of seen) {
      const begin = set[Number(name.split(".")[3]) - 1] ?? assert.fail(name);
      const [least, most] = [earliest - begin.latest, latest - begin.earliest];
      // The kernel counts in ticks of up to 10 ms.
      assert.equal(most >= SECOND - SECOND / 100, true, `${name} was removed within ${most} µs`);
      assert.equal(
        least <= SECOND + kernel.expiryLateMicros,
        true,
        `${name} was there for ${least} µs`,
      );
      if (change.kind !== "addressRemoved") assert.fail("expected a removal");
      assert.deepEqual([change.cause, change.sequence, change.port], ["kernel", 0, 0]);
    }
    assert.deepEqual(held(), []);
  });

  test("announces an address deleted by another program with its port", () => {
    request(encodeNewAddress(settings("192.0.2.1/24"), "add"));
    kernel.deleteAddress(LINK, "192.0.2.1/24");
    const change = changes().at(-1);
    if (change?.kind !== "addressRemoved") assert.fail(`expected a removal, not ${change?.kind}`);
    assert.equal(change.cause, "program" satisfies ChangeCause);
    assert.notEqual(change.port, 0);
    assert.notEqual(change.port, transport.port);
  });

  test("without promote_secondaries the primary address of a subnet takes the others with it", () => {
    kernel.setPromoteSecondaries(LINK, false);
    request(...[1, 2, 3].map((n) => encodeNewAddress(settings(`192.0.2.${n}/24`), "add")));
    assert.deepEqual(
      held().map(({ flags }) => flags & IFA_F_SECONDARY),
      [0, IFA_F_SECONDARY, IFA_F_SECONDARY],
    );
    changes();
    request(encodeDeleteAddress(settings("192.0.2.1/24")));
    assert.deepEqual(held(), []);
    assert.deepEqual(described(), [
      "addressRemoved 192.0.2.2/24 own",
      "addressRemoved 192.0.2.3/24 own",
      "addressRemoved 192.0.2.1/24 own",
    ]);
  });

  test("with promote_secondaries the second address becomes primary", () => {
    kernel.setPromoteSecondaries(LINK, true);
    request(...[1, 2, 3].map((n) => encodeNewAddress(settings(`192.0.2.${n}/24`), "add")));
    changes();
    request(encodeDeleteAddress(settings("192.0.2.1/24")));
    assert.deepEqual(names(held()), ["192.0.2.2/24", "192.0.2.3/24"]);
    assert.equal((held()[0]?.flags ?? 0) & IFA_F_SECONDARY, 0);
    assert.deepEqual(described(), [
      "addressRemoved 192.0.2.1/24 own",
      "addressChanged 192.0.2.2/24 own",
    ]);
  });

  test("reports a link that goes down and up, and a new name and MTU", async () => {
    const isUpAs = (up: boolean): boolean => {
      described();
      return watch.table.linkByIndex(index)?.up === up;
    };
    kernel.changeLink(LINK, { mtu: 1400 });
    assert.deepEqual(described(), [`linkChanged ${LINK}`]);
    assert.equal(watch.table.linkByName(LINK)?.mtu, 1400);
    kernel.changeLink(LINK, { up: false });
    await until(() => isUpAs(false));
    kernel.changeLink(LINK, { name: "hf1" });
    assert.equal(described().includes("linkChanged hf1"), true);
    assert.equal(watch.table.linkByName(LINK), undefined);
    assert.equal(watch.table.linkByName("hf1")?.index, index);
    kernel.changeLink("hf1", { up: true });
    await until(() => isUpAs(true));
  });

  test("a re-created link of the same name is a new one without addresses", async () => {
    request(encodeNewAddress(settings("192.0.2.1/24"), "add"));
    changes();
    kernel.removeLink(LINK);
    const removal = described();
    assert.equal(removal[0], `linkChanged ${LINK}`, "it goes down first");
    assert.equal(removal.includes("addressRemoved 192.0.2.1/24 kernel"), true);
    assert.equal(watch.table.linkByName(LINK), undefined);
    assert.deepEqual(watch.table.addresses(index), []);
    kernel.addLink(LINK);
    await until(() => {
      changes();
      return watch.table.linkByName(LINK)?.up === true;
    });
    assert.notEqual(watch.table.linkByName(LINK)?.index, index);
  });

  test("a new dump makes up for dropped notifications", () => {
    const deaf = new NetworkWatch(kernel.open(GROUPS, 4096), requester, new Set([requester.port]));
    deaf.resync(() => {});
    const seen: string[] = [];
    const listen = (): void => {
      const failure = deaf.read((change) => {
        if ("address" in change) seen.push(`${change.kind} ${names([change.address])[0]}`);
      });
      assert.equal(failure, undefined);
    };
    const cidrs = Array.from({ length: 300 }, (_, n) => `10.0.${n >> 8}.${n & 255}/32`);
    request(...cidrs.map((cidr) => encodeNewAddress(settings(cidr), "add")));
    listen();
    assert.equal(deaf.overruns, 1);
    assert.deepEqual(seen.sort(), cidrs.map((cidr) => `addressAdded ${cidr}`).sort());
    seen.length = 0;
    request(...cidrs.map((cidr) => encodeDeleteAddress(settings(cidr))));
    listen();
    assert.equal(deaf.overruns, 2);
    assert.deepEqual(seen.sort(), cidrs.map((cidr) => `addressRemoved ${cidr}`).sort());
    listen();
    assert.equal(deaf.overruns, 2);
  });
}
