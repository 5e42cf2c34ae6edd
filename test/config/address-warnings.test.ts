// Addresses that are accepted with a warning.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../../src/config/read-config.ts";
import { prefix } from "../../src/lib/prefix.ts";
import { fakeFiles, fakeSystem } from "./fake-system.ts";

test("addresses that no host can use, and the host's own address, cause a warning", () => {
  const warned = (addresses: string, more = "", own: readonly string[] = []): string[] =>
    readConfig({
      path: "k",
      readFile: fakeFiles({
        k: `vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\n${more}\nvirtual_ipaddress {\n${addresses}\n}\n}\n`,
      }),
      system: fakeSystem({ interfaces: { eth0: { addresses: own.map(prefix) } } }),
    }).diagnostics.map(({ code, line, message }) => `${code} ${line}: ${message}`);
  const unusable = ["0.0.0.0/0", "127.0.0.1/8", "224.0.0.5", "255.255.255.255", "240.0.0.1"];
  assert.deepEqual(
    warned(unusable.join("\n")).map((text) => text.split(":")[0]),
    unusable.map((_, index) => `address-unusable ${index + 6}`),
  );
  assert.deepEqual(warned("192.0.2.1/24", "", ["192.0.2.1/24", "fe80::1/64"]), [
    "own-address 6: 192.0.2.1 is this host's own address on eth0: below priority 255 it is removed at the start; without it that interface has no IPv4 address",
  ]);
  assert.deepEqual(warned("192.0.2.1/24", "", ["192.0.2.1/24", "192.0.2.2/24"]), [
    "own-address 6: 192.0.2.1 is this host's own address on eth0: below priority 255 it is removed at the start",
  ]);
  assert.deepEqual(warned("192.0.2.1/24", "priority 255", ["192.0.2.1/24"]), []);
  assert.deepEqual(warned("192.0.2.1/32", "priority 255", ["192.0.2.1/24"]), []);
  assert.deepEqual(warned("192.0.2.1/32", "", ["192.0.2.10/24", "192.0.2.11/24"]), []);
  const kept =
    "own-address 6: 192.0.2.1 is this host's own address on eth0: below priority 255 it stays as 192.0.2.1/24 even while another node holds it, and no advert is sent from it";
  for (const address of ["192.0.2.1", "192.0.2.1/25", "192.0.2.1/16"]) {
    const alone = `${kept}; without it that interface has no IPv4 address`;
    assert.deepEqual(warned(address, "", ["192.0.2.1/24", "fe80::1/64"]), [alone]);
    assert.deepEqual(warned(address, "", ["192.0.2.1/24", "192.0.2.2/24"]), [kept]);
  }
  assert.deepEqual(
    warned("192.0.2.9", "virtual_ipaddress_excluded {\n192.0.2.1/25\n}", [
      "192.0.2.1/24",
      "192.0.2.2/24",
    ]),
    [kept.replace("6:", "5:")],
  );
});
