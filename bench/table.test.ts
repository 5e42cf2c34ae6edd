import assert from "node:assert/strict";
import { test } from "node:test";
import {
  atMost,
  noMoreThanKeepalived,
  type Row,
  renderTable,
  type Target,
  under,
  verdictOf,
} from "./table.ts";

function row(
  holdfast: number | undefined,
  keepalived: number | undefined,
  target: Target | undefined,
): Row {
  return { part: "gaps", label: "stop", unit: "ms", digits: 0, holdfast, keepalived, target };
}

test("noMoreThanKeepalived allows an excess: the larger of a share and an amount", () => {
  const target = noMoreThanKeepalived("", 0.05, 3);
  assert.equal(verdictOf(row(630, 600, target)), "pass");
  assert.equal(verdictOf(row(631, 600, target)), "FAIL");
  assert.equal(verdictOf(row(18, 15, target)), "pass");
  assert.equal(verdictOf(row(18.1, 15, target)), "FAIL");
});

test("a missing measurement misses its target", () => {
  assert.equal(verdictOf(row(undefined, 600, noMoreThanKeepalived("", 0, 0))), "FAIL");
  assert.equal(verdictOf(row(600, undefined, noMoreThanKeepalived("", 0, 0))), "FAIL");
  assert.equal(verdictOf(row(undefined, 600, under(1, ""))), "FAIL");
  assert.equal(verdictOf(row(5, undefined, under(100, ""))), "pass");
});

test("`under` excludes its limit, `atMost` includes it, and both fail for infinite values", () => {
  assert.equal(verdictOf(row(100, undefined, under(100, ""))), "FAIL");
  assert.equal(verdictOf(row(6, undefined, atMost(6, ""))), "pass");
  assert.equal(verdictOf(row(Number.POSITIVE_INFINITY, 1, atMost(6, ""))), "FAIL");
  assert.equal(verdictOf(row(1, 2, undefined)), "-");
});

test("a row shows both values, their ratio, the target and the verdict", () => {
  const text = renderTable([
    row(300, 600, atMost(400, "400 ms")),
    row(undefined, Number.POSITIVE_INFINITY, undefined),
  ]);
  const [heading = "", first = "", second = ""] = text.split("\n");
  assert.match(heading, /holdfast +keepalived +ratio +target/);
  assert.match(first, /^stop +300 ms +600 ms +0\.50 +400 ms +pass$/);
  assert.match(second, /^stop +\? +endless +-$/);
});
