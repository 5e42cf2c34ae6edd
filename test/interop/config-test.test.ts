// Runs keepalived's `-t` on every file of the corpus, in a network namespace, and compares the exit status.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { readCorpus } from "../config/corpus.ts";

const version = spawnSync("keepalived", ["-v"], { encoding: "utf8" });
const missing =
  process.getuid?.() !== 0
    ? "needs root"
    : version.error !== undefined
      ? "needs keepalived"
      : version.stderr.includes("v2.2.7")
        ? false
        : "needs keepalived 2.2.7";

/** Creates the interfaces used by the corpus and prints one exit status per line. */
const SCRIPT = `
ip link set lo up
ip link add eth0 type veth peer name eth1
ip address add 192.168.7.10/24 dev eth0
ip link set eth0 up
ip link set eth1 up
ip link add mv0 link eth0 type macvlan mode bridge
ip address add 192.168.7.20/24 dev mv0
ip link add mv1 link eth0 type macvlan mode private
ip link set mv0 up
ip link set mv1 up
for file in "$@"; do
  timeout 10 keepalived -t -f "$file" >/dev/null 2>&1
  echo $?
done
`;

test("keepalived 2.2.7 has the expected exit status", { skip: missing }, () => {
  const corpus = readCorpus();
  const run = spawnSync(
    "unshare",
    ["--net", "sh", "-c", SCRIPT, "sh", ...corpus.map(({ path }) => path)],
    { encoding: "utf8", timeout: 120_000 },
  );
  assert.equal(run.status, 0, run.stderr);
  const statuses = run.stdout.trim().split("\n").map(Number);
  assert.deepEqual(
    corpus.map(({ name }, index) => `${name} ${statuses[index]}`),
    corpus.map(({ name, exitOf227 }) => `${name} ${exitOf227}`),
  );
});
