// Fuzz targets for what the daemon's processes exchange: the record file, and the messages of the process that reads the
// configuration.

import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import { readConfig } from "../../src/config/read-config.ts";
import {
  type Field,
  RecordFile,
  recordFileOctets,
  type SectionKind,
  wordField,
} from "../../src/process/record.ts";
import {
  ConfigAssembly,
  type ConfigMessage,
  configMessages,
  parseConfigMessage,
} from "../../src/processes/config-reader/config-message.ts";
import type { LoadedConfig } from "../../src/processes/config-reader/loaded-config.ts";
import { INSTANCE_RECORDS } from "../../src/processes/vrrp/records.ts";
import { vrrpRole } from "../../src/processes/vrrp/role.ts";
import type { KeptRecord } from "../../src/vrrp/event.ts";
import { fakeFiles, fakeSystem } from "../config/fake-system.ts";
import type { FuzzTarget } from "./fuzz.ts";

const KINDS = [INSTANCE_RECORDS];
const GENERATION = 7;
/** The number of slots that the longest random input covers. */
const SLOTS = 8;
/** No less than those of one slot. */
const SLOT_OCTETS = 72;

const record: KeptRecord = {
  active: true,
  effectivePriority: 110,
  advertisementIntervalMicros: 1_000_000,
  lastAdvertAt: 123_456_789_012,
  notified: "MASTER",
};

/** The same section with any value in every word of its fields. */
type AnyRecord = { readonly [name in keyof KeptRecord]-?: number };
const ANY_RECORDS: SectionKind<AnyRecord> = {
  ...INSTANCE_RECORDS,
  fields: {
    active: wordField,
    effectivePriority: wordField,
    notified: wordField,
    advertisementIntervalMicros: wordField,
    lastAdvertAt: { ...wordField, words: 2 } satisfies Field<number>,
  },
};

/** Values that JSON can't hold, or that a field may not have. */
const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0,
  0.5,
  256,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  "",
  "a\0b",
  "a\nb",
  "x".repeat(2 ** 21),
  [],
  new Array(2 ** 32 - 1),
  {},
  JSON.parse('{ "__proto__": { "priority": 1000 } }'),
  new Map(),
  new Uint8Array(4),
];

const MESSAGES = readerMessages();

export const DAEMON_TARGETS: readonly FuzzTarget[] = [
  {
    name: "record file",
    seeds: [new Uint8Array(SLOTS * SLOT_OCTETS), writtenRecords()],
    check: checkRecords,
  },
  {
    name: "messages of the reader",
    seeds: messageSeeds(),
    check: checkReaderMessages,
  },
];

/** The start of a record file with one active instance, written twice. */
function writtenRecords(): Uint8Array {
  const written = new Uint8Array(recordFileOctets(KINDS));
  const file = new RecordFile(written, KINDS);
  file.begin(GENERATION);
  file.beat(1_000_000);
  file.section(INSTANCE_RECORDS).write(0, record);
  file
    .section(INSTANCE_RECORDS)
    .write(0, { ...record, lastAdvertAt: record.lastAdvertAt + 1_000_000 });
  return written.slice(0, SLOTS * SLOT_OCTETS);
}

/** Reused for each input, because it is large. */
const memory = new Uint8Array(recordFileOctets(KINDS));

/** Each slot reads as a valid record or as undefined, and a new record can be written and read back. */
function checkRecords(bytes: Uint8Array): void {
  memory.fill(0, 0, (SLOTS + 1) * SLOT_OCTETS);
  memory.set(bytes.subarray(0, SLOTS * SLOT_OCTETS));
  const file = new RecordFile(memory, KINDS);
  const records = file.section(INSTANCE_RECORDS);
  assert.ok(file.generation >= 0);
  for (let index = 0; index < SLOTS; index++) checkRecord(records.read(index));
  file.begin(GENERATION);
  for (let index = 0; index < SLOTS; index++) {
    writeAny(index, bytes);
    const kept = records.read(index);
    assert.ok(kept !== undefined, "its checksum is right");
    checkRecord(kept);
    records.write(index, record);
    assert.deepEqual(records.read(index), record);
  }
}

function checkRecord(kept: KeptRecord | undefined): void {
  if (kept === undefined) return;
  assert.ok(Number.isSafeInteger(kept.effectivePriority) && kept.effectivePriority >= 0);
  assert.ok(kept.effectivePriority <= 255);
  assert.ok(kept.lastAdvertAt >= 0 && kept.advertisementIntervalMicros >= 0);
  assert.ok([undefined, "MASTER", "BACKUP", "FAULT"].includes(kept.notified));
}

/** Writes a record of words of `bytes` with a right checksum, which random octets nearly never have. */
function writeAny(index: number, bytes: Uint8Array): void {
  const words = new Uint32Array(5);
  const first = (index * 20) % Math.max(1, bytes.length);
  new Uint8Array(words.buffer).set(bytes.subarray(first, first + 20));
  const [active = 0, effectivePriority = 0, notified = 0, interval = 0, lastAdvertAt = 0] = words;
  const any = { active, effectivePriority, notified, lastAdvertAt };
  new RecordFile(memory, [ANY_RECORDS])
    .section(ANY_RECORDS)
    .write(index, { ...any, advertisementIntervalMicros: interval });
}

