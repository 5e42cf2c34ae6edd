// House rules that the linter cannot hold, over the project's own files; and that each of them can be broken.

import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { repositoryRoot } from "./support/repository.ts";
import {
  findDeadLinks,
  findLooseDependencies,
  findMisnumberedDecisions,
  findMissingTargets,
  findUnknownCommands,
  findUnmapped,
  findUntoldVersion,
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
  /** Files that break the rule, by path, and how many complaints that makes. */
  readonly breach: Readonly<Record<string, string>>;
  readonly complaints: number;
}

const packageJson = JSON.stringify({
  version: "1.2.3",
  scripts: { test: "" },
  dependencies: { tool: "^1.0.0" },
});

const rules: readonly Rule[] = [
  {
    name: "a room imports only what stands below it",
    find: findLayerBreaches,
    breach: {
      "src/lib/a.ts": 'import { b } from "../os/b.ts";\nexport { c } from "./c.ts";\n',
      "src/vrrp/a.ts":
        'import type {\n  B,\n} from "../parent/b.ts";\nimport "../../lab/lab.ts";\n',
      "src/attic/a.ts": "",
      "src/vrrp/a.test.ts": 'import { b } from "../parent/b.ts";\n',
    },
    complaints: 4,
  },
  {
    name: "pure rooms know no module, clock, chance or I/O",
    find: findImpurities,
    breach: {
      "src/wire/a.ts": 'import { b } from "node:fs";\nconst now = Date.now();\n',
      "src/vrrp/a.ts": "setTimeout(b);\nMath.random();\nnew Date();\nprocess.pid;\n",
      "src/config/a.ts": '// Date.now()\nconfig.process.a; "process.exit()"; isDate(a);\n',
      "src/vrrp/a.test.ts": "process.exit();",
    },
    complaints: 6,
  },
  {
    name: "only src/os calls foreign functions",
    find: findForeignFunctions,
    breach: { "src/parent/a.ts": 'import koffi from "koffi";\n', "src/os/a.ts": 'import "koffi";' },
    complaints: 1,
  },
  {
    name: "every change of a virtual router's state passes the gate",
    find: findBypasses,
    breach: {
      "src/vrrp/router/a.ts": 'instance.enter(turn, FAULT, "why");\n',
      "src/vrrp/b.ts": "// instance.enter()\ninstance\n  .enter (turn);\n",
      "src/vrrp/router/transition.ts": "instance.enter(turn, to, reason);\n",
    },
    complaints: 2,
  },
  {
    name: "no imports in a circle",
    find: findCycles,
    breach: {
      "src/lib/a.ts": 'import { b } from "./b.ts";\n',
      "src/lib/b.ts": 'import type { C } from "../wire/c.ts";\n',
      "src/wire/c.ts": 'import { a } from "../lib/a.ts";\n',
      "src/wire/d.ts": 'import { a } from "../lib/a.ts";\n',
    },
    complaints: 1,
  },
  {
    name: "each file of code says first what it is for",
    find: findUnintroduced,
    breach: {
      "src/lib/a.ts": "export const a = 1;\n",
      "scripts/a.js": "// @ts-check\nconst a = 1;\n",
      "lab/a.ts": "// What it is for.\n",
    },
    complaints: 2,
  },
  {
    name: "each exported function of src says what it does",
    find: findUndocumented,
    breach: {
      "src/lib/a.ts":
        "/** Good. */\nexport function a(): void {}\n\nexport async function b(): void {}\n" +
        "export const c = (d: string): string => d;\nfunction e(): void {}\n",
    },
    complaints: 2,
  },
  {
    name: "no file is too long",
    find: findOverlong,
    breach: { "src/lib/a.ts": "\n".repeat(451), "src/lib/b.ts": "\n".repeat(450) },
    complaints: 1,
  },
  {
    name: "names are in kebab-case",
    find: findMisnamed,
    breach: { "src/lib/aB.ts": "", "docs/Some_thing.md": "", "src/lib/a-b.test.ts": "" },
    complaints: 2,
  },
  {
    name: "tests between processes have patience",
    find: findImpatient,
    breach: {
      "test/lab/a.test.ts": `import { describe, it } from "node:test";\nawait until(() => 1, 2_000);\n`,
      "test/lab/b.test.ts": "await p.waitForLine(\n  /x/,\n  5_000,\n  from,\n);\nsleep(1_000);\n",
    },
    complaints: 3,
  },
  {
    name: "no variable outlives a call but in an object",
    find: findModuleState,
    breach: { "src/lib/a.ts": "let a = 1;\nexport let b = 2;\n// let c\n  let d = 3;\n" },
    complaints: 2,
  },
  {
    name: "nothing is put off",
    find: findPostponed,
    breach: { "src/lib/a.ts": `// TO${"DO"}: later\n// FIX${"ME"}\n` },
    complaints: 2,
  },
  {
    name: "nothing names a place on a developer's machine",
    find: (files) => findMachinePaths(files, [root, homedir(), join("/srv/some", "copy")]),
    breach: { "docs/a.md": `/${"home"}/somebody/x\nsee /srv/some/${"copy"}/y\n/etc/keepalived\n` },
    complaints: 2,
  },
  {
    name: "dependencies are pinned and decided",
    find: findLooseDependencies,
    breach: { "package.json": packageJson },
    complaints: 2,
  },
  {
    name: "decisions are numbered without gaps",
    find: findMisnumberedDecisions,
    breach: { "docs/adr/0001-a.md": "# 1. A", "docs/adr/0003-b.md": "# 3. B" },
    complaints: 1,
  },
  {
    name: "the map names every folder",
    find: findUnmapped,
    breach: {
      "ARCHITECTURE.md": "`src/lib/`",
      "src/lib/a.ts": "",
      "src/os/a.ts": "",
      "lab/a.ts": "",
    },
    complaints: 2,
  },
  {
    name: "the changelog tells of this version",
    find: findUntoldVersion,
    breach: { "package.json": packageJson, "CHANGELOG.md": "# Changes\n\n## 1.2.2\n" },
    complaints: 1,
  },
  {
    name: "the commands in documents exist",
    find: findUnknownCommands,
    breach: { "package.json": packageJson, "README.md": "npm test; npm run fly" },
    complaints: 1,
  },
  {
    name: "what the set-up starts exists",
    find: findMissingTargets,
    breach: { "scripts/setup.js": '["dist/a/b.js"], ["dist/c.js"]', "c.ts": "" },
    complaints: 1,
  },
  {
    name: "links and paths in documents lead somewhere",
    find: findDeadLinks,
    breach: {
      "docs/a.md": "[b](b.md) [c](../README.md#top) [d](https://d) `src/lib/` `src/wire/x.ts`",
      "README.md": "[docs](docs/)",
      "src/lib/a.ts": "",
    },
    complaints: 2,
  },
];

for (const { name, find, breach, complaints } of rules) {
  describe(name, () => {
    test("here", () => assert.deepEqual(find(project), []));
    test("and where it is broken, that is seen", () => {
      const files = Object.entries(breach).map(([path, text]) => ({ path, text }));
      const found = find(files);
      assert.equal(found.length, complaints, found.join("\n"));
    });
  });
}

test("the rules look at the whole project", () => {
  for (const path of ["src/main.ts", "README.md", "bin/holdfast", "scripts/setup.js"]) {
    assert.ok(
      project.some((file) => file.path === path),
      path,
    );
  }
  assert.ok(project.every(({ path }) => !/^(?:node_modules|dist|\.git|\.cache)\//.test(path)));
});
