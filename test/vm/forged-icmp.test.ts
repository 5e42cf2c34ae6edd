// Runs the tests with forged ICMP errors on kernels that deliver them to sockets that only send.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Kernel, kernels, runInMachine } from "./machine.ts";

/** Each takes several minutes on a busy machine. */
const machineTimeoutMillis = 14 * 60_000;

/** Runs a test file in a machine, directly with Node: the test runner would take seconds to start there. */
async function runTestFile(kernel: Kernel, file: string): Promise<string> {
  const program = [process.execPath, "--enable-source-maps", "--test-reporter=tap"];
  const words = [...program, `dist/${file}.test.js`];
  const { status, output, console } = await runInMachine(kernel, words, machineTimeoutMillis);
  assert.equal(status, 0, `${output}\n${console}`);
  assert.match(output, /^# skipped 0$/m);
  assert.match(output, /^# pass [1-9]/m);
  return output;
}

/** Asserts that the kernel delivered errors. */
function assertReached(context: TestContext, output: string): void {
  const pattern = /errors that reached an unprotected socket: (\d+), (\d+), (\d+)/;
  const [line, ...counts] = pattern.exec(output) ?? [];
  context.diagnostic(line ?? "");
  assert.ok(counts.length === 3 && counts.every((count) => Number(count) > 0), output);
}

for (const kernel of kernels()) {
  const where = `on Linux ${kernel.release}`;

  test(`a pending error is not reported as the result of a message ${where}`, async () => {
    await runTestFile(kernel, "src/os/net/pending-error");
  });

  test(`forged ICMP errors are not reported as results of adverts ${where}`, async () => {
    await runTestFile(kernel, "src/os/net/vrrp-socket-icmp");
  });

  test(`forged ICMP errors do not affect a daemon ${where}`, async (context) => {
    assertReached(context, await runTestFile(kernel, "test/lab/forged-icmp"));
  });
}
