// Fuzz target for the record file, through which the daemon's processes pass on their state.

import assert from "node:assert/strict";
import { RECORD_FILE_OCTETS, RecordFile } from "../../src/process/record.ts";
import type { KeptRecord } from "../../src/vrrp/event.ts";
import type { FuzzTarget } from "./fuzz.ts";

const GENERATION = 7;
/** The number of slots that the longest random input covers. */
const SLOTS = 8;

const record: KeptRecord = {
  active: true,
  effectivePriority: 110,
  advertisementIntervalMicros: 1_000_000,
  lastAdvertAt: 123_456_789_012,
  told: "MASTER",
};

export const DAEMON_TARGETS: readonly FuzzTarget[] = [
  {
    name: "record file",
    seeds: [new Uint8Array(SLOTS * 64), writtenRecords()],
    check: checkRecords,
  },
];

/** The start of a record file with one active instance, written twice. */
function writtenRecords(): Uint8Array {
  const written = new Uint8Array(RECORD_FILE_OCTETS);
  const file = new RecordFile(written);
  file.begin(GENERATION);
  file.beat(1_000_000);
  file.write(0, record);
  file.write(0, { ...record, lastAdvertAt: record.lastAdvertAt + 1_000_000 });
  return written.slice(0, SLOTS * 64);
}

/** Reused for each input, because it is large. */
const memory = new Uint8Array(RECORD_FILE_OCTETS);

/** Each slot reads as a valid record or as undefined, and a new record can be written and read back. */
function checkRecords(bytes: Uint8Array): void {
  memory.fill(0, 0, (SLOTS + 1) * 64);
  memory.set(bytes.subarray(0, SLOTS * 64));
  const file = new RecordFile(memory);
  assert.ok(file.generation >= 0);
  for (let index = 0; index < SLOTS; index++) {
    const kept = file.read(index);
    if (kept === undefined) continue;
    assert.ok(Number.isSafeInteger(kept.effectivePriority) && kept.effectivePriority <= 255);
    assert.ok(kept.lastAdvertAt >= 0 && kept.advertisementIntervalMicros >= 0);
    assert.ok([undefined, "MASTER", "BACKUP", "FAULT"].includes(kept.told));
  }
  file.begin(GENERATION);
  for (let index = 0; index < SLOTS; index++) {
    file.write(index, record);
    assert.deepEqual(file.read(index), record);
  }
}
