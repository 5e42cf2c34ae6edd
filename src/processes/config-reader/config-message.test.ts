import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize, serialize } from "node:v8";
import { fakeFiles, fakeSystem } from "../../../test/config/fake-system.ts";
import { diagnosticRenderer } from "../../config/diagnostic/render.ts";
import { readConfig } from "../../config/read-config.ts";
import type { Piece } from "../../process/pieces.ts";
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

/** What arrives of `loaded` in another process. */
function cross(loaded: LoadedConfig): LoadedConfig {
  const assembly = new ConfigAssembly();
  for (const sent of configMessages(loaded)) {
    const octets = serialize(sent);
    assert.ok(octets.length < 256 * 1024, `${sent.kind}: ${octets.length} octets`);
    const message = parseConfigMessage(deserialize(octets));
    assert.ok(message !== undefined && message.kind !== "failed");
    if (message.kind !== "end") assembly.take(message);
  }
  return assembly.loaded();
}

const instance = (index: number): string =>
  `vrrp_instance V${index} {\ninterface eth0\nvirtual_router_id 1\nunicast_peer {\n10.0.${index >> 8}.${index & 255}\n}\nvirtual_ipaddress {\n10.1.${index >> 8}.${index & 255}\n}\n}\n`;

test("a configuration arrives as it was sent, in small messages, and frozen", () => {
  const text = Array.from({ length: 2000 }, (_, index) => instance(index)).join("");
  const loaded = load(`global_defs {\nrouter_idd x\n}\n${text}`);
  const arrived = cross(loaded);
  assert.deepEqual(arrived, loaded);
  assert.equal(arrived.config?.vrrp.instances.length, 2000);
  assert.ok(Object.isFrozen(arrived.config?.vrrp.instances[0]?.addresses));
});

test("a thousand problems arrive in small messages, without a configuration", () => {
  const loaded = load(`${"p".repeat(900)}\n`.repeat(2000));
  assert.equal(loaded.findings.length, 1001);
  assert.deepEqual(cross(loaded), loaded);
});

test("what is too large to be sent in one piece is refused", () => {
  const peers = Array.from(
    { length: 100_000 },
    (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  );
  const text = `vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nunicast_peer {\n${peers.join("\n")}\n}\nvirtual_ipaddress {\n10.1.0.1\n}\n}\n`;
  assert.throws(() => configMessages(load(text)), /larger than 1048576 octets/);
});

test("what is no message is not taken for one", () => {
  const piece = (entry: object): object => ({ kind: "piece", piece: [entry] });
  assert.ok(parseConfigMessage(piece({ path: ["a"], value: { b: [1, "x", undefined] } })));
  let deep: unknown = 1;
  for (let depth = 0; depth < 20; depth++) deep = [deep];
  for (const value of [
    undefined,
    1,
    {},
    { kind: "files" },
    { kind: "toString" },
    { kind: "failed" },
    { kind: "failed", reason: 1 },
    { kind: "piece" },
    { kind: "piece", piece: { path: ["a"], value: 1 } },
    piece({ path: ["a"] }),
    piece({ path: [], value: 1 }),
    piece({ path: "a", value: 1 }),
    piece({ path: ["__proto__", "a"], value: 1 }),
    piece({ path: ["a"], value: 1, items: [] }),
    piece({ path: ["a"], items: 1 }),
    piece({ path: ["a"], value: 1, other: 1 }),
    piece({ path: ["a"], value: Number.NaN }),
    piece({ path: ["a"], value: new Map() }),
    piece({ path: ["a"], value: new Uint8Array(1) }),
    piece({ path: ["a"], value: "x".repeat(2 ** 21) }),
    piece({ path: ["a"], value: deep }),
  ]) {
    assert.equal(parseConfigMessage(value), undefined, JSON.stringify(value)?.slice(0, 100));
  }
});

test("pieces that make no configuration, or contradict each other, are refused", () => {
  const assemble = (...pieces: Piece[]): LoadedConfig => {
    const assembly = new ConfigAssembly();
    for (const piece of pieces) assembly.take({ kind: "piece", piece });
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
    [[files, findings, { path: ["config", "files"], items: [] }]],
    [[files, findings, { path: ["config", "global"], value: {} }]],
    [[files, { path: ["files"], value: 1 }], [files]],
    [[files, { path: ["files", "a"], value: 1 }]],
    [[{ path: ["config"], value: {} }], [{ path: ["config", "vrrp"], value: {} }]],
  ] as Piece[][]) {
    assert.throws(() => assemble(...pieces), RangeError, JSON.stringify(pieces));
  }
  const whole: Piece = [
    files,
    findings,
    { path: ["config", "files"], items: [] },
    { path: ["config", "global", "routerId"], value: "x" },
  ];
  assert.ok(assemble(whole).config);
  for (const items of [[1], [{}], [{ name: 1 }]]) {
    const wrong = { path: ["config", "vrrp", "instances"], items };
    assert.throws(() => assemble([...whole, wrong]), RangeError, JSON.stringify(items));
  }
});
