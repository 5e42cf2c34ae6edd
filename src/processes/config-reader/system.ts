// The facts that a configuration is checked against: this machine's interfaces, users, groups and scripts.

import { availableParallelism, hostname, userInfo } from "node:os";
import type { InterfaceFacts, System } from "../../config/keyword/system.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { isMarked } from "../../netlink/address.ts";
import { NetlinkRequester } from "../../netlink/requester.ts";
import { segmentsOf } from "../../netlink/segments.ts";
import { IFF_LOOPBACK, IFF_MULTICAST } from "../../netlink/uapi/if.ts";
import { NETLINK_ROUTE } from "../../netlink/uapi/netlink.ts";
import { readNetwork } from "../../netlink/watch.ts";
import { errnoText } from "../../os/ffi/errno.ts";
import { openNetlinkSocket } from "../../os/net/netlink-socket.ts";
import { checkScript } from "../../os/script/script-security.ts";
import { findGroup, findUser } from "../../os/script/users.ts";

/** This machine's current facts, in the calling thread's network namespace. */
export function systemFacts(): System {
  const interfaces = readInterfaces();
  return {
    hostName: hostname(),
    self: ownUser(),
    processors: availableParallelism(),
    interfaceNames: [...interfaces.keys()],
    interface: (name) => interfaces.get(name),
    user: findUser,
    group: findGroup,
    script: (program, uid, gid) => checkScript(program, { uid, gid }, process.env["PATH"]),
  };
}

function ownUser(): System["self"] {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  let name = String(uid);
  try {
    name = userInfo().username;
  } catch {
    // A uid without a name, as in containers.
  }
  return { name, uid, gid, groups: process.getgroups?.() ?? [] };
}

/** By netlink, since /sys shows the interfaces of the namespace in which it was mounted. */
function readInterfaces(): Map<string, InterfaceFacts> {
  const socket = openNetlinkSocket({ protocol: NETLINK_ROUTE });
  try {
    const found = readNetwork(new NetlinkRequester(socket));
    if (found.failure !== undefined) {
      const { detail, errno } = found.failure;
      throw new Error(`cannot read the interfaces: ${detail ?? errnoText(errno)}`);
    }
    const { links, addresses } = found;
    const byIndex = new Map(links.map((link) => [link.index, link]));
    const own = new Map<number, Prefix[]>(links.map(({ index }) => [index, []]));
    for (const address of addresses) {
      if (isMarked(address)) continue;
      const { index, address: ip, prefixLength } = address;
      own.get(index)?.push({ address: ip, prefixLength });
    }
    return new Map(
      links.map((link) => [
        link.name,
        {
          mtu: link.mtu,
          loopback: (link.flags & IFF_LOOPBACK) !== 0,
          multicast: (link.flags & IFF_MULTICAST) !== 0,
          segments: segmentsOf(link, (index) => byIndex.get(index)),
          addresses: own.get(link.index) ?? [],
        },
      ]),
    );
  } finally {
    socket.close();
  }
}
