import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig, interfaceState } from "../../test/support/vrrp-config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import type { InterfaceState } from "./event.ts";
import { AnnouncementQueue } from "./holdings/announcement-queue.ts";
import { findRouter } from "./instance-index.ts";
import { Instance } from "./router/instance.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

const OWN = "192.0.2.1";
const SECOND_OWN = "192.0.2.11";
const PEER = "192.0.2.2";
const OTHER_PEER = "192.0.2.3";
const STRANGER = "192.0.2.9";
const GROUP = "224.0.0.18";

type Over = Partial<Omit<InstanceConfig, "name">>;

function unicast(peers: readonly string[], source?: string): Over {
  return {
    unicastPeers: peers.map(ip),
    unicastSrcIp: source === undefined ? undefined : ip(source),
  };
}

function inGroup(group: string): Over {
  return { mcastGroup: ip(group) };
}

/** Returns the name of the instance that gets a packet: A, B, … in the order of `configs`. */
function finder(
  configs: readonly Over[],
  eth0: InterfaceState = interfaceState("eth0", `${OWN}/24`),
): (source: string, destination: string, arrival?: string) => string | undefined {
  const eth1 = interfaceState("eth1", `${SECOND_OWN}/24`);
  const interfaces = new Map([eth0, eth1].map((state) => [state.name, state]));
  const announcementQueue = new AnnouncementQueue();
  const shared = {
    interfaces,
    scripts: new Map(),
    conflicts: new VridConflicts(),
    announcementQueue,
    vipLease: "auto",
    listeningFrom: 0,
  } as const;
  const instances = configs.map((over, index) => {
    const name = String.fromCharCode(65 + index);
    return new Instance(instanceConfig({ ...over, name }), { ...shared });
  });
  const unicast = instances.filter(({ expectation }) => expectation.unicast);
  return (source, destination, arrival = "eth0") => {
    const candidates = instances.filter(({ config }) => config.interface === arrival);
    const packet = { source: ip(source), destination: ip(destination) };
    return findRouter(candidates, packet, unicast)?.config.name;
  };
}

test("a single instance also gets packets that it will refuse, but none of another group", () => {
  const multicast = finder([{}]);
  assert.equal(multicast(PEER, GROUP), "A");
  assert.equal(multicast(PEER, OWN), "A");
  assert.equal(multicast(PEER, "224.0.0.19"), undefined);
  const peers = finder([unicast([PEER])]);
  for (const destination of [OWN, SECOND_OWN, GROUP, "192.0.2.255"]) {
    assert.equal(peers(PEER, destination), "A");
    assert.equal(peers(STRANGER, destination), "A");
  }
  assert.equal(finder([])(PEER, GROUP), undefined);
});

test("multicast, unicast and each group are separate", () => {
  for (const configs of [
    [{}, unicast([PEER]), inGroup("224.0.0.19")],
    [{}, unicast([PEER], OWN), inGroup("224.0.0.19")],
  ]) {
    const find = finder(configs);
    assert.equal(find(PEER, GROUP), "A");
    assert.equal(find(STRANGER, GROUP), "A");
    assert.equal(find(PEER, OWN), "B");
    assert.equal(find(STRANGER, SECOND_OWN), "B", "it is the only one that does unicast");
    assert.equal(find(PEER, "224.0.0.19"), "C");
    assert.equal(find(PEER, "224.0.0.20"), undefined);
  }
});

test("none of several instances gets a packet of the wrong kind", () => {
  assert.equal(finder([{}, inGroup("224.0.0.19")])(PEER, OWN), undefined);
  assert.equal(finder([unicast([PEER]), unicast([OTHER_PEER])])(PEER, GROUP), undefined);
});

test("unicast instances with the same peer differ by their own addresses", () => {
  const find = finder([unicast([PEER], OWN), unicast([PEER], SECOND_OWN)]);
  assert.equal(find(PEER, OWN), "A");
  assert.equal(find(PEER, SECOND_OWN), "B");
  assert.equal(find(PEER, "192.0.2.77"), undefined, "which one is not known");
  assert.equal(find(STRANGER, OWN), undefined);
});

