// Runs the contract tests against the real kernel, in a network namespace.

import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SECOND } from "../../src/lib/micros.ts";
import { NETLINK_ROUTE } from "../../src/netlink/uapi/netlink.ts";
import { boottime } from "../../src/os/loop/clock.ts";
import { type NetlinkSocket, openNetlinkSocket } from "../../src/os/net/netlink-socket.ts";
import { inNetworkNamespace, sh, untilRuns } from "../support/in-namespace.ts";
import { type CountedTransport, declareKernelTests, type TestKernel } from "./kernel-contract.ts";

if (inNetworkNamespace(import.meta.url)) declareKernelTests(makeKernel);

function makeKernel(): TestKernel {
  const sockets: NetlinkSocket[] = [];
  return {
    explains: kernelVersion() >= 6.08,
    // The kernel checks lifetimes once a second, in a thread that may be delayed on a busy machine.
    expiryLateMicros: 3 * SECOND,
    open: (groups = [], receiveBufferOctets) => {
      const socket = openNetlinkSocket({
        protocol: NETLINK_ROUTE,
        groups,
        ...(receiveBufferOctets === undefined ? {} : { receiveBufferOctets }),
      });
      sockets.push(socket);
      return counted(socket);
    },
    addLink: (name) => {
      // Set the other end up first, so that the link runs as soon as it is up.
      sh(`ip link add ${name} type veth peer name other
        ip link set other up; ip link set ${name} up`);
      sh(untilRuns(name));
    },
    changeLink: (name, { name: newName, up, mtu }) => {
      if (mtu !== undefined) sh(`ip link set ${name} mtu ${mtu}`);
      if (newName !== undefined) sh(`ip link set ${name} name ${newName}`);
      if (up !== undefined) sh(`ip link set ${newName ?? name} ${up ? "up" : "down"}`);
    },
    removeLink: (name) => void sh(`ip link del ${name}`),
    setPromoteSecondaries: (name, on) => {
      writeFileSync(`/proc/sys/net/ipv4/conf/${name}/promote_secondaries`, on ? "1" : "0");
    },
    deleteAddress: (name, cidr) => void sh(`ip addr del ${cidr} dev ${name}`),
    now: boottime,
    wait: async (micros) => {
      await sleep(micros / 1000);
    },
    close: () => {
      for (const socket of sockets) socket.close();
      sh("ip link del hf0 2>/dev/null || ip link del hf1 2>/dev/null || true");
    },
  };
}

function counted(socket: NetlinkSocket): CountedTransport {
  let sends = 0;
  return {
    port: socket.port,
    receiveBufferOctets: socket.receiveBufferOctets,
    get sends() {
      return sends;
    },
    send: (bytes) => {
      sends++;
      return socket.send(bytes);
    },
    receive: (onDatagram) => socket.receive(onDatagram),
  };
}

/** 6.08 for Linux 6.8. */
function kernelVersion(): number {
  const [major, minor] = release().split(".").map(Number);
  return (major ?? 0) + (minor ?? 0) / 100;
}
