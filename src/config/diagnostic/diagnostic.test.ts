import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CODES,
  type Code,
  configTestExitCode,
  type Diagnostic,
  gradeOf,
  refusals,
  strictly,
} from "./diagnostic.ts";

function diagnostic(code: Code, over: Partial<Diagnostic> = {}): Diagnostic {
  return {
    grade: gradeOf(code),
    code,
    object: "",
    message: code,
    file: "f",
    line: 1,
    column: 1,
    length: 1,
    suggestion: undefined,
    logText: undefined,
    ...over,
  };
}

test("every code is in kebab case and has a grade and a test class", () => {
  for (const [code, facts] of Object.entries(CODES)) {
    assert.match(code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.match(facts, /^(fatal|error|warning) (none|abort|cannotRun|problem|security|early)$/);
  }
});

test("diagnostics are the same if text, code and object are, regardless of the line", () => {
  const one = diagnostic("unknown-keyword", { message: "x" });
  const isKnown = (other: Diagnostic): boolean => refusals([other], [one]).length === 0;
  assert.ok(isKnown({ ...one, line: 9, column: 4, file: "g" }));
  assert.ok(!isKnown({ ...one, message: "y" }));
  assert.ok(!isKnown({ ...one, object: "vrrp_instance A" }));
  assert.ok(!isKnown({ ...one, code: "bad-value" }));
});

test("a reload is refused for fatal diagnostics and for new errors", () => {
  const old = diagnostic("unknown-keyword", { message: "old" });
  const moved = { ...old, line: 7 };
  const fresh = diagnostic("bad-value");
  const fatal = diagnostic("missing-vrid");
  const warning = diagnostic("value-cut");
  assert.deepEqual(refusals([moved, fresh, fatal, warning], [old, fatal]), [fresh, fatal]);
  assert.deepEqual(refusals(strictly([moved, warning]), [old]), [{ ...moved, grade: "fatal" }]);
});

test("the exit status is that of the worst class, and a missing argument takes precedence", () => {
  const exit = (...codes: Code[]): number =>
    configTestExitCode(codes.map((code) => diagnostic(code)));
  assert.equal(exit(), 0);
  assert.equal(exit("empty-file"), 0);
  assert.equal(exit("unknown-keyword"), 5);
  assert.equal(exit("not-implemented"), 5);
  assert.equal(exit("value-cut"), 5);
  assert.equal(exit("unknown-keyword", "script-security-off"), 6);
  assert.equal(exit("missing-interface", "script-security-off"), 5);
  assert.equal(exit("unknown-keyword", "missing-argument", "script-security-off"), 2);
});
