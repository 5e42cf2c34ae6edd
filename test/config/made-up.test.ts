// Adds a made-up keyword by one row and a made-up subsystem by one registry entry, and checks that nothing else is needed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import { renderDifference } from "../../src/config/difference/render.ts";
import { section } from "../../src/config/keyword/apply.ts";
import { integer, wholeSeconds } from "../../src/config/keyword/argument.ts";
import { derived, inherited, inheritedAtOpening, value } from "../../src/config/keyword/keyword.ts";
import { renderManual } from "../../src/config/keyword/manual.ts";
import { type FromRows, table } from "../../src/config/keyword/row.ts";
import { openingValues } from "../../src/config/keyword/values.ts";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import {
  ALL_GLOBAL_ROWS,
  type Registry,
  registryOf,
  SUBSYSTEMS,
} from "../../src/config/registry.ts";
import { type Block, matchByName, type Subsystem } from "../../src/config/subsystem.ts";
import { VRRP_ROWS, vrrpSubsystem } from "../../src/config/vrrp/vrrp-subsystem.ts";
import { SECOND } from "../../src/lib/micros.ts";
import {
  ConfigAssembly,
  configMessages,
  parseConfigMessage,
} from "../../src/processes/config-reader/config-message.ts";
import { renderConfig } from "../../src/status/config-text.ts";
import { diffConfigs } from "../support/diff-configs.ts";
import { fakeFiles, fakeSystem } from "./fake-system.ts";

const PATIENCE = [
  value("patience", wholeSeconds(2, 60), {
    field: "patienceMicros",
    default: 7 * SECOND,
    means: "How long it waits, for this test.",
  }),
] as const;

type Patient = FromRows<typeof PATIENCE>;

const WITH_PATIENCE = registryOf(
  [vrrpSubsystem({ ...VRRP_ROWS, instance: [...VRRP_ROWS.instance, ...PATIENCE] })],
  [...ALL_GLOBAL_ROWS, ...PATIENCE],
);

function read(text: string, registry: Registry): ReadConfigResult {
  return readConfig({
    path: "k.conf",
    readFile: fakeFiles({ "k.conf": text }),
    system: fakeSystem(),
    registry,
  });
}

function usable(text: string, registry: Registry): NonNullable<ReadConfigResult["config"]> {
  const { config, diagnostics } = read(text, registry);
  assert.ok(config !== undefined, diagnostics.map(({ message }) => message).join("; "));
  return config;
}

const instance = (line: string): string =>
  `vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n10.0.0.1\n}\n${line}\n}\n`;

test("a row defines a field with its default, in a block and in global_defs", () => {
  const silent = usable(instance(""), WITH_PATIENCE);
  const { patienceMicros }: Patient = silent.vrrp.instances[0] as unknown as Patient;
  assert.equal(patienceMicros, 7 * SECOND);
  assert.equal((silent.global as unknown as Patient).patienceMicros, 7 * SECOND);
  const set = usable(`global_defs {\npatience 3\n}\n${instance("patience 5")}`, WITH_PATIENCE);
  assert.equal((set.vrrp.instances[0] as unknown as Patient).patienceMicros, 5 * SECOND);
  assert.equal((set.global as unknown as Patient).patienceMicros, 3 * SECOND);
});

test("a row defines a line of the manual, of the dump and of a reload's differences", () => {
  assert.ok(
    renderManual(WITH_PATIENCE.root.rows).includes(
      "| `patience` | `<SECONDS>` | 2..60 | 7 | How long it waits, for this test. |",
    ),
  );
  const before = usable(instance(""), WITH_PATIENCE);
  assert.ok(
    renderConfig({ config: before, files: [] }, WITH_PATIENCE).includes(
      "    patienceMicros = 7000000",
    ),
  );
  const after = usable(instance("patience 5"), WITH_PATIENCE);
  assert.deepEqual(renderDifference(diffConfigs(before, after, WITH_PATIENCE), WITH_PATIENCE), [
    "vrrp_instance V changes: patience",
  ]);
});

