// The time to read large configurations grows linearly, and too large ones are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { MAXIMUM_ADDRESSES, MAXIMUM_INSTANCES } from "../../src/config/vrrp/types.ts";
import { leastProcessorMicros } from "../support/processor-time.ts";
import { fakeFiles, fakeSystem } from "./fake-system.ts";

const FEW = 1_000;
const MANY = 16 * FEW;
/** Quadratic growth would give 256. */
const MOST_TIMES = 80;

const entries = (count: number, entry: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => entry(index)).join("\n");

const address = (index: number): string =>
  `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

const instance = (content: string): string =>
  `vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\n${content}\n}\n`;

const ONE = "virtual_ipaddress {\n192.0.2.1\n}";

const FILES: Readonly<Record<string, (count: number) => string>> = {
  "duplicate addresses": (count) =>
    instance(
      `virtual_ipaddress {\n${entries(count, address)}\n}\n` +
        `virtual_ipaddress_excluded {\n${entries(count, address)}\n}`,
    ),
  peers: (count) => instance(`unicast_peer {\n${entries(count, address)}\n}\n${ONE}`),
  "tracked scripts": (count) =>
    `${entries(count, (index) => `vrrp_script s${index} {\nscript /a.sh\n}`)}\n` +
    instance(`${ONE}\ntrack_script {\n${entries(count, (index) => `s${index}`)}\n}`),
  "missing scripts": (count) =>
    `${entries(count, (index) => `vrrp_script s${index} {\nscript /a.sh\n}`)}\n` +
    instance(`${ONE}\ntrack_script {\n${entries(count, (index) => `q${index}`)}\n}`),
  "missing tracked interfaces": (count) =>
    instance(`${ONE}\ntrack_interface {\n${entries(count, (index) => `e${index}`)}\n}`),
  "misspelt keywords": (count) => instance(entries(count, (index) => `virtual_idd${index} 1`)),
};

function read(text: string): ReturnType<typeof readConfig> {
  return readConfig({ path: "k", readFile: fakeFiles({ k: text }), system: fakeSystem() });
}

/** Processor time to read a configuration and render its diagnostics, in microseconds. */
function cost(text: string): number {
  return leastProcessorMicros(() => {
    const { diagnostics, sources } = read(text);
    const render = diagnosticRenderer(sources);
    for (const diagnostic of diagnostics) render(diagnostic);
  });
}

for (const [what, text] of Object.entries(FILES)) {
  test(`${what}: the time grows linearly`, () => {
    const few = cost(text(FEW));
    const many = cost(text(MANY));
    assert.ok(many < few * MOST_TIMES, `${few} µs for ${FEW}, ${many} µs for ${MANY}`);
  });
}

test("refuses more addresses on one interface than can be renewed in time", () => {
  const text = (count: number): string =>
    instance(`virtual_ipaddress {\n${entries(count, address)}\n}`);
  const most = read(text(MAXIMUM_ADDRESSES)).config?.vrrp.instances[0];
  assert.equal(most?.addresses.length, 255);
  assert.equal(most?.excludedAddresses.length, MAXIMUM_ADDRESSES - 255);
  const { config, diagnostics } = read(text(150_000));
  assert.equal(config, undefined);
  assert.deepEqual(
    diagnostics.map(({ code, line }) => [code, line]),
    [
      ["addresses-moved", 4],
      ["too-many-addresses", 4],
    ],
  );
  const elsewhere = text(MAXIMUM_ADDRESSES + 1).replace("\n10.0.16.0\n", "\n10.0.16.0 dev eth1\n");
  assert.notEqual(read(elsewhere).config, undefined);
});

test("refuses too many instances", () => {
  const text = entries(
    MAXIMUM_INSTANCES + 1,
    (index) =>
      `vrrp_instance V${index} {\ninterface eth0\nvirtual_router_id 1\n` +
      `unicast_peer {\n${address(index)}\n}\n${ONE}\n}`,
  );
  const { config, diagnostics } = read(text);
  assert.equal(config, undefined);
  const found = diagnostics.find(({ code }) => code === "too-many-instances");
  assert.equal(found?.message, `there are more than ${MAXIMUM_INSTANCES} instances`);
});
