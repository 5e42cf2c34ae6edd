import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFiles, fakeSystem } from "../../test/config/fake-system.ts";
import { type ReadConfigResult, readConfig } from "./read-config.ts";

/** A list of groups that takes about 0.7 MiB, as in every command of its user. */
const MANY_GROUPS = Array.from({ length: 65_536 }, (_, index) => 2 ** 31 + index);

function read(text: string): ReadConfigResult {
  const system = fakeSystem();
  const user = (name: string) =>
    name === "member" ? { uid: 1, gid: 1, groups: MANY_GROUPS } : system.user(name);
  return readConfig({ path: "k", readFile: fakeFiles({ k: text }), system: { ...system, user } });
}

/** `place code object: message` of each problem. */
function problems({ diagnostics }: ReadConfigResult): string[] {
  return diagnostics.map(
    ({ line, column, code, object, message }) => `${line}:${column} ${code} ${object}: ${message}`,
  );
}

function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

const instance = (name: string, content: string): string =>
  `vrrp_instance ${name} {\ninterface eth0\nvirtual_router_id 1\n${content}virtual_ipaddress {\n192.0.2.1\n}\n}\n`;

const withPeers = (name: string, count: number): string =>
  instance(name, `unicast_peer {\n${repeat(count, address)}}\n`);

test("a block that is too large to be sent as a whole is refused at its place", () => {
  assert.deepEqual(problems(read(withPeers("V", 50_000))), []);
  const refused = read(`\n${withPeers("V", 100_000)}`);
  assert.equal(refused.config, undefined);
  assert.deepEqual(problems(refused), [
    "2:1 object-too-large vrrp_instance V: it is larger than 1 MiB once it is read",
  ]);
});

test("lists of global_defs may be larger than a block", () => {
  const addresses = repeat(100_000, (index) => `user${index}@host.example`);
  const text = `global_defs {\nnotification_email {\n${addresses}}\n}\n${instance("V", "")}`;
  assert.equal(read(text).config?.global.notificationEmail.length, 100_000);
});

test("blocks that are too large together are refused, even if they share their data", () => {
  const scripts = (count: number): string =>
    "global_defs {\nenable_script_security\nset_supplementary_groups\n}\n" +
    repeat(count, (index) => `vrrp_script s${index} {\nscript /a.sh\nuser member\n}`) +
    instance("V", `track_script {\n${repeat(count, (index) => `s${index}`)}}\n`);
  assert.deepEqual(problems(read(scripts(150))), []);
  const refused = read(scripts(400));
  assert.equal(refused.config, undefined);
  assert.deepEqual(problems(refused), [
    "0:1 config-too-large : the configuration is larger than 128 MiB once it is read",
  ]);
});
