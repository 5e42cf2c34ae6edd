import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize, serialize } from "node:v8";
import { fakeFiles, fakeSystem } from "../../../test/config/fake-system.ts";
import { diagnosticRenderer } from "../../config/diagnostic/render.ts";
import { readConfig } from "../../config/read-config.ts";
import type { Piece } from "../../process/pieces.ts";
import { config as checkConfig } from "./check-config.ts";
import { ConfigAssembly, configMessages, parseConfigMessage } from "./config-message.ts";
import type { LoadedConfig } from "./loaded-config.ts";

function load(text: string): LoadedConfig {
  const system = fakeSystem();
  const readFile = fakeFiles({ k: text });
  const { config, diagnostics, sources } = readConfig({ path: "k", readFile, system });
  const render = diagnosticRenderer(sources);
  const findings = diagnostics.map((diagnostic) => ({ diagnostic, ...render(diagnostic) }));
  return { config, files: [...sources.keys()], findings };
}

/** `loaded` as it arrives in another process. */
function cross(loaded: LoadedConfig): LoadedConfig {
  const assembly = new ConfigAssembly();
  for (const sent of configMessages(loaded)) {
    const octets = serialize(sent);
    assert.ok(octets.length < 256 * 1024, `${sent.kind}: ${octets.length} octets`);
    const message = parseConfigMessage(deserialize(octets));
    assert.ok(message.kind !== "failed");
    if (message.kind !== "end") assembly.take(message);
  }
  return assembly.loaded();
}

const instance = (index: number): string =>
  `vrrp_instance V${index} {\ninterface eth0\nvirtual_router_id 1\nunicast_peer {\n10.0.${index >> 8}.${index & 255}\n}\nvirtual_ipaddress {\n10.1.${index >> 8}.${index & 255}\n}\n}\n`;

test("a configuration is sent in small messages and arrives unchanged and frozen", () => {
  const text = Array.from({ length: 2000 }, (_, index) => instance(index)).join("");
  const loaded = load(`global_defs {\nrouter_idd x\n}\n${text}`);
  const arrived = cross(loaded);
  assert.deepEqual(arrived, loaded);
  assert.equal(arrived.config?.vrrp.instances.length, 2000);
  assert.ok(Object.isFrozen(arrived.config?.vrrp.instances[0]?.addresses));
});

test("an empty path of a FIFO is accepted (opening it fails later)", () => {
  const loaded = load(`global_defs {\nnotify_fifo ""\n}\n${instance(1)}`);
  assert.equal(loaded.config?.global.notifyFifo?.path, "");
  assert.deepEqual(cross(loaded), loaded);
});

test("a thousand problems are sent in small messages, without a configuration", () => {
  const loaded = load(`${"p".repeat(900)}\n`.repeat(2000));
  assert.equal(loaded.findings.length, 1001);
  assert.deepEqual(cross(loaded), loaded);
});

test("an item that is too large for a piece is refused", () => {
  const { config } = load(instance(1));
  const [usual] = config?.vrrp.instances ?? [];
  assert.ok(config !== undefined && usual !== undefined);
  const large = { ...usual, unicastPeers: Array(100_000).fill("10.0.0.1") };
  const vrrp = { ...config.vrrp, instances: [large] };
  const loaded = { config: { ...config, vrrp }, files: ["k"], findings: [] };
  assert.throws(() => configMessages(loaded), /larger than 1048576 octets/);
});

const piece = (...entries: readonly object[]): object => ({ kind: "piece", piece: entries });

