import assert from "node:assert/strict";
import { test } from "node:test";
import {
  childStatus,
  EXIT_CONFIG,
  EXIT_FATAL,
  EXIT_INTERNAL,
  EXIT_MISSING_PERMISSION,
  EXIT_OK,
  permanentError,
} from "./exit-code.ts";

test("a child's exit status for a permanent error maps to keepalived's exit status", () => {
  const expected = {
    FATAL: EXIT_FATAL,
    CONFIG: EXIT_CONFIG,
    MISSING_PERMISSION: EXIT_MISSING_PERMISSION,
  };
  for (const [name, exitStatus] of Object.entries(expected)) {
    assert.deepEqual(permanentError(childStatus(exitStatus)), { name, exitStatus });
  }
});

test("an end by Node itself, a signal or a bug is not a permanent error", () => {
  const ofNode = Array.from({ length: 64 }, (_, status) => status);
  const ofSignals = Array.from({ length: 64 }, (_, signal) => 128 + signal);
  for (const status of [...ofNode, ...ofSignals, 126, 127, 255, EXIT_OK, EXIT_INTERNAL, null]) {
    assert.equal(permanentError(status), undefined, String(status));
  }
});
