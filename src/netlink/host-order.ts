// Integers in host byte order, which netlink uses.

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reads an unsigned 16-bit integer; the caller has checked the length. */
export function readU16(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number;
  const second = bytes[offset + 1] as number;
  return LITTLE_ENDIAN ? first | (second << 8) : (first << 8) | second;
}

/** Reads an unsigned 32-bit integer; the caller has checked the length. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return readS32(bytes, offset) >>> 0;
}

/** Reads a signed 32-bit integer; the caller has checked the length. */
export function readS32(bytes: Uint8Array, offset: number): number {
  const first = readU16(bytes, offset);
  const second = readU16(bytes, offset + 2);
  return LITTLE_ENDIAN ? first | (second << 16) : (first << 16) | second;
}

/** Writes the low 16 bits of `value`. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[LITTLE_ENDIAN ? offset : offset + 1] = value;
  bytes[LITTLE_ENDIAN ? offset + 1 : offset] = value >>> 8;
}

/** Writes the low 32 bits of `value`, signed or not. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  writeU16(bytes, LITTLE_ENDIAN ? offset : offset + 2, value);
  writeU16(bytes, LITTLE_ENDIAN ? offset + 2 : offset, value >>> 16);
}
