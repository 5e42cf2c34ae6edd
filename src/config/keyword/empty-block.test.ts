import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeDirectories, fakeFiles, fakeSystem } from "../../../test/config/fake-system.ts";
import { configTestExitCode } from "../diagnostic/diagnostic.ts";
import { type ReadConfigResult, readConfig } from "../read-config.ts";
import { REGISTRY } from "../registry.ts";

const { grammar, keywordsIn } = REGISTRY.vocabulary;
const PATHS = [[], ["global_defs"], ["vrrp_instance"]] as const;

/** Blocks whose keyword is followed by a name, or by an address and a port. */
const NAMED =
  /^(?:track_group|vrrp_sync_group|vrrp_track_process|virtual_server|virtual_server_group|bfd_instance|(?:vrrp_)?track_file)$/;

function read(path: readonly string[], lines: string): ReadConfigResult {
  const [outside, globals, own] = PATHS.map((at) => (at[0] === path[0] ? lines : ""));
  const text =
    `global_defs {\n${globals}\n}\n${outside}\nvrrp_instance VI_1 {\ninterface eth0\n` +
    `virtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n${own}\n}\n`;
  const files = { "/etc/k.conf": text, "/etc/empty.conf": "! nothing\n\n" };
  return readConfig({
    path: "/etc/k.conf",
    readFile: fakeFiles(files),
    listDirectory: fakeDirectories(files),
    system: fakeSystem(),
  });
}

function codes(path: readonly string[], lines: string): string[] {
  return read(path, lines).diagnostics.map(({ code }) => code);
}

/** Every block that is not implemented, as it begins. */
const missing = PATHS.flatMap((path) =>
  keywordsIn(path)
    .filter((keyword) => ["block", "list"].includes(grammar(path, keyword) ?? ""))
    .map((keyword) => ({
      path,
      keyword,
      head: path.length === 0 && NAMED.test(keyword) ? `${keyword} N` : keyword,
    }))
    .filter(({ head }) => codes(path, `${head} {\nx\n}`).some((code) => /^not-impl/.test(code))),
);

test("an empty block that is not implemented does not refuse the configuration", () => {
  assert.ok(missing.length >= 20, missing.map(({ keyword }) => keyword).join());
  for (const { path, head } of missing) {
    if (head === "auth_hmac") continue;
    for (const content of [
      "{\n}",
      "{ }",
      "{}",
      "\n{\n}",
      "{\n# 10.0.0.1\n! x\n\n \t\n}",
      "{ # 10.0.0.1\n}",
      "{\ninclude empty.conf\n}",
      "{\ninclude nothing*\n}",
      "{\n@other 10.0.0.1\n@^node1 10.0.0.2\n}",
    ]) {
      const { config, diagnostics } = read(path, `${head} ${content}`);
      const reported = diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
      assert.ok(config !== undefined, `${head} ${content}: ${reported}`);
      assert.ok(
        diagnostics.every(({ grade }) => grade === "warning"),
        reported,
      );
    }
  }
});

test("a word in a block that is not implemented is fatal, or an error if the block has no effect", () => {
  for (const { path, head, keyword } of missing) {
    for (const content of ["{\nx\n}", "{ x }", "{\n# y\nx\n}", "{\n@node1 x\n}"]) {
      const { config, diagnostics } = read(path, `${head} ${content}`);
      assert.equal(config === undefined, keyword !== "SSL", `${head} ${content}`);
      assert.equal(configTestExitCode(diagnostics), 5);
    }
  }
});

test("a block with empty blocks is empty, a block with a name is not", () => {
  assert.deepEqual(codes([], "vrrp_sync_group G {\ngroup {\n}\ntrack_file { }\n}"), ["empty-list"]);
  assert.deepEqual(codes([], "vrrp_sync_group G {\ngroup {\nVI_1\n}\n}"), ["not-implemented"]);
  assert.deepEqual(codes([], "vrrp_sync_group G {\ngroup {\n}\nsmtp_alert\n}"), [
    "not-implemented",
  ]);
  assert.deepEqual(codes([], "vrrp_sync_group G {\ngrup {\n}\n}"), [
    "not-implemented",
    "unknown-keyword",
  ]);
  assert.deepEqual(codes([], "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\n}\n}"), [
    "not-implemented",
  ]);
});

test("an empty block without its required name is an error", () => {
  for (const { path, keyword } of missing) {
    if (path.length > 0 || !NAMED.test(keyword)) continue;
    assert.deepEqual(codes([], `${keyword} {\n}`), ["not-implemented"], keyword);
  }
});

test("an empty block that keepalived reports gets its log line and exit status", () => {
  const reported = (lines: string): unknown[] => {
    const { diagnostics } = read([], lines);
    return [configTestExitCode(diagnostics), ...diagnostics.map(({ logText }) => logText)];
  };
  assert.deepEqual(reported("static_ipaddress {\n}\nstatic_routes { }\ntrack_group G { }"), [0]);
  assert.deepEqual(reported("vrrp_sync_group G {\n}"), [
    5,
    "Sync group G has no virtual router(s). removing",
  ]);
  assert.deepEqual(reported("track_group $& {\ngroup {\n}\n}"), [
    5,
    "Warning - track group $& has empty group block",
  ]);
  assert.deepEqual(reported("track_file F {\n}"), [5, "No file set for track_file F - ignoring"]);
  assert.deepEqual(reported("static_routes x y {\n}"), [
    5,
    "Block static_routes has extra parameters x ...",
  ]);
});

test("an empty auth_hmac is refused, since it has an effect in keepalived", () => {
  assert.deepEqual(codes(["vrrp_instance"], "auth_hmac {\n}"), ["not-implemented"]);
});
