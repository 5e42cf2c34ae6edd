// Integers in the byte order of this machine, which is what netlink speaks.

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The unsigned 16 bits at `offset`; the caller has checked that they are there. */
export function readU16(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number;
  const second = bytes[offset + 1] as number;
  return LITTLE_ENDIAN ? first | (second << 8) : (first << 8) | second;
}

/** The unsigned 32 bits at `offset`; the caller has checked that they are there. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return readS32(bytes, offset) >>> 0;
}

/** The signed 32 bits at `offset`; the caller has checked that they are there. */
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
