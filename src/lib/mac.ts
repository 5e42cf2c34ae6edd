// Ethernet addresses as canonical text, so that `===`, map keys and log lines agree.

declare const macBrand: unique symbol;

/** A 48-bit Ethernet address as six lower-case pairs with colons. Made only by this file. */
export type Mac = string & { readonly [macBrand]: true };

export const BROADCAST_MAC: Mac = "ff:ff:ff:ff:ff:ff" as Mac;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, "0"),
);

/** The address that `text` spells, in either case, or undefined. */
export function parseMac(text: string): Mac | undefined {
  return /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)
    ? (text.toLowerCase() as Mac)
    : undefined;
}

/** `parseMac` for text that the program itself wrote; throws a RangeError on anything else. */
export function mac(text: string): Mac {
  const address = parseMac(text);
  if (address === undefined) throw new RangeError(`"${text}" is not an Ethernet address`);
  return address;
}

/** The address in the six bytes at `offset`; the caller has checked that they are there. */
export function macFromBytes(bytes: Uint8Array, offset = 0): Mac {
  const pair = (index: number): string => HEX[bytes[offset + index] as number] as string;
  return `${pair(0)}:${pair(1)}:${pair(2)}:${pair(3)}:${pair(4)}:${pair(5)}` as Mac;
}

/** Six bytes in the order in which they are sent. */
export function macToBytes(address: Mac): Uint8Array {
  return Uint8Array.from(address.split(":"), (pair) => Number.parseInt(pair, 16));
}
