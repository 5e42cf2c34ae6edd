import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { inNetworkNamespace, sh } from "../../../test/support/in-namespace.ts";
import { prefix } from "../../lib/prefix.ts";
import { systemFacts } from "./system.ts";

if (inNetworkNamespace(import.meta.url)) {
  test("an interface on top of another one is on that one's network", () => {
    sh(`ip link add eth0 type veth peer name eth1
      ip link add mv0 link eth0 type macvlan mode bridge
      ip link add mv1 link eth0 type macvlan mode private
      ip link add top link mv0 type macvlan mode vepa
      ip link add br0 type bridge
      ip link set eth1 master br0
      ip address add 192.0.2.1/24 dev mv0`);
    const system = systemFacts();
    const segments = Object.fromEntries(
      system.interfaceNames.map((name) => [name, system.interface(name)?.segments.join()]),
    );
    assert.deepEqual(segments, {
      lo: "lo",
      eth0: "eth0",
      eth1: "eth1",
      mv0: "eth0",
      mv1: "eth0",
      top: "eth0",
      br0: "br0",
    });
    assert.deepEqual(system.interface("mv0")?.addresses, [prefix("192.0.2.1/24")]);
  });

  test("interfaces on top of the same interface of another namespace share its network", async () => {
    const inner = spawn("unshare", ["-n", "sh", "-c", "echo ready; exec sleep 600"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(inner.stdout, "data");
      const inside = `nsenter -t ${inner.pid} -n ip link`;
      sh(`for below in far0 far1; do ip link add $below netns ${inner.pid} type veth; done
        ${inside} add in0 link far0 type macvlan mode bridge
        ${inside} add in1 link far0 type macvlan mode bridge
        ${inside} add in2 link far1 type macvlan mode bridge
        for name in in0 in1 in2; do ${inside} set $name netns ${process.pid}; done`);
      const system = systemFacts();
      const [in0, in1, in2] = ["in0", "in1", "in2"].map((name) =>
        system.interface(name)?.segments.join(),
      );
      assert.match(in0 ?? "", /^\d+\/\d+$/);
      assert.equal(in1, in0);
      assert.match(in2 ?? "", /^\d+\/\d+$/);
      assert.notEqual(in2, in0);
    } finally {
      inner.kill("SIGKILL");
    }
  });
}
