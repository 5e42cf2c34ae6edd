// The tests with forged ICMP errors, on kernels that deliver them to sockets that only send.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Kernel, kernels, runInMachine } from "./machine.ts";

/** On a busy machine each lasts several minutes. */
const longTimeoutMillis = 14 * 60_000;

/** Runs a test file in a machine, without the test runner's processes, which take seconds to start there. */
async function runTestFile(kernel: Kernel, file: string): Promise<string> {
  const program = [process.execPath, "--enable-source-maps", "--test-reporter=tap"];
  const words = [...program, `dist/${file}.test.js`];
  const { status, output, console } = await runInMachine(kernel, words, longTimeoutMillis);
  assert.equal(status, 0, `${output}\n${console}`);
  assert.match(output, /^# skipped 0$/m);
  assert.match(output, /^# pass [1-9]/m);
  return output;
}

/** Shows that the kernel did not spare the daemons. */
function assertReached(context: TestContext, output: string): void {
  const pattern = /errors that reached an unprotected socket: (\d+), (\d+), (\d+)/;
  const [line, ...counts] = pattern.exec(output) ?? [];
  context.diagnostic(line ?? "");
  assert.ok(counts.length === 3 && counts.every((count) => Number(count) > 0), output);
}

for (const kernel of kernels()) {
  const where = `on Linux ${kernel.release}`;

  test(`a pending error is no result of a message ${where}`, async () => {
    await runTestFile(kernel, "src/os/pending-error");
  });

  test(`forged ICMP errors are no results of adverts ${where}`, async () => {
    await runTestFile(kernel, "src/os/vrrp-socket-icmp");
  });

  test(`forged ICMP errors cost a daemon no address ${where}`, async (context) => {
    assertReached(context, await runTestFile(kernel, "test/lab/forged-icmp"));
  });
}
