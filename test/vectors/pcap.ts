// Parses and writes capture files in the classic pcap format, used by tcpdump -r and -w.

export const LINKTYPE_ETHERNET = 1;

export interface Frame {
  readonly atMicros: number;
  readonly bytes: Uint8Array;
}

/** Parses a capture of either byte order. Throws an Error if it is not a classic pcap file. */
export function parsePcap(file: Uint8Array): { linkType: number; frames: Frame[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = view.getUint32(0, true) === 0xa1b2c3d4;
  if (!little && view.getUint32(0) !== 0xa1b2c3d4) throw new Error("not a pcap file");
  const frames: Frame[] = [];
  let offset = 24;
  while (offset < file.length) {
    const atMicros = view.getUint32(offset, little) * 1e6 + view.getUint32(offset + 4, little);
    const start = offset + 16;
    offset = start + view.getUint32(offset + 8, little);
    if (offset > file.length) throw new Error("a frame is cut off");
    frames.push({ atMicros, bytes: file.slice(start, offset) });
  }
  return { linkType: view.getUint32(20, little), frames };
}

/** Creates a capture file. */
export function emitPcap(
  frames: readonly Frame[],
  linkType: number = LINKTYPE_ETHERNET,
): Uint8Array {
  const octets = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const file = new Uint8Array(octets);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 0x40000);
  view.setUint32(20, linkType);
  let offset = 24;
  for (const { atMicros, bytes } of frames) {
    view.setUint32(offset, Math.floor(atMicros / 1e6));
    view.setUint32(offset + 4, atMicros % 1e6);
    view.setUint32(offset + 8, bytes.length);
    view.setUint32(offset + 12, bytes.length);
    file.set(bytes, offset + 16);
    offset += 16 + bytes.length;
  }
  return file;
}
