// Reads and writes netlink attributes (linux/netlink.h, struct nlattr).

import { assert } from "../lib/assert.ts";
import { readU16, readU32, writeU16, writeU32 } from "./host-order.ts";
import type { NetlinkRefusal } from "./refusal.ts";
import { NLA_F_NESTED, NLA_TYPE_MASK } from "./uapi/netlink.ts";

const HEADER_OCTETS = 4;
const MAX_ATTRIBUTE_OCTETS = 0xffff;

/** Rounds up to a multiple of four, to which messages and attributes are padded. */
export function align(octets: number): number {
  return (octets + 3) & ~3;
}

/**
 * Iterates over the attributes in a range of bytes. The first error is stored in `error` and ends the iteration; after
 * it every read returns zero or empty, so that a decoder checks `error` once, at its end.
 */
export class AttributeReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #parent: AttributeReader | undefined;
  #next: number;
  #start = 0;
  #length = 0;
  /** The type of the current attribute, without its flag bits. */
  type: number;
  error: NetlinkRefusal | undefined;

  /** Reads the attributes in `[start, end)`, which the caller has checked to be within `bytes`. */
  constructor(bytes: Uint8Array, start: number, end: number, parent?: AttributeReader) {
    assert(start <= end && end <= bytes.length, "attribute range exceeds the bytes");
    this.#bytes = bytes;
    this.#next = start;
    this.#end = end;
    this.#parent = parent;
    this.type = 0;
  }

  /** Moves to the next attribute; false at the end and after an error. */
  next(): boolean {
    if (this.error !== undefined) return false;
    const remaining = this.#end - this.#next;
    if (remaining <= 0) return false;
    if (remaining < HEADER_OCTETS) return this.#fail("attributeHeaderCut");
    const length = readU16(this.#bytes, this.#next);
    if (length < HEADER_OCTETS || length > remaining) return this.#fail("attributeLengthWrong");
    this.type = readU16(this.#bytes, this.#next + 2) & NLA_TYPE_MASK;
    this.#start = this.#next + HEADER_OCTETS;
    this.#length = length - HEADER_OCTETS;
    this.#next += align(length);
    return true;
  }

  /** The length of the attribute's value in octets, without padding. */
  get length(): number {
    return this.#length;
  }

  u8(): number {
    return this.#has(1) ? (this.#bytes[this.#start] as number) : 0;
  }

  u16(): number {
    return this.#has(2) ? readU16(this.#bytes, this.#start) : 0;
  }

  u32(): number {
    return this.#has(4) ? readU32(this.#bytes, this.#start) : 0;
  }

  /** A view of the value, valid as long as the datagram. `size`: the required octets. */
  bytes(size: number = this.#length): Uint8Array {
    return this.#has(size)
      ? this.#bytes.subarray(this.#start, this.#start + size)
      : new Uint8Array(size);
  }

  /** A Latin-1 string that ends at its first NUL or with the attribute. */
  text(): string {
    if (this.error !== undefined) return "";
    let text = "";
    for (let index = 0; index < this.#length; index++) {
      const octet = this.#bytes[this.#start + index] as number;
      if (octet === 0) break;
      text += String.fromCharCode(octet);
    }
    return text;
  }

  /** A reader of the attributes inside this one. Its errors are also errors of this reader. */
  nested(): AttributeReader {
    const end = this.error === undefined ? this.#start + this.#length : this.#start;
    return new AttributeReader(this.#bytes, this.#start, end, this);
  }

  /** True if the value has at least `size` octets; the kernel may append fields to a structure. */
  #has(size: number): boolean {
    if (this.error !== undefined) return false;
    return this.#length >= size || this.#fail("attributeSizeWrong");
  }

  #fail(reason: NetlinkRefusal): false {
    for (let reader: AttributeReader | undefined = this; reader !== undefined; ) {
      reader.error ??= reason;
      reader = reader.#parent;
    }
    return false;
  }
}

/** Builds a message: header, fixed fields, attributes. Unwritten octets are zero. */
export class MessageWriter {
  #bytes = new Uint8Array(128);
  #length: number;

  /** Reserves `headerOctets` for the message header and the fixed structure. */
  constructor(headerOctets: number) {
    this.#length = align(headerOctets);
    this.#reserve(this.#length);
  }

  /** Sets a field before the attributes. */
  setU8(offset: number, value: number): this {
    this.#bytes[offset] = value;
    return this;
  }

  setU16(offset: number, value: number): this {
    writeU16(this.#bytes, offset, value);
    return this;
  }

  setU32(offset: number, value: number): this {
    writeU32(this.#bytes, offset, value);
    return this;
  }

  u8(type: number, value: number): this {
    this.#bytes[this.#attribute(type, 1)] = value;
    return this;
  }

  u16(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    writeU16(this.#bytes, at, value);
    return this;
  }

  u32(type: number, ...values: number[]): this {
    let at = this.#attribute(type, 4 * values.length);
    for (const value of values) {
      writeU32(this.#bytes, at, value);
      at += 4;
    }
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const at = this.#attribute(type, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** A NUL-terminated string; asserts that it is Latin-1. */
  text(type: number, value: string): this {
    let at = this.#attribute(type, value.length + 1);
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      assert(code > 0 && code <= 0xff, "netlink text is Latin-1 without NUL");
      this.#bytes[at++] = code;
    }
    return this;
  }

  /** An attribute that contains the attributes written by `fill`. */
  nested(type: number, fill: (writer: MessageWriter) => void): this {
    const at = this.#attribute(type | NLA_F_NESTED, 0) - HEADER_OCTETS;
    fill(this);
    const length = this.#length - at;
    assert(length <= MAX_ATTRIBUTE_OCTETS, "an attribute has at most 65535 octets");
    writeU16(this.#bytes, at, length);
    return this;
  }

  /** Sets the length and returns the message. The writer must not be used afterwards. */
  finish(): Uint8Array {
    writeU32(this.#bytes, 0, this.#length);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Reserves space for an attribute and returns the offset of its value. */
  #attribute(type: number, octets: number): number {
    const length = HEADER_OCTETS + octets;
    assert(length <= MAX_ATTRIBUTE_OCTETS, "an attribute has at most 65535 octets");
    const at = this.#length;
    this.#reserve(at + align(length));
    this.#length = at + align(length);
    writeU16(this.#bytes, at, length);
    writeU16(this.#bytes, at + 2, type);
    return at + HEADER_OCTETS;
  }

  #reserve(octets: number): void {
    if (octets <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(octets, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
