import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { inNetworkNamespace, sh } from "../../../test/support/in-namespace.ts";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";

if (inNetworkNamespace(import.meta.url)) {
  test("a process enters a namespace by its name, and its children inherit it", () => {
    const name = `hf-${process.pid}-netns`;
    sh(`ip netns add ${name}`);
    try {
      sh(`ip -n ${name} link add inside0 type veth peer name inside1`);
      const { stdout, stderr } = runNodeProgram(`
        import { spawnSync } from "node:child_process";
        import { readFileSync } from "node:fs";
        const { enterNetworkNamespace } = await import(${beside(import.meta.url, "netns.js")});
        const { interfaceIndex } = await import(${beside(import.meta.url, "socket.js")});
        enterNetworkNamespace("${name}");
        const { stdout } = spawnSync("ip", ["-o", "link"], { encoding: "utf8" });
        console.log(interfaceIndex("inside0") > 0, stdout.includes("inside0"));
        console.log(readFileSync("/proc/sys/net/ipv4/conf/inside0/forwarding", "utf8").trim());
      `);
      assert.deepEqual({ stdout, stderr }, { stdout: "true true\n0\n", stderr: "" });
    } finally {
      sh(`ip netns delete ${name}`);
    }
  });

  test("a missing name is ENOENT, with the path", () => {
    const before = readdirSync("/proc/self/fd").length;
    const { stdout } = runNodeProgram(`
      const { enterNetworkNamespace } = await import(${beside(import.meta.url, "netns.js")});
      try { enterNetworkNamespace("hf-none"); } catch ({ operation, code }) { console.log(operation, code); }
    `);
    assert.equal(stdout, "open /run/netns/hf-none ENOENT\n");
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });
}