test("a row defines the diagnostics for its range, repetition and misspellings", () => {
  const shown = (line: string): string[] => {
    const { diagnostics, sources } = read(instance(line), WITH_PATIENCE);
    return diagnostics.map((diagnostic) => diagnosticRenderer(sources)(diagnostic).text);
  };
  assert.deepEqual(shown("  patience 61"), [
    "k.conf:7:12: error: vrrp_instance V: 61 is not between 2 and 60; it is ignored\n    patience 61\n             ^^\n".trimEnd(),
  ]);
  assert.match(shown("patience 5\npatience 6").join(), /'patience' is set more than once/);
  assert.match(shown("patiense 5").join(), /did you mean 'patience'\?/);
});

test("a row defines what it inherits, and when", () => {
  const global = [...ALL_GLOBAL_ROWS, ...PATIENCE];
  const inheriting = (source: ReturnType<typeof inherited>): Registry => {
    const row = value("own_patience", wholeSeconds(2, 60), {
      field: "ownPatienceMicros",
      inherits: source,
      means: "As long as the others.",
    });
    return registryOf(
      [vrrpSubsystem({ ...VRRP_ROWS, instance: [...VRRP_ROWS.instance, row] })],
      global,
    );
  };
  const defaults = "global_defs {\npatience 3\n}\n";
  const own = (text: string, registry: Registry): unknown => {
    const { config, diagnostics } = read(text, registry);
    const [only] = (config?.vrrp.instances ?? []) as unknown as { ownPatienceMicros: number }[];
    return [only?.ownPatienceMicros, diagnostics.map(({ code }) => code)];
  };
  const opening = inheriting(inheritedAtOpening("patience"));
  assert.deepEqual(own(defaults + instance(""), opening), [3 * SECOND, []]);
  assert.deepEqual(own(instance("") + defaults, opening), [7 * SECOND, ["late-global-default"]]);
  const end = inheriting(inherited("patience"));
  assert.deepEqual(own(instance("") + defaults, end), [3 * SECOND, []]);
  assert.deepEqual(own(instance("own_patience 9") + defaults, end), [9 * SECOND, []]);
});

test("a row cannot inherit from a keyword without a default that it can use", () => {
  const facts = { means: "For this test." } as const;
  const any = wholeSeconds(2, 60);
  const global = [
    ...ALL_GLOBAL_ROWS,
    value("plain", any, { ...facts, field: "plain", default: SECOND }),
    value("empty", any, { ...facts, field: "empty", default: undefined }),
    value("needed", any, { ...facts, field: "needed", required: true }),
    value("twice", any, {
      ...facts,
      field: "twice",
      default: derived("twice plain", (context) => 2 * (context.value("plain") as number)),
    }),
  ];
  const define = (inherits: ReturnType<typeof inherited>): Registry => {
    const row = value("heir", any, { ...facts, field: "heir", inherits });
    const instance = [...VRRP_ROWS.instance, row];
    return registryOf([vrrpSubsystem({ ...VRRP_ROWS, instance })], global);
  };
  const heir = (registry: Registry): unknown => {
    const config = usable(`global_defs {\nplain 4\n}\n${instance("")}`, registry);
    return (config.vrrp.instances[0] as unknown as { heir: number }).heir;
  };
  assert.equal(heir(define(inheritedAtOpening("plain"))), 4 * SECOND);
  assert.equal(heir(define(inherited("twice"))), 8 * SECOND);
  const unusable = [
    inheritedAtOpening("twice"),
    ...["empty", "needed"].flatMap((name) => [inheritedAtOpening(name), inherited(name)]),
  ];
  for (const source of unusable) {
    assert.throws(() => define(source), /heir inherits from \w+, whose default it cannot use/);
  }
  for (const missing of ["nowhere", "vrrp_garp_extra_if"]) {
    assert.throws(
      () => define(inherited(missing)),
      /heir inherits from \w+, which global_defs does/,
    );
  }
  const chained = value("heir", any, { ...facts, field: "heir", inherits: inherited("plain") });
  assert.throws(() => registryOf(SUBSYSTEMS, [...global, chained]), /heir inherits from plain/);
});

