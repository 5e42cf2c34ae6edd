// House rules that the linter cannot check, applied to the project's files. Each is also tested with a violation.

import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { repositoryRoot } from "./support/repository.ts";
import {
  findDeadLinks,
  findLooseDependencies,
  findMisnumberedDecisions,
  findMissingModules,
  findMissingTargets,
  findUnknownCommands,
  findUnlistedVersion,
  findUnmapped,
} from "./tidy/documents.ts";
import {
  findImpatient,
  findMachinePaths,
  findMisnamed,
  findModuleState,
  findOverlong,
  findPostponed,
  findUndocumented,
  findUnintroduced,
  findUntypedReturns,
} from "./tidy/files.ts";
import {
  findBypasses,
  findCycles,
  findForeignFunctions,
  findImpurities,
  findLayerBreaches,
} from "./tidy/layers.ts";
import { type ProjectFile, readProject } from "./tidy/project-files.ts";

const root = repositoryRoot();
const project = readProject(root);

interface Rule {
  readonly name: string;
  readonly find: (files: readonly ProjectFile[]) => string[];
  /** Files that break the rule, by path, and the number of violations in them. */
  readonly breach: Readonly<Record<string, string>>;
  readonly violations: number;
}

const packageJson = JSON.stringify({
  version: "1.2.3",
  scripts: { test: "" },
  dependencies: { tool: "^1.0.0" },
});

