// The reasons why netlink messages are invalid: one table for decoders and the log.

/** The log text of each reason. */
export const NETLINK_REFUSALS: { readonly [reason in NetlinkRefusal]: string } = {
  messageHeaderCut: "message header is truncated",
  messageLengthWrong: "message length does not fit the datagram",
  payloadCut: "message is too short for its type",
  attributeHeaderCut: "attribute header is truncated",
  attributeLengthWrong: "attribute length does not fit the message",
  attributeSizeWrong: "attribute has the wrong size for its type",
  attributeMissing: "required attribute is missing",
  errnoWrong: "error code is out of range",
  typeUnexpected: "unexpected message type",
  familyUnknown: "unexpected address family",
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

/** A decoded object, or the reason why the message is invalid; distinguish them by `typeof x === "string"`. */
export type Decoded<T extends object> = T | NetlinkRefusal;
