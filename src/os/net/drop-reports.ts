// Sends by an IPv4 socket and reports packets that the interface's full queue dropped as ENOBUFS.

import type { MessageBatch, SendFailure } from "./message-batch.ts";
import { takePendingError } from "./pending-error.ts";
import { SOL_IP, setIntOption } from "./socket.ts";

/** linux/in.h */
export const IP_RECVERR = 11;

/**
 * Sends `batch` through `fd`, an unconnected socket, with IP_RECVERR: without it a dropped packet counts as sent. With
 * it ICMP errors reach the socket too, including forged ones: before a fix in 2026, Linux passed every error that quotes
 * the protocol of a raw socket to it, even if it never receives. So the option is on only during the call, and off when a
 * message is sent again for its own result: without IP_RECVERR, ICMP cannot set the error of an unconnected socket.
 */
export function sendReportingDrops(fd: number, batch: MessageBatch): SendFailure[] {
  takePendingError(fd);
  setReceiveErrors(fd, true);
  try {
    return batch.send(fd, (attempt) => {
      setReceiveErrors(fd, false);
      try {
        return attempt();
      } finally {
        setReceiveErrors(fd, true);
      }
    });
  } finally {
    setReceiveErrors(fd, false);
  }
}

/** Turning it off also empties the socket's error queue. */
function setReceiveErrors(fd: number, isOn: boolean): void {
  setIntOption(fd, SOL_IP, IP_RECVERR, isOn ? 1 : 0, "IP_RECVERR");
}
