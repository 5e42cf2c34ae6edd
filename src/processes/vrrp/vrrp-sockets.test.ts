import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inNetworkNamespace, sh } from "../../../test/support/in-namespace.ts";
import { config, instanceConfig } from "../../../test/support/vrrp-config.ts";
import type { LinkState } from "../../netlink/monitor.ts";
import { IFF_RUNNING, IFF_UP } from "../../netlink/uapi/if.ts";
import { interfaceIndex } from "../../os/net/socket.ts";
import { Loop } from "../../process/loop.ts";
import { VrrpSockets } from "./vrrp-sockets.ts";

/** Creates an interface with this index, so that it has the same one when it is created again. */
function makeInterface(name: string, index: number): void {
  sh(`ip link add ${name} index ${index} type veth peer name ${name}p
    ip address add 192.0.2.1/24 dev ${name}
    ip link set ${name} up
    ip link set ${name}p up`);
}

/** Whether the host listens to 224.0.0.18: the kernel writes it as a word of its own byte order. */
function isJoined(): boolean {
  return /^\s+(?:120000E0|E0000012)\s/m.test(readFileSync("/proc/net/igmp", "latin1"));
}

function linkOf(name: string, index: number): LinkState {
  const [flags, operstate, mtu, hardwareType] = [IFF_UP | IFF_RUNNING, 6, 1500, 1];
  return {
    ...{ name, index, flags, operstate, mtu, hardwareType },
    mac: "02:00:00:00:00:01",
    ...{ master: undefined, lower: undefined, lowerNamespace: undefined, kind: "veth" },
    up: true,
  };
}

if (inNetworkNamespace(import.meta.url)) {
  test("groups are joined again on an interface that was replaced unnoticed", () => {
    const [name, index] = ["hf0", 77];
    const ignore = (): undefined => undefined;
    const loop = new Loop({
      deadline: ignore,
      due: ignore,
      end: ignore,
      fatal: (error) => {
        throw error;
      },
    });
    try {
      makeInterface(name, index);
      assert.equal(interfaceIndex(name), index);
      const link = linkOf(name, index);
      const logged: string[] = [];
      const log = (_level: string, text: string): void => void logged.push(text);
      const sockets = new VrrpSockets(loop, [], log, ignore);
      sockets.widen(config([instanceConfig({ interface: name })]), () => link);
      assert.ok(isJoined());

      sh(`ip link del ${name}`);
      makeInterface(name, index);
      // No notification reported that it was gone.
      assert.equal(sockets.follow(name, link), false);
      assert.ok(!isJoined());
      sockets.rejoin();
      assert.ok(isJoined());
      assert.deepEqual(logged, []);
    } finally {
      loop.close();
    }
  });
}