test("unicast instances with the same own address differ by their peers", () => {
  for (const source of [undefined, OWN]) {
    const find = finder([unicast([PEER], source), unicast([OTHER_PEER, "192.0.2.4"], source)]);
    assert.equal(find(PEER, OWN), "A");
    assert.equal(find(OTHER_PEER, OWN), "B");
    assert.equal(find("192.0.2.4", OWN), "B");
    assert.equal(find(STRANGER, OWN), undefined);
    assert.equal(find(OTHER_PEER, "192.0.2.77"), "B", "to another address of the host");
    assert.equal(find(STRANGER, "192.0.2.77"), undefined);
  }
});

test("neither instance gets a packet from a peer of one to the own address of the other", () => {
  const find = finder([unicast([PEER], OWN), unicast([OTHER_PEER], SECOND_OWN)]);
  assert.equal(find(PEER, SECOND_OWN), undefined);
  assert.equal(find(OTHER_PEER, OWN), undefined);
});

test("without unicast_src_ip the own address is the present one of the interface", () => {
  const configs = [unicast([PEER]), unicast([PEER], SECOND_OWN)];
  const find = finder(configs);
  assert.equal(find(PEER, OWN), "A");
  assert.equal(find(PEER, SECOND_OWN), "B");
  const moved = finder(configs, interfaceState("eth0", "192.0.2.5/24"));
  assert.equal(moved(PEER, "192.0.2.5"), "A");
  assert.equal(moved(PEER, SECOND_OWN), "B");
  const taken = finder(configs, interfaceState("eth0", `${SECOND_OWN}/24`));
  assert.equal(taken(PEER, SECOND_OWN), "B", "what is configured goes before");
  const bare = finder(configs, interfaceState("eth0", `${OWN}/24`, { ipv4: undefined }));
  assert.equal(bare(PEER, SECOND_OWN), "B");
  const shared = [unicast([PEER]), unicast([OTHER_PEER], SECOND_OWN)];
  const sharing = finder(shared, interfaceState("eth0", `${SECOND_OWN}/24`));
  assert.equal(sharing(PEER, SECOND_OWN), "A", "the peers still tell them apart");
});

test("a packet on another interface is matched by own address and peer", () => {
  for (const source of [undefined, OWN]) {
    const first = unicast([PEER], source);
    const second = { ...unicast([OTHER_PEER]), interface: "eth1" };
    const find = finder([first, second]);
    assert.equal(find(PEER, OWN, "eth0"), "A");
    assert.equal(find(PEER, OWN, "eth1"), "A");
    assert.equal(find(OTHER_PEER, SECOND_OWN, "eth0"), "B");
    assert.equal(find(OTHER_PEER, SECOND_OWN, "eth1"), "B");
    for (const arrival of ["eth0", "eth1"]) {
      const [own, other] = arrival === "eth0" ? [OWN, SECOND_OWN] : [SECOND_OWN, OWN];
      assert.equal(find(STRANGER, other, arrival), undefined, "the other one's address");
      assert.equal(find(STRANGER, own, arrival), arrival === "eth0" ? "A" : "B");
      const alone = arrival === "eth0" ? "A" : "B";
      assert.equal(find(PEER, "192.0.2.77", arrival), alone, "nobody's address");
    }
    const one = finder([first, { ...unicast([PEER]), interface: "eth1" }]);
    assert.equal(one(PEER, OWN, "eth1"), "A", "a peer of both");
    assert.equal(one(PEER, SECOND_OWN, "eth0"), "B");
  }
});

test("an interface without unicast instances receives packets for those of another", () => {
  for (const configs of [[unicast([PEER])], [unicast([PEER]), { interface: "eth1" }]]) {
    const find = finder(configs);
    assert.equal(find(PEER, OWN, "eth1"), "A");
    assert.equal(find(STRANGER, OWN, "eth1"), undefined);
    const rest = configs.length === 1 ? undefined : "B";
    assert.equal(find(PEER, SECOND_OWN, "eth1"), rest, "refused there as the wrong kind");
    assert.equal(find(PEER, GROUP, "eth1"), rest);
  }
});

test("with the same own address on two interfaces, the receiving one decides", () => {
  const find = finder([unicast([PEER], OWN), { ...unicast([PEER], OWN), interface: "eth1" }]);
  assert.equal(find(PEER, OWN, "eth0"), "A");
  assert.equal(find(PEER, OWN, "eth1"), "B");
});
