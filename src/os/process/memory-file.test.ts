import assert from "node:assert/strict";
import { closeSync, ftruncateSync, openSync, readdirSync, readSync } from "node:fs";
import { test } from "node:test";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";
import { processorMicros } from "../../../test/support/processor-time.ts";
import { createMemoryFile, mapMemoryFile } from "./memory-file.ts";

test("data written by a killed child stays in the memory file", () => {
  const fd = createMemoryFile("holdfast-test", 10_000);
  const bytes = mapMemoryFile(fd, 10_000);
  const { signal, stderr } = runNodeProgram(
    `const { mapMemoryFile } = await import(${beside(import.meta.url, "memory-file.js")});
     const bytes = mapMemoryFile(3, 10_000);
     bytes[9_999] = 42;
     bytes.set([1, 2, 3], 4_000);
     process.kill(process.pid, "SIGKILL");`,
    { descriptors: [fd] },
  );
  assert.deepEqual({ signal, stderr }, { signal: "SIGKILL", stderr: "" });
  assert.equal(bytes[9_999], 42);
  assert.deepEqual([...bytes.subarray(3_999, 4_004)], [0, 1, 2, 3, 0]);
  const read = new Uint8Array(3);
  readSync(fd, read, 0, 3, 4_000);
  assert.deepEqual([...read], [1, 2, 3]);
  closeSync(fd);
  assert.equal(bytes[9_999], 42);
});

test("the size of a memory file cannot change", () => {
  const fd = createMemoryFile("holdfast-test", 4096);
  assert.throws(() => ftruncateSync(fd, 0), { code: "EPERM" });
  assert.throws(() => ftruncateSync(fd, 8192), { code: "EPERM" });
  closeSync(fd);
});

test("a child does not inherit a memory file by accident", () => {
  const fd = createMemoryFile("holdfast-test", 4096);
  const listed = readdirSync("/proc/self/fd").map(Number);
  assert.ok(listed.includes(fd));
  const { stdout } = runNodeProgram(
    `import { readdirSync, readlinkSync } from "node:fs";
     const links = readdirSync("/proc/self/fd").map((fd) => {
       try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; }
     });
     console.log(links.filter((link) => link.includes("holdfast-test")).length);`,
  );
  assert.equal(stdout, "0\n");
  closeSync(fd);
});

test("a file that can shrink or has another size is not mapped", () => {
  const fd = createMemoryFile("holdfast-test", 4096);
  const refusal = { operation: "map memory file", code: "EINVAL" };
  assert.throws(() => mapMemoryFile(fd, 4095), refusal);
  assert.throws(() => mapMemoryFile(fd, 8192), refusal);
  closeSync(fd);
  const plain = openSync("/proc/self/exe", "r");
  assert.throws(() => mapMemoryFile(plain, 4096), refusal);
  closeSync(plain);
  assert.throws(() => mapMemoryFile(999_999, 4096), refusal);
});

test("writing a record of 64 octets costs less than 10 µs", (context) => {
  const fd = createMemoryFile("holdfast-test", 64 * 1024);
  const bytes = mapMemoryFile(fd, 64 * 1024);
  const record = new Uint8Array(64).fill(7);
  const rounds = 100_000;
  const start = processorMicros();
  for (let round = 0; round < rounds; round++) bytes.set(record, (round & 1023) * 64);
  const micros = (processorMicros() - start) / rounds;
  context.diagnostic(`${micros.toFixed(3)} µs per record of 64 octets`);
  assert.ok(micros < 10);
  assert.equal(bytes[65_535], 7);
  closeSync(fd);
});
