import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AttributeReader, MessageWriter } from "./attribute.ts";
import type { NetlinkRefusal } from "./refusal.ts";

function write(fill: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter(4);
  fill(writer);
  return writer.finish();
}

function readerOf(message: Uint8Array): AttributeReader {
  return new AttributeReader(message, 4, message.length);
}

test("written attributes are read back", () => {
  const message = write((writer) => {
    writer
      .u8(1, 0xfe)
      .u16(2, 0xfedc)
      .u32(3, 0xfedcba98)
      .bytes(4, Uint8Array.of(1, 2, 3))
      .text(5, "eth0:1")
      .nested(6, (inner) => inner.u32(1, 7, 8).text(2, ""))
      .bytes(7, new Uint8Array());
  });
  assert.equal(message.length % 4, 0);
  const reader = readerOf(message);
  const expected: [number, (reader: AttributeReader) => unknown, unknown][] = [
    [1, (r) => r.u8(), 0xfe],
    [2, (r) => r.u16(), 0xfedc],
    [3, (r) => r.u32(), 0xfedcba98],
    [4, (r) => [...r.bytes()], [1, 2, 3]],
    [5, (r) => r.text(), "eth0:1"],
    [6, readNested, [7, ""]],
    [7, (r) => r.length, 0],
  ];
  for (const [type, read, value] of expected) {
    assert.equal(reader.next(), true);
    assert.equal(reader.type, type);
    assert.deepEqual(read(reader), value);
  }
  assert.equal(reader.next(), false);
  assert.equal(reader.error, undefined);
});

function readNested(outer: AttributeReader): unknown[] {
  const inner = outer.nested();
  inner.next();
  const values: unknown[] = [inner.u32()];
  inner.next();
  values.push(inner.text());
  assert.equal(inner.next(), false);
  return values;
}

test("a string ends at its NUL or at the end of its attribute", () => {
  const unterminated = write((writer) =>
    writer.bytes(1, Uint8Array.of(97, 98, 99, 100)).u8(2, 101),
  );
  const reader = readerOf(unterminated);
  reader.next();
  assert.equal(reader.text(), "abcd");
  const early = readerOf(write((writer) => writer.bytes(1, Uint8Array.of(97, 0, 98, 0))));
  early.next();
  assert.equal(early.text(), "a");
});

const wrong: [name: string, octets: number[], reason: NetlinkRefusal][] = [
  ["a header cut off", [4, 0, 1], "attributeHeaderCut"],
  ["a length below the header's", [3, 0, 1, 0], "attributeLengthWrong"],
  ["a length beyond the message", [9, 0, 1, 0, 1, 2, 3, 4], "attributeLengthWrong"],
  ["too short for its type", [7, 0, 1, 0, 1, 2, 3, 0], "attributeSizeWrong"],
];
for (const [name, octets, reason] of wrong) {
  test(`${reason}: ${name}`, () => {
    const reader = new AttributeReader(Uint8Array.from(octets), 0, octets.length);
    while (reader.next()) assert.equal(reader.u32(), 0);
    assert.equal(reader.error, reason);
    assert.equal(reader.next(), false);
    assert.equal(reader.text(), "");
    assert.deepEqual([...reader.bytes(3)], [0, 0, 0]);
  });
}

test("an error in a nested attribute is an error of the outer reader, and the first one stays", () => {
  const message = write((writer) => writer.nested(1, (inner) => inner.u8(1, 5)).u8(2, 6));
  const reader = readerOf(message);
  reader.next();
  const inner = reader.nested();
  inner.next();
  inner.u32();
  assert.equal(inner.error, "attributeSizeWrong");
  assert.equal(reader.error, "attributeSizeWrong");
  assert.equal(reader.next(), false);
});

test("the last attribute may lack its padding", () => {
  const reader = new AttributeReader(Uint8Array.of(5, 0, 1, 0, 9), 0, 5);
  assert.equal(reader.next(), true);
  assert.equal(reader.u8(), 9);
  assert.equal(reader.next(), false);
  assert.equal(reader.error, undefined);
});

test("reading any octets ends and stays within their bounds", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (octets, start) => {
      const walk = (reader: AttributeReader, depth: number): void => {
        let steps = 0;
        while (reader.next()) {
          assert.equal(++steps <= octets.length, true);
          assert.equal(reader.bytes().length, reader.length);
          assert.equal(reader.text().length <= reader.length, true);
          if (depth < 3) walk(reader.nested(), depth + 1);
        }
      };
      walk(new AttributeReader(octets, Math.min(start, octets.length), octets.length), 0);
    }),
  );
});

test("writing an attribute of more than 65535 octets fails an assertion", () => {
  const long = new Uint8Array(0x10000);
  assert.throws(() => write((writer) => writer.bytes(1, long)), /65535 octets/);
  assert.throws(
    () => write((writer) => writer.nested(1, (inner) => inner.bytes(1, long.subarray(8)))),
    /65535 octets/,
  );
  assert.throws(() => write((writer) => writer.text(1, "a\0b")), /without NUL/);
});