/** The messages of a reading with a finding. */
function readerMessages(): readonly ConfigMessage[] {
  const text = [
    "global_defs {\nrouter_idd x\nnotify_fifo /run/f\nstartup_script /run/a.sh\n}",
    "vrrp_script check {\nscript /run/a.sh\n}",
    "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\npriority 250\nauthentication {\nauth_type PASS\nauth_pass x\n}",
    "track_script {\ncheck\n}\nnotify_master /run/a.sh\nunicast_peer {\n10.0.0.2\n}\nvirtual_ipaddress {\n10.0.0.9/24\n}\n}\n",
  ].join("\n");
  const readFile = fakeFiles({ k: text });
  const { config, diagnostics } = readConfig({ path: "k", readFile, system: fakeSystem() });
  const findings = diagnostics.map((diagnostic) => ({ diagnostic, text: "x", log: undefined }));
  assert.ok(config !== undefined && findings.length > 0);
  assert.ok(config.vrrp.scripts.length > 0 && config.vrrp.instances.length > 0);
  return configMessages({ config, files: ["k"], findings });
}

/** All messages of a reading as JSON, and each of them as it is on the channel. */
function messageSeeds(): Uint8Array[] {
  assert.ok(assembled(MESSAGES)?.config !== undefined, "the parent accepts them");
  const failed = { kind: "failed", reason: "x" };
  return [
    ...[MESSAGES, [failed]].map((all) => new TextEncoder().encode(JSON.stringify(all))),
    ...[...MESSAGES, failed].map((message) => Uint8Array.from(serialize(message))),
  ];
}

/** Valid messages after edits of their parts: each three octets of `bytes` name a part and its new value. */
function editedMessages(bytes: Uint8Array): readonly unknown[] {
  const messages = structuredClone(MESSAGES) as unknown[];
  const places = placesIn(messages);
  for (let at = 0; at + 2 < Math.min(bytes.length, 12); at += 3) {
    const [high = 0, low = 0, choice = 0] = bytes.subarray(at);
    const place = places[(high * 256 + low) % places.length];
    if (place !== undefined) Reflect.set(place.owner, place.name, HOSTILE[choice % HOSTILE.length]);
  }
  // Beside the values, the order.
  if ((bytes[0] ?? 0) % 16 === 0) messages.reverse();
  return messages;
}

/** Everything within `value` that can be replaced. */
function placesIn(value: object): { readonly owner: object; readonly name: string }[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const place = { owner: value, name };
    return typeof member === "object" && member !== null ? [place, ...placesIn(member)] : [place];
  });
}

/** The messages in `bytes`: JSON, or one as it is on the channel; otherwise the octets themselves. */
function decodeMessages(bytes: Uint8Array): readonly unknown[] {
  try {
    const decoded: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(decoded) ? decoded : [decoded];
  } catch {
    try {
      return [deserialize(bytes)];
    } catch {
      return [bytes];
    }
  }
}

/** The messages are refused with a reason, or result in a configuration that the parent can work with. */
function checkReaderMessages(bytes: Uint8Array): void {
  for (const messages of [decodeMessages(bytes), editedMessages(bytes)]) {
    const loaded = assembled(messages);
    if (loaded !== undefined) checkLoaded(loaded);
  }
}

function checkLoaded(loaded: LoadedConfig): void {
  assert.ok(Object.isFrozen(loaded));
  assert.ok(loaded.files.every((file) => !/[\0\n]/.test(file)));
  assert.ok(loaded.findings.every(({ text }) => typeof text === "string"));
  const { config } = loaded;
  if (config === undefined) return;
  for (const { priority, addresses } of config.vrrp.instances) {
    assert.ok(Number.isInteger(priority) && priority >= 1 && priority <= 255);
    assert.ok(Array.isArray(addresses));
  }
  const part = vrrpRole.part(config);
  const limits = vrrpRole.freezeLimits(part);
  assert.ok(limits.peersWaitMicros > 0 && Number.isFinite(limits.peersWaitMicros));
  assert.ok(limits.stoppedMicros > 0 && Number.isFinite(limits.stoppedMicros));
  memory.fill(0, 0, (SLOTS + 1) * SLOT_OCTETS);
  const items = vrrpRole.items(part, new RecordFile(memory, KINDS));
  assert.equal(items.length, config.vrrp.instances.length);
  for (const item of items) assert.equal(vrrpRole.resumeBy(item), undefined);
  for (const { timeoutMicros } of vrrpRole.scripts(part)) assert.ok(timeoutMicros >= 0);
}

/** What the parent takes `messages` for; undefined if it refuses them. */
function assembled(messages: readonly unknown[]): LoadedConfig | undefined {
  const assembly = new ConfigAssembly();
  try {
    for (const message of messages) {
      const parsed = parseConfigMessage(message);
      if (parsed.kind === "end") return assembly.loaded();
      if (parsed.kind === "failed") return undefined;
      assembly.take(parsed);
    }
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RangeError && error.message !== "", String(error));
    return undefined;
  }
}
