// Sending by an IPv4 socket so that a packet which the interface's full queue drops is a failure: ENOBUFS.

import type { MessageBatch, SendFailure } from "./message-batch.ts";
import { takePendingError } from "./pending-error.ts";
import { SOL_IP, setIntOption } from "./socket.ts";

/** linux/in.h */
export const IP_RECVERR = 11;

/**
 * Sends `batch` through `fd` with IP_RECVERR, without which a dropped packet counts as sent. With it ICMP errors reach
 * the socket too, forged ones included: a raw socket that only sends got all those that quote its protocol until Linux
 * was fixed in 2026. So the option is on only during the call, and off while a message is sent again to learn its own
 * result: without it no ICMP message can set the error of a socket that is not connected. `fd` must not be.
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

/** Switching it off empties the socket's error queue as well. */
function setReceiveErrors(fd: number, isOn: boolean): void {
  setIntOption(fd, SOL_IP, IP_RECVERR, isOn ? 1 : 0, "IP_RECVERR");
}