const rules: readonly Rule[] = [
  {
    name: "a room imports only rooms below it",
    find: findLayerBreaches,
    breach: {
      "src/lib/a.ts": 'import { b } from "../os/b.ts";\nexport { c } from "./c.ts";\n',
      "src/vrrp/a.ts":
        'import type {\n  B,\n} from "../parent/b.ts";\nimport "../../lab/lab.ts";\n',
      "src/attic/a.ts": "",
      "src/vrrp/a.test.ts": 'import { b } from "../parent/b.ts";\n',
    },
    violations: 4,
  },
  {
    name: "pure rooms use no modules, clock, randomness or I/O",
    find: findImpurities,
    breach: {
      "src/wire/a.ts": 'import { b } from "node:fs";\nconst now = Date.now();\n',
      "src/vrrp/a.ts": "setTimeout(b);\nMath.random();\nnew Date();\nprocess.pid;\n",
      "src/config/a.ts": '// Date.now()\nconfig.process.a; "process.exit()"; isDate(a);\n',
      "src/vrrp/a.test.ts": "process.exit();",
    },
    violations: 6,
  },
  {
    name: "only src/os calls foreign functions",
    find: findForeignFunctions,
    breach: { "src/parent/a.ts": 'import koffi from "koffi";\n', "src/os/a.ts": 'import "koffi";' },
    violations: 1,
  },
  {
    name: "every change of a virtual router's state passes the gate",
    find: findBypasses,
    breach: {
      "src/vrrp/router/a.ts": 'instance.enter(step, FAULT, "why");\n',
      "src/vrrp/b.ts": "// instance.enter()\ninstance\n  .enter (step);\n",
      "src/vrrp/router/transition.ts": "instance.enter(step, to, reason);\n",
    },
    violations: 2,
  },
  {
    name: "imports have no cycles",
    find: findCycles,
    breach: {
      "src/lib/a.ts": 'import { b } from "./b.ts";\n',
      "src/lib/b.ts": 'import type { C } from "../wire/c.ts";\n',
      "src/wire/c.ts": 'import { a } from "../lib/a.ts";\n',
      "src/wire/d.ts": 'import { a } from "../lib/a.ts";\n',
    },
    violations: 1,
  },
  {
    name: "code files open with a comment",
    find: findUnintroduced,
    breach: {
      "src/lib/a.ts": "export const a = 1;\n",
      "scripts/a.js": "// @ts-check\nconst a = 1;\n",
      "lab/a.ts": "// What it is for.\n",
    },
    violations: 2,
  },
  {
    name: "exported functions of src have a comment",
    find: findUndocumented,
    breach: {
      "src/lib/a.ts":
        "/** Good. */\nexport function a(): void {}\n\nexport async function b(): void {}\n" +
        "export const c = (d: string): string => d;\nfunction e(): void {}\n",
    },
    violations: 2,
  },
  {
    name: "exported functions state their return types",
    find: findUntypedReturns,
    breach: {
      "src/lib/a.ts":
        "export function a(b: (c: string) => void): void {}\nexport function d() {}\n" +
        "export async function* e<T extends Map<string, T>>(\n  f = (1 + 2),\n) {}\nfunction g() {}\n",
      "test/a.ts":
        "export const h = async (): Promise<void> => {};\nexport const i = (j: number) => j;\n" +
        "export const k = (1 + 2) * 3;\n// export function l() {}\n",
    },
    violations: 3,
  },
  {
    name: "code files have at most 450 lines",
    find: findOverlong,
    breach: { "src/lib/a.ts": "\n".repeat(451), "src/lib/b.ts": "\n".repeat(450) },
    violations: 1,
  },
  {
    name: "names are in kebab-case",
    find: findMisnamed,
    breach: { "src/lib/aB.ts": "", "docs/Some_thing.md": "", "src/lib/a-b.test.ts": "" },
    violations: 2,
  },
  {
    name: "lab tests work on slow machines",
    find: findImpatient,
    breach: {
      "test/lab/a.test.ts": `import { describe, it } from "node:test";\nawait until(() => 1, 2_000);\n`,
      "test/lab/b.test.ts": "await p.waitForLine(\n  /x/,\n  5_000,\n  from,\n);\nsleep(1_000);\n",
    },
    violations: 3,
  },
  {
    name: "src has no module-level variables",
    find: findModuleState,
    breach: { "src/lib/a.ts": "let a = 1;\nexport let b = 2;\n// let c\n  let d = 3;\n" },
    violations: 2,
  },
  {
    name: "no work is postponed in comments",
    find: findPostponed,
    breach: { "src/lib/a.ts": `// TO${"DO"}: later\n// FIX${"ME"}\n` },
    violations: 2,
  },
  {
    name: "no file contains a path of a developer's machine",
    find: (files) => findMachinePaths(files, [root, homedir(), join("/srv/some", "copy")]),
    breach: { "docs/a.md": `/${"home"}/somebody/x\nsee /srv/some/${"copy"}/y\n/etc/keepalived\n` },
    violations: 2,
  },
  {
    name: "dependencies are pinned and covered by a decision",
    find: findLooseDependencies,
    breach: { "package.json": packageJson },
    violations: 2,
  },
  {
    name: "decisions are numbered without gaps",
    find: findMisnumberedDecisions,
    breach: { "docs/adr/0001-a.md": "# 1. A", "docs/adr/0003-b.md": "# 3. B" },
    violations: 1,
  },
  {
    name: "ARCHITECTURE.md names every folder",
    find: findUnmapped,
    breach: {
      "ARCHITECTURE.md": "`src/lib/`",
      "src/lib/a.ts": "",
      "src/os/a.ts": "",
      "lab/a.ts": "",
    },
    violations: 2,
  },
  {
    name: "the changelog has a section for this version",
    find: findUnlistedVersion,
    breach: { "package.json": packageJson, "CHANGELOG.md": "# Changes\n\n## 1.2.2\n" },
    violations: 1,
  },
  {
    name: "the commands in documents exist",
    find: findUnknownCommands,
    breach: { "package.json": packageJson, "README.md": "npm test; npm run fly" },
    violations: 1,
  },
  {
    name: "programs started by the set-up exist",
    find: findMissingTargets,
    breach: { "scripts/setup.js": '["dist/a/b.js"], ["dist/c.js"]', "c.ts": "" },
    violations: 1,
  },
  {
    name: "compiled files named in programs have a source",
    find: findMissingModules,
    breach: {
      "test/lab/a.test.ts":
        'beside(import.meta.url, "../../src/os/a.js"); new URL("../../../scripts/c.js", import.meta.url);',
      "src/os/a.test.ts": 'beside(import.meta.url, "b.js");',
      "src/os/a.ts": "",
      "scripts/c.js": "",
    },
    violations: 1,
  },
  {
    name: "links and paths in documents exist",
    find: findDeadLinks,
    breach: {
      "docs/a.md": "[b](b.md) [c](../README.md#top) [d](https://d) `src/lib/` `src/wire/x.ts`",
      "README.md": "[docs](docs/)",
      "src/lib/a.ts": "",
    },
    violations: 2,
  },
];

for (const { name, find, breach, violations } of rules) {
  describe(name, () => {
    test("holds for the project", () => assert.deepEqual(find(project), []));
    test("is violated by the example", () => {
      const files = Object.entries(breach).map(([path, text]) => ({ path, text }));
      const found = find(files);
      assert.equal(found.length, violations, found.join("\n"));
    });
  });
}

test("the rules apply to the whole project", () => {
  for (const path of ["src/main.ts", "README.md", "bin/holdfast", "scripts/setup.js"]) {
    assert.ok(
      project.some((file) => file.path === path),
      path,
    );
  }
  assert.ok(project.every(({ path }) => !/^(?:node_modules|dist|\.git|\.cache)\//.test(path)));
});
