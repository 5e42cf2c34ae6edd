import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../test/support/vrrp-config.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

test("a conflict is logged when it comes, and again when it comes back", () => {
  const lines: string[] = [];
  const conflicts = new VridConflicts((level, line) => lines.push(`${level}: ${line}`));
  const instances = [
    instanceConfig({ name: "A" }),
    instanceConfig({ name: "B", interface: "mv0" }),
  ];
  const check = (segment: readonly string[] | undefined): string[] => {
    conflicts.check(instances, {
      segments: (name) => (name === "eth0" ? ["eth0"] : segment),
      ipv4: () => undefined,
    });
    return lines.splice(0);
  };
  const line = "warning: VRID conflict between B and A IPv4 vrid 1";
  assert.deepEqual(check(undefined), []);
  assert.deepEqual(check(["eth0"]), [line]);
  assert.deepEqual(check(["eth0"]), []);
  assert.deepEqual(check(["eth1"]), []);
  assert.deepEqual(check(["mv0", "eth0"]), [line]);
  assert.deepEqual(check(["mv0"]), []);
  assert.deepEqual(check(["eth0"]), [line]);
});