test("any other value than a message of the reader is refused with the reason", () => {
  assert.ok(parseConfigMessage(piece({ path: ["a"], value: { b: [1, "x", undefined] } })));
  let deep: unknown = 1;
  for (let depth = 0; depth < 20; depth++) deep = [deep];
  let shared: unknown = "x".repeat(1000);
  for (let depth = 0; depth < 8; depth++) shared = Array(100).fill(shared);
  const circle: Record<string, unknown> = {};
  circle["a"] = circle;
  const withProto = JSON.parse('{ "a": [{ "__proto__": { "name": "x" } }] }');
  const hostile: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /a message is not an object/],
    [null, /a message is not an object/],
    [1, /a message is not an object/],
    [[], /a message is not an object/],
    [{}, /neither a piece/],
    [{ kind: "files" }, /neither a piece/],
    [{ kind: "toString" }, /neither a piece/],
    [{ kind: "failed" }, /no reason/],
    [{ kind: "failed", reason: 1 }, /no reason/],
    [{ kind: "piece" }, /a piece is not a list/],
    [{ kind: "piece", piece: { path: ["a"], value: 1 } }, /a piece is not a list/],
    [{ kind: "piece", piece: new Array(2 ** 32 - 1) }, /4294967295 entries, more than 4096/],
    [{ kind: "piece", piece: new Array(3) }, /an entry of a piece is not an object/],
    [piece([]), /an entry of a piece is not an object/],
    [piece({ path: ["a"] }), /a must have either a value or items/],
    [piece({ path: ["a"], value: 1, items: [] }), /a must have either a value or items/],
    [piece({ path: ["a"], value: 1, other: 1 }), /a must have either a value or items/],
    [piece(JSON.parse('{ "path": ["a"], "value": 1, "__proto__": {} }')), /a must have either/],
    [piece({ path: ["a"], items: 1 }), /a is not a list/],
    [piece({ path: [], value: 1 }), /no valid path/],
    [piece({ path: "a", value: 1 }), /no valid path/],
    [piece({ path: [1], value: 1 }), /no valid path/],
    [piece({ path: new Array(2), value: 1 }), /no valid path/],
    [piece({ path: Array(100).fill("a"), value: 1 }), /no valid path/],
    [piece({ path: ["__proto__", "a"], value: 1 }), /no valid path/],
    [piece({ path: ["a\n"], value: 1 }), /no valid path/],
    [piece({ path: ["a\0"], value: 1 }), /no valid path/],
    [piece({ path: ["a", "b"], value: Number.NaN }), /a\.b: is NaN, not a finite number/],
    [piece({ path: ["a"], items: [{ b: [1, -Infinity] }] }), /a: \.b\[1\] is -Infinity/],
    [piece({ path: ["a"], value: 1n }), /a: is a bigint, not plain data/],
    [piece({ path: ["a"], value: new Map() }), /a: is of a class, not plain data/],
    [piece({ path: ["a"], value: new Uint8Array(1) }), /a: is of a class/],
    [piece({ path: ["a"], value: new Date(0) }), /a: is of a class/],
    [piece({ path: ["a"], value: withProto }), /a: \.a\[0\] is an object with a __proto__/],
    [piece({ path: ["a"], value: "x".repeat(2 ** 21) }), /a: a part of it is larger than 1048576/],
    [piece({ path: ["a"], value: Array(2 ** 20).fill(1) }), /larger than 1048576/],
    [piece({ path: ["a"], value: new Array(2 ** 32 - 1) }), /larger than 1048576/],
    [piece({ path: ["a"], value: new Array(9) }), /a: is a list with gaps or names/],
    [piece({ path: ["a"], items: new Array(2 ** 32 - 1) }), /a piece is larger than/],
    [piece({ path: ["a"], items: Array(3).fill("x".repeat(2 ** 19)) }), /a piece is larger than/],
    [piece(...Array(5000).fill({ path: ["a"], items: [] })), /5000 entries, more than 4096/],
    [piece({ path: ["a"], value: deep }), /\[0\] is deeper than 12 levels/],
    [piece({ path: ["a"], value: circle }), /is deeper than 12 levels/],
    [piece({ path: ["a"], value: shared }), /larger than 1048576/],
  ];
  for (const [value, reason] of hostile) {
    assert.throws(
      () => parseConfigMessage(value),
      (error) => error instanceof RangeError && reason.test(error.message),
      String(reason),
    );
  }
});

