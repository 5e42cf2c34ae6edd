// Arrays of struct mmsghdr and struct iovec for sendmmsg and recvmmsg (linux/socket.h, LP64).

import { addressOf, isLittleEndian } from "../ffi/ffi.ts";

/** struct mmsghdr: struct msghdr of 56 octets, the length, padding. */
const HEADER_OCTETS = 64;
const NAME = 0;
const NAME_OCTETS = 8;
const VECTORS = 16;
const VECTOR_COUNT = 24;
const CONTROL = 32;
const CONTROL_OCTETS = 40;
const FLAGS = 48;
const LENGTH = 56;
const VECTOR_OCTETS = 16;

/** The address of a buffer as a number: user space addresses are below 2^53. The buffer must stay referenced. */
export function numericAddressOf(buffer: ArrayBuffer): number {
  return Number(addressOf(buffer));
}

/** Headers for up to `count` messages, each with one payload buffer. Lengths are in octets. */
export class MessageHeaders {
  readonly count: number;
  readonly #headers: DataView;
  readonly #vectors: DataView;

  constructor(count: number) {
    this.count = count;
    this.#headers = new DataView(new ArrayBuffer(count * HEADER_OCTETS));
    const vectors = new ArrayBuffer(count * VECTOR_OCTETS);
    const vectorsAddress = numericAddressOf(vectors);
    this.#vectors = new DataView(vectors);
    for (let index = 0; index < count; index++) {
      const at = index * HEADER_OCTETS;
      setWord(this.#headers, at + VECTORS, vectorsAddress + index * VECTOR_OCTETS);
      setWord(this.#headers, at + VECTOR_COUNT, 1);
    }
  }

  /** The headers from `index` on, as an argument for the system call. */
  from(index: number): DataView {
    if (index === 0) return this.#headers;
    return new DataView(this.#headers.buffer, index * HEADER_OCTETS);
  }

  setPayload(index: number, address: number, octets: number): void {
    setWord(this.#vectors, index * VECTOR_OCTETS, address);
    setWord(this.#vectors, index * VECTOR_OCTETS + 8, octets);
  }

  /** Sets the memory of the peer's socket address; 0 octets for none. */
  setName(index: number, address: number, octets: number): void {
    setWord(this.#headers, index * HEADER_OCTETS + NAME, octets === 0 ? 0 : address);
    this.#headers.setUint32(index * HEADER_OCTETS + NAME_OCTETS, octets, isLittleEndian);
  }

  /** Sets the memory of the control messages; 0 octets for none. */
  setControl(index: number, address: number, octets: number): void {
    setWord(this.#headers, index * HEADER_OCTETS + CONTROL, octets === 0 ? 0 : address);
    setWord(this.#headers, index * HEADER_OCTETS + CONTROL_OCTETS, octets);
  }

  nameOctets(index: number): number {
    return this.#headers.getUint32(index * HEADER_OCTETS + NAME_OCTETS, isLittleEndian);
  }

  controlOctets(index: number): number {
    const at = index * HEADER_OCTETS + CONTROL_OCTETS + (isLittleEndian ? 0 : 4);
    return this.#headers.getUint32(at, isLittleEndian);
  }

  flags(index: number): number {
    return this.#headers.getInt32(index * HEADER_OCTETS + FLAGS, isLittleEndian);
  }

  length(index: number): number {
    return this.#headers.getUint32(index * HEADER_OCTETS + LENGTH, isLittleEndian);
  }
}

/** Writes a 64-bit word as two halves, which avoids a BigInt. */
function setWord(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setUint32(at + (isLittleEndian ? 4 : 0), high, isLittleEndian);
  view.setUint32(at + (isLittleEndian ? 0 : 4), value >>> 0, isLittleEndian);
}
