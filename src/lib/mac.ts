// Ethernet addresses as canonical text, so that `===`, map keys and log lines agree.

declare const macBrand: unique symbol;

/** A 48-bit Ethernet address as six lower-case pairs with colons. Only this file creates them. */
export type Mac = string & { readonly [macBrand]: true };

export const BROADCAST_MAC: Mac = "ff:ff:ff:ff:ff:ff" as Mac;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, "0"),
);

/** Parses an address in upper or lower case; undefined if it is invalid. */
export function parseMac(text: string): Mac | undefined {
  return /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)
    ? (text.toLowerCase() as Mac)
    : undefined;
}

/** Like `parseMac`, for constants in the program; throws a RangeError if the text is invalid. */
export function mac(text: string): Mac {
  const address = parseMac(text);
  if (address === undefined) throw new RangeError(`"${text}" is not an Ethernet address`);
  return address;
}

/** The address in the six bytes at `offset`; the caller has checked the length. */
export function macFromBytes(bytes: Uint8Array, offset = 0): Mac {
  const pair = (index: number): string => HEX[bytes[offset + index] as number] as string;
  return `${pair(0)}:${pair(1)}:${pair(2)}:${pair(3)}:${pair(4)}:${pair(5)}` as Mac;
}

/** The address as six bytes in network order. */
export function macToBytes(address: Mac): Uint8Array {
  return Uint8Array.from(address.split(":"), (pair) => Number.parseInt(pair, 16));
}