test("values that are not plain data are also refused after they have passed through the channel", () => {
  for (const value of [new Array(2 ** 32 - 1), JSON.parse('{ "__proto__": 1 }'), Number.NaN]) {
    const sent = piece({ path: ["a"], value });
    assert.throws(() => parseConfigMessage(deserialize(serialize(sent))), RangeError);
  }
});

test("too many pieces, or too many octets in all, are refused", () => {
  const large = parseConfigMessage(piece({ path: ["findings"], items: ["x".repeat(1_000_000)] }));
  const small = parseConfigMessage(piece({ path: ["findings"], items: [] }));
  for (const [message, most] of [
    [large, 200],
    [small, 6000],
  ] as const) {
    const assembly = new ConfigAssembly();
    assert.ok(message.kind === "piece");
    assert.throws(() => {
      for (let count = 0; count < most; count++) assembly.take(message);
    }, /RangeError: the configuration is too large/);
  }
});

test("pieces that contradict each other or do not form a configuration are refused", () => {
  const assemble = (...pieces: Piece[]): LoadedConfig => {
    const assembly = new ConfigAssembly();
    for (const piece of pieces) {
      const message = parseConfigMessage({ kind: "piece", piece });
      assert.ok(message.kind === "piece");
      assembly.take(message);
    }
    return assembly.loaded();
  };
  const files = { path: ["files"], items: ["k"] };
  const findings = { path: ["findings"], items: [] };
  assert.deepEqual(assemble([files], [findings]), { files: ["k"], findings: [] });
  const diagnostic = { code: "no-block", grade: "fatal" };
  const finding = (value: object): Piece => [files, { path: ["findings"], items: [value] }];
  assert.ok(assemble(finding({ diagnostic, text: "x", log: undefined })));
  for (const pieces of [
    [],
    [[files]],
    [[{ path: ["files"], items: [1] }, findings]],
    [finding({ diagnostic, text: 1 })],
    [finding({ diagnostic: { ...diagnostic, code: "toString" }, text: "" })],
    [finding({ diagnostic: { ...diagnostic, grade: "loud" }, text: "" })],
    [[files, findings, { path: ["config"], value: 1 }]],
    [[files, findings, { path: ["config", "vrrp"], value: {} }]],
    [[files, findings, { path: ["config", "global"], value: {} }]],
    [[files, { path: ["files"], value: 1 }], [files]],
    [[files, { path: ["files", "a"], value: 1 }]],
    [[{ path: ["config"], value: {} }], [{ path: ["config", "vrrp"], value: {} }]],
  ] as Piece[][]) {
    assert.throws(() => assemble(...pieces), RangeError, JSON.stringify(pieces));
  }
  const whole = configMessages(load(instance(1))).flatMap((message) =>
    message.kind === "piece" ? message.piece : [],
  );
  assert.ok(assemble(whole).config);
  for (const items of [[1], [{}], [{ name: 1 }]]) {
    for (const path of [
      ["config", "vrrp", "instances"],
      ["config", "toys", "toys"],
    ]) {
      assert.throws(() => assemble([...whole, { path, items }]), RangeError, path.join("."));
    }
  }
  for (const path of ["", "a\0b", "a\nb"]) {
    const wrong: Piece = [{ path: ["files"], items: ["k", path] }, findings];
    assert.throws(() => assemble(wrong), /RangeError: files\[1\] is not a path/);
  }
  const again: Piece = [{ path: ["config", "global", "routerId"], value: "y" }];
  assert.throws(() => assemble(whole, again), /config\.global\.routerId was sent before/);
});

