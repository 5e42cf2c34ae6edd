import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ScriptFacts } from "../../lib/script.ts";
import { checkScript } from "./script-security.ts";

// The root of a user namespace does not own the system's folders: every path is insecure there.
const isRoot = process.geteuid?.() === 0 && lstatSync("/run").uid === 0;
const root = { uid: 0, gid: 0 };
const nobody = { uid: 65534, gid: 65534 };
// Not under /tmp, since the path of the folder must be secure.
let folder: string;

before(() => {
  if (!isRoot) return;
  folder = mkdtempSync(`/run/hf-${process.pid}-`);
  chmodSync(folder, 0o755);
});
after(() => {
  if (isRoot) rmSync(folder, { recursive: true, force: true });
});

interface Entry {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

function file(name: string, { mode = 0o755, uid = 0, gid = 0 }: Entry = {}): string {
  const path = join(folder, name);
  writeFileSync(path, "#!/bin/sh\n");
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

function directory(name: string, { mode = 0o755, uid = 0, gid = 0 }: Entry = {}): string {
  const path = join(folder, name);
  mkdirSync(path);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

function link(name: string, target: string): string {
  const path = join(folder, name);
  symlinkSync(target, path);
  return path;
}

function found(check: ScriptFacts): Extract<ScriptFacts, { kind: "found" }> {
  assert(check.kind === "found", JSON.stringify(check));
  return check;
}

function insecurity(path: string): string | undefined {
  return found(checkScript(path, root, undefined)).insecure;
}

test("a program of the system is found", () => {
  const facts: ScriptFacts = checkScript("/bin/true", root, undefined);
  assert.equal(facts.kind, "found");
});

test("secure paths", { skip: !isRoot && "needs root" }, () => {
  assert.equal(insecurity(file("plain")), undefined);
  assert.equal(insecurity(file("for-roots-group", { mode: 0o775 })), undefined);
  directory("roots-group", { mode: 0o775 });
  assert.equal(insecurity(file("roots-group/s")), undefined);
  directory("sticky", { mode: 0o1777 });
  assert.equal(insecurity(file("sticky/s")), undefined);
  assert.equal(insecurity(link("link", join(folder, "plain"))), undefined);
  assert.equal(insecurity("/bin/true"), undefined);
});

test("insecure paths, with their first insecure component", {
  skip: !isRoot && "needs root",
}, () => {
  const anyone = directory("anyone", { mode: 0o757 });
  assert.equal(insecurity(file("anyone/s")), `${anyone} (writable by all)`);
  const group = directory("group", { mode: 0o775, gid: 65534 });
  assert.equal(insecurity(file("group/s")), `${group} (writable by gid 65534)`);
  const owned = directory("owned", { uid: 65534 });
  assert.equal(insecurity(file("owned/s", { mode: 0o777 })), `${owned} (owned by uid 65534)`);
  const open = file("open", { mode: 0o757 });
  assert.equal(insecurity(open), `${open} (writable by all)`);
  // Both the folder of a link and its target count.
  file("target");
  assert.equal(insecurity(link("to-anyone", "anyone/s")), `${anyone} (writable by all)`);
  assert.equal(insecurity(link("anyone/out", "../target")), `${anyone} (writable by all)`);
  assert.equal(insecurity(`${anyone}/../target`), `${anyone} (writable by all)`);
  // A link of root's in a sticky directory is secure.
  directory("shared", { mode: 0o1777 });
  const shared = link("shared/theirs", join(folder, "target"));
  assert.equal(insecurity(shared), undefined);
  rmSync(shared);
});

test("links are resolved, and chains and loops are limited", {
  skip: !isRoot && "needs root",
}, () => {
  const real = file("real");
  link("one", "real");
  link("two", "one");
  directory("inner");
  const three = link("inner/three", "../two");
  assert.equal(found(checkScript(three, root, undefined)).path, real);
  link("round", "about");
  link("about", "round");
  assert.deepEqual(checkScript(join(folder, "round"), root, undefined), {
    kind: "missing",
    reason: "Too many levels of symbolic links",
  });
});

test("a binary keeps the name of a link to it, a script does not", {
  skip: !isRoot && "needs root",
}, () => {
  directory("programs");
  const binary = join(folder, "programs/many-in-one");
  copyFileSync("/bin/true", binary);
  chmodSync(binary, 0o755);
  const script = file("programs/script");
  directory("names");
  link("names/one-of-many", "../programs/many-in-one");
  link("names/many-in-one", "../programs/many-in-one");
  link("names/other", "../programs/script");
  link("alias", "names");
  const pathOf = (name: string): string => found(checkScript(join(folder, name), root, "")).path;
  assert.equal(pathOf("alias/one-of-many"), join(folder, "names/one-of-many"));
  assert.equal(pathOf("alias/many-in-one"), binary);
  assert.equal(pathOf("alias/other"), script);
  const sought = found(checkScript("one-of-many", root, join(folder, "alias")));
  assert.equal(sought.path, join(folder, "names/one-of-many"));
});

test("a missing file, or a path that is not a file, has a reason", {
  skip: !isRoot && "needs root",
}, () => {
  const reasonOf = (program: string): string => {
    const check = checkScript(program, root, "/usr/bin:/bin");
    assert(check.kind === "missing", JSON.stringify(check));
    return check.reason;
  };
  assert.equal(reasonOf(join(folder, "none")), "No such file or directory");
  assert.equal(reasonOf(link("dangling", "/nowhere/at/all")), "No such file or directory");
  assert.equal(reasonOf(join(file("flat"), "below")), "Not a directory");
  assert.equal(reasonOf("no-such-program-anywhere"), "No such file or directory");
  assert.equal(reasonOf("/bin/tr\0ue"), "Invalid argument");
  assert.equal(reasonOf(`/${"a".repeat(300)}`), "File name too long");
});

test("the modes of the file and its folders decide who may run it", {
  skip: !isRoot && "needs root",
}, () => {
  const may = (path: string, user: Parameters<typeof checkScript>[1]): boolean =>
    found(checkScript(path, user, undefined)).executable;
  const unset = file("unset", { mode: 0o644 });
  assert.deepEqual([may(unset, root), may(unset, nobody)], [false, false]);
  const rootOnly = file("root-only", { mode: 0o700 });
  assert.deepEqual([may(rootOnly, root), may(rootOnly, nobody)], [true, false]);
  const grouped = file("grouped", { mode: 0o710, gid: 50 });
  assert.equal(may(grouped, nobody), false);
  assert.equal(may(grouped, { uid: 65534, gid: 50 }), true);
  assert.equal(may(grouped, { uid: 65534, gid: 65534, groups: [49, 50] }), true);
  const folderOfRoot = directory("root-folder", { mode: 0o600 });
  assert.equal(may(folderOfRoot, root), false);
});

test("a file below a folder that the user may not search is missing", {
  skip: !isRoot && "needs root",
}, () => {
  const denied = { kind: "missing", reason: "Permission denied" };
  directory("closed", { mode: 0o710, gid: 50 });
  const below = file("closed/s");
  assert.deepEqual(checkScript(below, nobody, undefined), denied);
  assert.deepEqual(checkScript(link("to-closed", "closed/s"), nobody, undefined), denied);
  assert.deepEqual(checkScript("s", nobody, join(folder, "closed")), denied);
  for (const user of [root, { ...nobody, gid: 50 }, { ...nobody, groups: [50] }]) {
    assert.equal(found(checkScript(below, user, undefined)).executable, true);
  }
});

test("a path that is not a file is irregular, and is skipped in PATH", {
  skip: !isRoot && "needs root",
}, () => {
  const irregular = (path: string): string | undefined =>
    found(checkScript(path, root, undefined)).irregular;
  assert.equal(irregular(directory("a-folder")), "Is a directory");
  assert.equal(irregular(link("to-folder", "a-folder")), "Is a directory");
  assert.equal(irregular("/dev/null"), "Not a regular file");
  assert.equal(irregular(file("a-file")), undefined);
  assert.deepEqual(checkScript("a-folder", root, folder), {
    kind: "missing",
    reason: "Permission denied",
  });
  file("a-file-too");
  directory("first");
  directory("first/a-file-too");
  assert.equal(
    found(checkScript("a-file-too", root, `${folder}/first:${folder}`)).irregular,
    undefined,
  );
});

test("ELF files and files that begin with #! are recognized", {
  skip: !isRoot && "needs root",
}, () => {
  const recognized = (path: string): boolean =>
    found(checkScript(path, root, undefined)).recognized;
  const bare = file("bare");
  writeFileSync(bare, "exit 0\n");
  const empty = file("empty");
  writeFileSync(empty, "");
  const short = file("short");
  writeFileSync(short, "#!");
  assert.deepEqual([file("with-line"), "/bin/true", bare, empty, short].map(recognized), [
    true,
    true,
    false,
    false,
    true,
  ]);
});

test("a program is privileged if it runs as root or is set-user-id root", {
  skip: !isRoot && "needs root",
}, () => {
  const privileged = (path: string, user: Parameters<typeof checkScript>[1]): boolean =>
    found(checkScript(path, user, undefined)).privileged;
  assert.equal(privileged(file("ordinary"), root), true);
  assert.equal(privileged(join(folder, "ordinary"), nobody), false);
  assert.equal(privileged(join(folder, "ordinary"), { ...nobody, gid: 0 }), true);
  assert.equal(privileged(file("set-uid", { mode: 0o4755 }), nobody), true);
  assert.equal(privileged(file("set-gid", { mode: 0o2755 }), nobody), true);
  assert.equal(privileged(file("set-other", { mode: 0o4755, uid: 65534 }), nobody), false);
});

test("a name without a slash is found in PATH", { skip: !isRoot && "needs root" }, () => {
  directory("bin-a");
  directory("bin-b");
  file("bin-a/tool", { mode: 0o644 });
  const tool = file("bin-b/tool");
  const path = `${folder}/bin-a:${folder}/bin-b`;
  const check = found(checkScript("tool", root, path));
  assert.deepEqual([check.path, check.searched, check.executable], [tool, true, true]);
  const first = found(checkScript("tool", root, `${folder}/bin-a`));
  assert.deepEqual([first.searched, first.executable], [true, false]);
  assert.equal(found(checkScript("sh", root, undefined)).searched, true);
  assert.equal(found(checkScript("/bin/sh", root, undefined)).searched, false);
});