test("the values inherited at the opening of a block include those of rows of its inner blocks", () => {
  const row = value("own_patience", wholeSeconds(2, 60), {
    field: "ownPatienceMicros",
    inherits: inheritedAtOpening("patience"),
    means: "As long as the others.",
  });
  const outer = table([
    section("nook", { default: "none", means: "For this test." }, table([row])),
  ]);
  const given = { patienceMicros: 3 * SECOND };
  assert.deepEqual(openingValues(outer, given, table(PATIENCE)), { ownPatienceMicros: 3 * SECOND });
});

interface Toy {
  readonly name: string;
  readonly size: number;
}

const TOY: Block = {
  keyword: "toy",
  table: table([
    value("size", integer(1, 9), { field: "size", default: 4, means: "How large it is." }),
  ]),
  means: "A thing to play with.",
  logPrefix: (name) => `toy ${name}: `,
  readName: (statement) => statement.words[1],
};

const TOYS: Subsystem<"play", { readonly toys: readonly Toy[] }> = {
  name: "play",
  blocks: [TOY],
  lists: { toys: { block: "toy", match: matchByName } },
  resolve: (drafts, shared) => ({
    toys: [...drafts.of("toy").values()].map((draft) => ({
      name: draft.name,
      size: shared.valuesOf(TOY.table, draft).value("size") as number,
    })),
  }),
};

const WITH_TOYS = registryOf([...SUBSYSTEMS, TOYS], ALL_GLOBAL_ROWS);

function toysOf(config: object): readonly Toy[] {
  return (config as unknown as { readonly play: { readonly toys: readonly Toy[] } }).play.toys;
}

test("a subsystem's blocks are read, dumped and compared with those of others", () => {
  const before = usable(`${instance("")}toy a {\n}\ntoy b {\nsize 2\n}\n`, WITH_TOYS);
  assert.deepEqual(toysOf(before), [
    { name: "a", size: 4 },
    { name: "b", size: 2 },
  ]);
  assert.equal(before.vrrp.instances.length, 1);
  assert.ok(
    renderConfig({ config: before, files: [] }, WITH_TOYS)
      .join("\n")
      .includes("    name = b\n    size = 2"),
  );
  const after = usable(`${instance("")}toy b {\nsize 3\n}\ntoy c {\n}\n`, WITH_TOYS);
  assert.deepEqual(renderDifference(diffConfigs(before, after, WITH_TOYS), WITH_TOYS), [
    "toy a is gone",
    "toy c is new",
    "toy b changes: size",
  ]);
  const { diagnostics } = read("toy a {\n  size 10\n}\n", WITH_TOYS);
  assert.deepEqual(
    diagnostics.map(({ object, line, column, code }) => `${object} ${line}:${column} ${code}`),
    ["toy a 2:8 out-of-range"],
  );
});

test("twenty thousand objects of a subsystem are passed between processes in small messages", () => {
  const count = 20_000;
  const text = Array.from({ length: count }, (_, index) => `toy t${index} {\nsize 5\n}\n`).join("");
  const config = usable(instance("") + text, WITH_TOYS);
  const assembly = new ConfigAssembly();
  for (const message of configMessages({ config, files: ["k"], findings: [] })) {
    assert.ok(JSON.stringify(message).length < 128 * 1024, message.kind);
    const parsed = parseConfigMessage(message);
    assert.ok(parsed.kind !== "failed");
    if (parsed.kind !== "end") assembly.take(parsed);
  }
  const arrived = assembly.loaded().config;
  assert.deepEqual(arrived, config);
  assert.equal(toysOf(arrived ?? {}).length, count);
  assert.ok(Object.isFrozen(toysOf(arrived ?? {})));
});
