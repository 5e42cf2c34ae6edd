// Netlink messages (linux/netlink.h, struct nlmsghdr): splitting datagrams, starting requests, decoding results.

import { AttributeReader, align, MessageWriter } from "./attribute.ts";
import { readS32, readU16, readU32, writeU16, writeU32 } from "./host-order.ts";
import type { Decoded, NetlinkRefusal } from "./refusal.ts";
import {
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MISS_TYPE,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from "./uapi/netlink.ts";

export const MESSAGE_HEADER_OCTETS = 16;
const TYPE_OFFSET = 4;
const FLAGS_OFFSET = 6;
const SEQUENCE_OFFSET = 8;
const PORT_OFFSET = 12;
/** The highest errno of the kernel (linux/err.h). */
const MAX_ERRNO = 4095;

/** One message of a datagram. `payload` is a view, valid as long as the datagram. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The port of the socket whose request caused the message; zero: the kernel itself. */
  readonly port: number;
  readonly payload: Uint8Array;
}

/** The result of a request, from NLMSG_ERROR, or from NLMSG_DONE at the end of a dump. */
export interface Verdict {
  /** Zero on success, else the positive errno. */
  readonly errno: number;
  /** The kernel's error message (NLMSGERR_ATTR_MSG). */
  readonly text: string | undefined;
  /** The offset of the invalid attribute in the request, in octets from its header. */
  readonly attributeOffset: number | undefined;
  /** The type of a missing attribute. */
  readonly missingType: number | undefined;
}

/**
 * Passes each message of `datagram` to `visit`, in order. Stops at an invalid message and returns the reason; undefined
 * if all were valid.
 */
export function splitMessages(
  datagram: Uint8Array,
  visit: (message: Message) => void,
): NetlinkRefusal | undefined {
  let offset = 0;
  while (offset < datagram.length) {
    const remaining = datagram.length - offset;
    if (remaining < MESSAGE_HEADER_OCTETS) return "messageHeaderCut";
    const length = readU32(datagram, offset);
    if (length < MESSAGE_HEADER_OCTETS || length > remaining) return "messageLengthWrong";
    visit({
      type: readU16(datagram, offset + TYPE_OFFSET),
      flags: readU16(datagram, offset + FLAGS_OFFSET),
      sequence: readU32(datagram, offset + SEQUENCE_OFFSET),
      port: readU32(datagram, offset + PORT_OFFSET),
      payload: datagram.subarray(offset + MESSAGE_HEADER_OCTETS, offset + length),
    });
    offset += align(length);
  }
  return undefined;
}

/** Starts a message with a fixed structure of `structureOctets` after the header. Sequence and port are zero. */
export function startMessage(type: number, flags: number, structureOctets: number): MessageWriter {
  return new MessageWriter(MESSAGE_HEADER_OCTETS + structureOctets)
    .setU16(TYPE_OFFSET, type)
    .setU16(FLAGS_OFFSET, flags);
}

/** Sets the sequence number of an encoded message and adds `flags`. */
export function stampMessage(
  bytes: Uint8Array,
  offset: number,
  sequence: number,
  flags: number,
): void {
  writeU16(bytes, offset + FLAGS_OFFSET, readU16(bytes, offset + FLAGS_OFFSET) | flags);
  writeU32(bytes, offset + SEQUENCE_OFFSET, sequence);
}

/** Decodes an NLMSG_ERROR (struct nlmsgerr) or NLMSG_DONE (an int), with its extended acknowledgement. */
export function decodeVerdict(message: Message): Decoded<Verdict> {
  const { payload } = message;
  if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) return "typeUnexpected";
  if (message.type === NLMSG_DONE && payload.length === 0) return DONE;
  if (payload.length < 4) return "payloadCut";
  const errno = Math.abs(readS32(payload, 0));
  if (readS32(payload, 0) > 0 || errno > MAX_ERRNO) return "errnoWrong";
  let tlvs = 4;
  if (message.type === NLMSG_ERROR) {
    if (payload.length < 4 + MESSAGE_HEADER_OCTETS) return "payloadCut";
    const requestOctets = readU32(payload, 4);
    const echoed =
      errno === 0 || (message.flags & NLM_F_CAPPED) !== 0 ? MESSAGE_HEADER_OCTETS : requestOctets;
    if (echoed > payload.length - 4) return "payloadCut";
    tlvs = 4 + align(echoed);
  }
  if ((message.flags & NLM_F_ACK_TLVS) === 0) {
    return errno === 0 ? DONE : { ...DONE, errno };
  }
  if (tlvs > payload.length) return "payloadCut";
  return decodeExtendedAck(errno, new AttributeReader(payload, tlvs, payload.length));
}

const DONE: Verdict = {
  errno: 0,
  text: undefined,
  attributeOffset: undefined,
  missingType: undefined,
};

function decodeExtendedAck(errno: number, attributes: AttributeReader): Decoded<Verdict> {
  let text: string | undefined;
  let attributeOffset: number | undefined;
  let missingType: number | undefined;
  while (attributes.next()) {
    switch (attributes.type) {
      case NLMSGERR_ATTR_MSG:
        text = attributes.text();
        break;
      case NLMSGERR_ATTR_OFFS:
        attributeOffset = attributes.u32();
        break;
      case NLMSGERR_ATTR_MISS_TYPE:
        missingType = attributes.u32();
        break;
    }
  }
  return attributes.error ?? { errno, text, attributeOffset, missingType };
}
