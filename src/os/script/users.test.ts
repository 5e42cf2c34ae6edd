import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findGroup, findUser, findUserById } from "./users.ts";

test("root is found by name and by uid", () => {
  const root = findUser("root");
  assert.deepEqual([root?.uid, root?.gid, root?.groups[0]], [0, 0, 0]);
  assert.deepEqual(findUserById(0), root);
  assert.equal(findGroup("root"), 0);
});

test("an unknown user or group is undefined", () => {
  assert.equal(findUser("no-such-user-here"), undefined);
  assert.equal(findGroup("no-such-group-here"), undefined);
  assert.equal(findUserById(3_999_999_999), undefined);
  assert.equal(findUser("ro\0ot"), undefined);
  assert.equal(findGroup("ro\0ot"), undefined);
  assert.equal(findUser(""), undefined);
});

test("every user that getent lists is found with the same data", () => {
  const lines = execFileSync("getent", ["passwd"], { encoding: "utf8" }).trim().split("\n");
  for (const line of lines.slice(0, 50)) {
    const [name = "", , uid, gid] = line.split(":");
    const user = findUser(name);
    assert.deepEqual([user?.name, user?.uid, user?.gid], [name, Number(uid), Number(gid)]);
  }
});

test("changes of /etc are visible at once, with long entries and many groups", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), `hf-${process.pid}-users-`));
  const groups = Array.from({ length: 100 }, (_, index) => `team${index}:x:${5000 + index}:script`);
  // An entry larger than the first buffer.
  const members = Array.from({ length: 3_000 }, (_, index) => `member${index}`).join();
  writeFileSync(join(folder, "passwd"), "root:x:0:0::/:/bin/sh\nscript:x:105:110::/:/bin/sh\n");
  writeFileSync(
    join(folder, "group"),
    `root:x:0:\nscript:x:110:\nbig:x:777:${members}\n${groups.join("\n")}\n`,
  );
  const code = `
    import { findGroup, findUser } from ${JSON.stringify(new URL("./users.js", import.meta.url).href)};
    const { groups, ...user } = findUser("script");
    process.stdout.write(JSON.stringify([user, groups.length, groups[0], findGroup("big")]));`;
  const result = spawnSync(
    "unshare",
    [
      ...(process.geteuid?.() === 0 ? ["-m"] : ["-mUr"]),
      "sh",
      "-c",
      'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group || exit 99; shift; exec "$@"',
      "sh",
      folder,
      process.execPath,
      "--input-type=module",
      "-e",
      code,
    ],
    { encoding: "utf8", timeout: 120_000 },
  );
  rmSync(folder, { recursive: true, force: true });
  if (result.status === 99 || result.stderr.includes("unshare")) {
    return context.skip("mount namespaces cannot be made here");
  }
  assert.equal(result.status, 0, result.stderr);
  assert.deepEqual(JSON.parse(result.stdout), [
    { name: "script", uid: 105, gid: 110 },
    101,
    110,
    777,
  ]);
});
