// Files of 16 MiB that are not configurations are refused early, with a fitting reason and little work.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Code } from "../../src/config/diagnostic/diagnostic.ts";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import { MAX_FILE_OCTETS, MAX_LINES } from "../../src/config/language/lexer.ts";
import type { ReadFile } from "../../src/config/language/read-file.ts";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import { leastProcessorMicros } from "../support/processor-time.ts";
import { repeatLines } from "../support/repeat-lines.ts";
import { fakeDirectories, fakeFiles, fakeSystem } from "./fake-system.ts";

const INSTANCE =
  "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";

/** Repeats `piece`, or joins the lines it generates, up to `octets` ASCII characters. */
function fill(piece: string | ((index: number) => string), octets = MAX_FILE_OCTETS): string {
  if (typeof piece === "function") return repeatLines(octets, piece);
  return piece.repeat(Math.ceil(octets / piece.length)).slice(0, octets);
}

function read(text: string, readFile?: ReadFile): ReadConfigResult {
  const files = { k: text };
  return readConfig({
    path: "k",
    readFile: readFile ?? fakeFiles(files),
    listDirectory: fakeDirectories({ "./a1": "", "./a2": "" }),
    system: fakeSystem(),
  });
}

const lastCode = ({ diagnostics }: ReadConfigResult): Code | undefined =>
  diagnostics[diagnostics.length - 1]?.code;

const WORDS_1022 = (word: string): string => `${`${word} `.repeat(600).slice(0, 1020)}\n`;

/** The diagnostic that ends the reading of each text. */
const ENDS: Readonly<Record<string, readonly [code: Code, text: () => string]>> = {
  "log text behind an instance": [
    "file-too-large",
    () =>
      INSTANCE +
      fill(
        (index) => `Nov 27 10:00:00 host daemon[${index}]: closed "ok" {n=${index}}\n`,
        MAX_FILE_OCTETS - INSTANCE.length,
      ),
  ],
  "words like keywords": ["file-too-large", () => fill((index) => `virtual_ipadress${index}\n`)],
  "long lines like keywords": ["too-many-diagnostics", () => fill(`${"p".repeat(1000)}\n`)],
  "empty lines": ["file-too-large", () => fill("\n")],
  comments: ["file-too-large", () => fill("#\n")],
  "lines of two letters": ["file-too-large", () => fill("a\n")],
  "one line": ["missing-closing-brace", () => `vrrp_instance\n${fill("a", MAX_FILE_OCTETS - 14)}`],
  "lines that are too long": ["too-many-diagnostics", () => fill(`${"x".repeat(2000)}\n`)],
  "NUL and NUL again": ["file-too-large", () => fill("\0\n")],
  blocks: ["file-too-large", () => fill("a{}".repeat(300).concat("\n"))],
  "short words": ["file-too-large", () => fill(WORDS_1022("a"))],
  "lines of escaped comment signs": ["file-too-large", () => fill(WORDS_1022("\\#"))],
  "blanks within lines": ["too-many-diagnostics", () => fill(`x${" ".repeat(1000)}y\n`)],
  "carriage returns within lines": ["too-many-diagnostics", () => fill(`${"\r".repeat(1000)}y\n`)],
  "conditions upon conditions": ["too-many-diagnostics", () => fill(`${"@^a ".repeat(250)}x\n`)],
  "octets that are not UTF-8": [
    "unknown-keyword",
    () => `a\n${fill("\uFFFD", MAX_FILE_OCTETS / 3 - 2)}`,
  ],
  instances: [
    "too-many-instances",
    () => Array.from({ length: 20_000 }, (_, index) => `vrrp_instance V${index} {\n}\n`).join(""),
  ],
  "small blocks": [
    "too-many-diagnostics",
    () => `${"global_defs {}\n".repeat(130_000)}${fill("x\n", 4000)}`,
  ],
  "includes of nothing": ["include-too-many", () => "include b*\n".repeat(400_000)],
  "includes of alternatives": [
    "include-too-many",
    () => `include ${"{b*,c*}".repeat(100)}\n`.repeat(20_000),
  ],
};

for (const [what, [code, text]] of Object.entries(ENDS)) {
  test(`${what}: reading ends at a limit`, () => {
    const result = read(text());
    assert.equal(result.config, undefined);
    assert.equal(lastCode(result), code);
    assert.ok(result.diagnostics.length <= 1001);
    const render = diagnosticRenderer(result.sources);
    for (const diagnostic of result.diagnostics) {
      assert.ok(render(diagnostic).text.length < 10_000);
    }
  });
}

test("checks nothing after the thousandth problem", () => {
  let looked = 0;
  const system = fakeSystem();
  const script = (index: number): string => `vrrp_script s${index} {\nscript /no/${index}\n}\n`;
  const text = INSTANCE + Array.from({ length: 5000 }, (_, index) => script(index)).join("");
  const { diagnostics } = readConfig({
    path: "k",
    readFile: fakeFiles({ k: text }),
    system: {
      ...system,
      script: (...given) => {
        looked++;
        return system.script(...given);
      },
    },
  });
  assert.equal(diagnostics.length, 1001);
  assert.ok(looked <= 1001, `${looked} scripts`);
});

test("does not read a file that exceeds the remaining size", () => {
  const asked: [path: string, mostOctets: number][] = [];
  const first = `${INSTANCE}include a1\ninclude a2\n`;
  const { config, diagnostics } = read(first, (path, mostOctets) => {
    asked.push([path, mostOctets]);
    if (path === "k") return { kind: "content", bytes: new TextEncoder().encode(first) };
    return { kind: "too-large" };
  });
  assert.equal(config, undefined);
  assert.deepEqual(
    diagnostics.map(({ code, file }) => [code, file]),
    [["file-too-large", "./a1"]],
  );
  assert.deepEqual(asked, [
    ["k", MAX_FILE_OCTETS],
    ["./a1", MAX_FILE_OCTETS - first.length],
  ]);
});

test("counts the lines of all files", () => {
  const half = "\n".repeat(MAX_LINES / 2);
  const files = { k: `${INSTANCE}include a1\ninclude a2\n`, "./a1": half, "./a2": half };
  const result = read("", fakeFiles(files));
  assert.deepEqual(
    result.diagnostics.map(({ code, file }) => [code, file]),
    [["file-too-large", "./a2"]],
  );
});

test("accepts the maximum number of instances", () => {
  const instance = (index: number): string => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return `vrrp_instance V${index} {\ninterface eth0\nvirtual_router_id 1\npriority 100\nunicast_peer {\n${address}\n}\nvirtual_ipaddress {\n${address} dev eth${index & 1}\n}\n}\n`;
  };
  const text = Array.from({ length: 8_000 }, (_, index) => instance(index)).join("");
  assert.equal(read(text).config?.vrrp.instances.length, 8_000);
});

const cost = (text: string): number => leastProcessorMicros(() => void read(text));

test("blanks, carriage returns, backslashes and conditions take little more time than letters", () => {
  const octets = 4 * 1024 * 1024;
  const usual = cost(fill(`${"x".repeat(1000)}\n`, octets));
  const odd = {
    blanks: fill(`x${" ".repeat(1000)}y\n`, octets),
    "carriage returns": fill(`x${"\r".repeat(1000)}y\n`, octets),
    backslashes: fill(`${"\\#".repeat(500)}\n`, octets),
    conditions: fill(`${"@^a ".repeat(250)}x\n`, octets),
  };
  for (const [what, text] of Object.entries(odd)) {
    const taken = cost(text);
    assert.ok(taken < 12 * usual, `${what}: ${taken} µs, letters: ${usual} µs`);
  }
});
