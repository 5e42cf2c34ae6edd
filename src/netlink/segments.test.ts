import assert from "node:assert/strict";
import { test } from "node:test";
import { writeLink } from "../../test/netlink/announce.ts";
import { ethernetLink } from "../../test/netlink/fake-kernel.ts";
import { decodeLink, type Link } from "./link.ts";
import { splitMessages } from "./message.ts";
import { segmentsOf } from "./segments.ts";
import { RTM_NEWLINK } from "./uapi/rtnetlink.ts";

/** Links as the kernel describes them, with `kind` and `lower`, in the order of their indexes from 1. */
function segments(links: Readonly<Record<string, Partial<Link>>>): Record<string, string> {
  const decoded = new Map(
    Object.entries(links).map(([name, more], at): [number, Link] => {
      const link = { ...ethernetLink(at + 1, name), ...more };
      return [at + 1, asAnnounced(link)];
    }),
  );
  return Object.fromEntries(
    [...decoded.values()].map((link) => [
      link.name,
      segmentsOf(link, (index) => decoded.get(index)).join(" "),
    ]),
  );
}

function asAnnounced(link: Link): Link {
  let decoded: ReturnType<typeof decodeLink> | undefined;
  splitMessages(writeLink(RTM_NEWLINK, 0, { sequence: 0, port: 0 }, link), (message) => {
    decoded = decodeLink(message);
  });
  assert.ok(typeof decoded === "object");
  return decoded;
}

test("an interface is on its own network, or on that of its lower interface", () => {
  assert.deepEqual(
    segments({
      eth0: { kind: undefined },
      mv0: { kind: "macvlan", lower: 1 },
      mv1: { kind: "macvtap", lower: 1 },
      ipv: { kind: "ipvlan", lower: 1 },
      ipt: { kind: "ipvtap", lower: 1 },
      top: { kind: "macvlan", lower: 2 },
      bond: { kind: "bond", master: 1 },
    }),
    { eth0: "eth0", mv0: "eth0", mv1: "eth0", ipv: "eth0", ipt: "eth0", top: "eth0", bond: "bond" },
  );
});

test("a VLAN is a separate network carried by others", () => {
  assert.deepEqual(
    segments({
      eth0: {},
      "eth0.10": { kind: "vlan", lower: 1 },
      "eth0.20": { kind: "vlan", lower: 1 },
      qinq: { kind: "vlan", lower: 2 },
      mv0: { kind: "macvlan", lower: 2 },
      "mv0.5": { kind: "vlan", lower: 5 },
    }),
    {
      eth0: "eth0",
      "eth0.10": "eth0.10 eth0",
      "eth0.20": "eth0.20 eth0",
      qinq: "qinq eth0.10 eth0",
      mv0: "eth0.10 eth0",
      "mv0.5": "mv0.5 eth0.10 eth0",
    },
  );
});

test("the peer of a veth or tunnel is another network", () => {
  const { veth0, veth1, foreign, tunnel, vxlan } = segments({
    veth0: { kind: "veth", lower: 2 },
    veth1: { kind: "veth", lower: 1 },
    foreign: { kind: "veth", lower: 1, lowerNamespace: 0 },
    tunnel: { kind: "gre", lower: 1 },
    vxlan: { kind: "vxlan", lower: 1 },
  });
  assert.deepEqual(
    [veth0, veth1, foreign, tunnel, vxlan],
    ["veth0", "veth1", "foreign", "tunnel", "vxlan"],
  );
});

test("interfaces on the same interface of another namespace share its network", () => {
  assert.deepEqual(
    segments({
      mv0: { kind: "macvlan", lower: 3, lowerNamespace: 0 },
      mv1: { kind: "macvlan", lower: 3, lowerNamespace: 0 },
      mv2: { kind: "macvlan", lower: 3, lowerNamespace: 1 },
      unknown: { kind: "macvlan", lower: 3, lowerNamespace: -1 },
      vlan: { kind: "vlan", lower: 3, lowerNamespace: 0 },
    }),
    { mv0: "0/3", mv1: "0/3", mv2: "1/3", unknown: "unknown", vlan: "vlan 0/3" },
  );
});

test("missing lower interfaces and loops end the search", () => {
  assert.deepEqual(segments({ mv0: { kind: "macvlan", lower: 7 } }), { mv0: "mv0" });
  const { a = "" } = segments({
    a: { kind: "vlan", lower: 2 },
    b: { kind: "vlan", lower: 1 },
  });
  assert.ok(a.startsWith("a b a"), a);
});
