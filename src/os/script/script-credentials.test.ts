import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type OwnCredentials,
  parseIdMap,
  planCredentials,
  readOwnCredentials,
} from "./script-credentials.ts";

const EVERYONE = [{ first: 0, count: 4_294_967_295 }];
const root: OwnCredentials = {
  uid: 0,
  gid: 0,
  groups: [0],
  canSwitchUser: true,
  canSetGroups: true,
  uids: EVERYONE,
  gids: EVERYONE,
};
const alone = [{ first: 0, count: 1 }];
const namespaceRoot = { ...root, canSetGroups: false, uids: alone, gids: alone };
const user = { ...root, uid: 1000, gid: 1000, groups: [1000, 24], canSwitchUser: false };

const asRoot = { uid: 0, gid: 0, supplementaryGroups: [] };
const asScript = { uid: 105, gid: 110, supplementaryGroups: [110, 4] };

test("root keeps its credentials for its own scripts and switches for other users", () => {
  assert.deepEqual(planCredentials(asRoot, root), { kind: "keep", warning: undefined });
  assert.deepEqual(planCredentials(asScript, root), {
    kind: "switch",
    uid: 105,
    gid: 110,
    groups: [110, 4],
  });
});

test("root's groups are dropped if the script should not have them", () => {
  assert.deepEqual(planCredentials(asRoot, { ...root, groups: [0, 27] }), {
    kind: "switch",
    uid: 0,
    gid: 0,
    groups: [],
  });
});

test("in a namespace with one user, that user runs the script with a warning", () => {
  assert.deepEqual(planCredentials(asRoot, namespaceRoot), { kind: "keep", warning: undefined });
  const plan = planCredentials(asScript, namespaceRoot);
  assert(plan.kind === "keep");
  assert.match(plan.warning ?? "", /runs as uid 0: uid 105 gid 110 do not exist/);
});

test("in a namespace with several users, an unmapped one is refused", () => {
  const some = {
    ...namespaceRoot,
    uids: [{ first: 0, count: 200 }],
    gids: [{ first: 0, count: 200 }],
  };
  assert.deepEqual(planCredentials(asScript, some), {
    kind: "switch",
    uid: 105,
    gid: 110,
    groups: undefined,
  });
  assert.equal(planCredentials({ ...asScript, uid: 1000 }, some).kind, "refused");
});

test("without privilege, another user is refused", () => {
  const plan = planCredentials(asScript, user);
  assert(plan.kind === "refused");
  assert.match(plan.reason, /CAP_SETUID/);
  const itself = { uid: 1000, gid: 1000, supplementaryGroups: [24] };
  assert.deepEqual(planCredentials(itself, user), { kind: "keep", warning: undefined });
});

test("this process's own credentials agree with Node's", () => {
  const own = readOwnCredentials();
  assert.equal(own.uid, process.geteuid?.());
  assert.equal(own.gid, process.getegid?.());
  assert.ok(own.uids.length > 0);
});

test("id maps are parsed", () => {
  assert.deepEqual(parseIdMap("         0       1000          1\n    100 200 65536\n"), [
    { first: 0, count: 1 },
    { first: 100, count: 65_536 },
  ]);
  assert.deepEqual(parseIdMap(""), []);
});
