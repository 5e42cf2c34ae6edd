// Sending Ethernet frames as they are: gratuitous ARP out of any interface.

import { isLittleEndian } from "../ffi/ffi.ts";
import { MessageBatch, type SendFailure } from "./message-batch.ts";
import {
  AF_PACKET,
  attachFilter,
  closeDescriptor,
  dropEverything,
  openPreparedSocket,
  SOCK_RAW,
} from "./socket.ts";

/** A whole Ethernet frame and the interface that it leaves by. */
export interface OutgoingFrame {
  readonly ifindex: number;
  /** From the destination MAC on, without padding and frame check sequence. */
  readonly bytes: Uint8Array;
}

export interface ArpSender {
  readonly fd: number;
  /**
   * Sends all frames in order by as few system calls as possible. Gives those that did not leave: ENXIO without such
   * an interface, ENETDOWN when it is down, ENOBUFS when its queue is full.
   */
  send(frames: readonly OutgoingFrame[]): SendFailure[];
  close(): void;
}

/** One socket for all interfaces; protocol 0 receives nothing (man 7 packet). EPERM without CAP_NET_RAW. */
export function openArpSender(): ArpSender {
  const fd = openPreparedSocket(AF_PACKET, SOCK_RAW, 0, (fd) => attachFilter(fd, dropEverything));
  const batch = new MessageBatch();
  // struct sockaddr_ll: family, protocol, interface; the rest is not looked at for a whole frame.
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, isLittleEndian);

  return {
    fd,
    send(frames) {
      for (const { ifindex, bytes } of frames) {
        const frame = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        address.setUint16(2, bytes.length < 14 ? 0 : frame.getUint16(12));
        address.setInt32(4, ifindex, isLittleEndian);
        batch.add(bytes, new Uint8Array(address.buffer));
      }
      return batch.send(fd);
    },
    close: () => closeDescriptor(fd),
  };
}
