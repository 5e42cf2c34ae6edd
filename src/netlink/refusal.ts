// Why bytes from a netlink socket are no message of ours: one table for decoders, counters and the log.

/** What the log says for each reason. */
export const NETLINK_REFUSALS: { readonly [reason in NetlinkRefusal]: string } = {
  messageHeaderCut: "message header is cut off",
  messageLengthWrong: "message length does not fit the datagram",
  payloadCut: "message is too short for its type",
  attributeHeaderCut: "attribute header is cut off",
  attributeLengthWrong: "attribute length does not fit the message",
  attributeSizeWrong: "attribute has the wrong size for its type",
  attributeMissing: "message lacks an attribute that it must have",
  errnoWrong: "error code is none of the kernel's",
  typeUnexpected: "message is of another type",
  familyUnknown: "address family is not one that is wanted",
  prefixLengthWrong: "prefix is longer than the address",
};

export type NetlinkRefusal =
  | "messageHeaderCut"
  | "messageLengthWrong"
  | "payloadCut"
  | "attributeHeaderCut"
  | "attributeLengthWrong"
  | "attributeSizeWrong"
  | "attributeMissing"
  | "errnoWrong"
  | "typeUnexpected"
  | "familyUnknown"
  | "prefixLengthWrong";

/** A decoded object, or the reason why there is none; `typeof x === "string"` tells them apart. */
export type Decoded<T extends object> = T | NetlinkRefusal;