/** `value` with the member at `path` set to `member`. */
function withMember(value: unknown, path: string, member: unknown): unknown {
  const changed = structuredClone(value);
  const names = path.split(".");
  let inner = changed as Record<string, unknown>;
  for (const name of names.slice(0, -1)) inner = inner[name] as Record<string, unknown>;
  inner[names.at(-1) ?? ""] = member;
  return changed;
}

test("a configuration whose fields would make the parent fail is refused, and the field named", () => {
  const { config } = load(instance(1));
  assert.equal(checkConfig(config), undefined);
  const command = { text: "x", argv: ["/x"], uid: 0, gid: 0, supplementaryGroups: [] };
  const fifo = { path: "/x", uid: 0, gid: 0 };
  const tooMany = Array(16_385).fill(config?.vrrp.instances[0]);
  const first = "vrrp.instances.0";
  const hostile: readonly (readonly [path: string, member: unknown, problem: RegExp])[] = [
    ["vrrp", undefined, /^\.vrrp is not an object$/],
    ["vrrp", [], /^\.vrrp is not an object$/],
    ["vrrp.scripts", undefined, /^\.vrrp\.scripts is not a list$/],
    ["vrrp.scripts", [{ name: "x" }], /^\.vrrp\.scripts\[0\]\.command is not an object$/],
    ["vrrp.more", {}, /^\.vrrp\.more is not a list$/],
    ["lvs", { servers: [{}] }, /^\.lvs\.servers\[0\]\.name is not text$/],
    ["global.umask", 512, /^\.global\.umask is not a whole number from 0 to 511$/],
    ["global.processNames", 1, /^\.global\.processNames is not true or false$/],
    ["global.startupScript", { ...command, argv: "x" }, /startupScript\.argv is not a list$/],
    ["global.startupScript", { ...command, argv: [1] }, /argv\[0\] is not text$/],
    ["global.startupScript", { ...command, uid: -1 }, /startupScript\.uid is not a whole/],
    ["global.notifyFifo", { ...fifo, path: "/a\nb" }, /notifyFifo\.path is not a path/],
    ["global.notifyFifo", { ...fifo, path: "/a\0b" }, /notifyFifo\.path is not a path/],
    ["vrrp.instances", tooMany, /^\.vrrp\.instances has 16385 items, more than 16384$/],
    [`${first}.priority`, 256, /instances\[0\]\.priority is not a whole number from 1 to 255$/],
    [`${first}.priority`, 1.5, /priority is not a whole/],
    [`${first}.advertIntMicros`, 0, /advertIntMicros is not a whole/],
    [`${first}.advertIntMicros`, "1", /advertIntMicros is not a whole/],
    [`${first}.version`, 4, /version is not one of 2, 3$/],
    [`${first}.addresses.0.address`, "10.1.0.01", /addresses\[0\]\.address is not an IP address/],
    [`${first}.addresses.0.prefixLength`, 33, /prefixLength is more than 32 of IPv4$/],
    [`${first}.unicastPeers`, [1], /unicastPeers\[0\] is not an IP address/],
    [`${first}.authPass`, "secret", /authPass is not 16 hexadecimal digits$/],
    [`${first}.notify`, { master: {} }, /notify\.master\.text is not text$/],
  ];
  for (const [path, member, problem] of hostile) {
    assert.match(checkConfig(withMember(config, path, member)) ?? "valid", problem);
  }
});

test("a piece after the end is refused", () => {
  const assembly = new ConfigAssembly();
  const message = parseConfigMessage(piece({ path: ["files"], items: ["k"] }));
  const findings = parseConfigMessage(piece({ path: ["findings"], items: [] }));
  assert.ok(message.kind === "piece" && findings.kind === "piece");
  assert.throws(() => new ConfigAssembly().loaded(), /RangeError: files is not a list/);
  assembly.take(message);
  assembly.take(findings);
  assert.ok(assembly.loaded());
  assert.throws(() => assembly.take(message), /RangeError: a piece came after the last one/);
});
