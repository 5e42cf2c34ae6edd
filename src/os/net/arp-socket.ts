// Sends raw Ethernet frames, such as gratuitous ARP, by any interface.

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

/** An Ethernet frame and its outgoing interface. */
export interface OutgoingFrame {
  readonly ifindex: number;
  /** From the destination MAC on, without padding or frame check sequence. */
  readonly bytes: Uint8Array;
}

export interface ArpSender {
  readonly fd: number;
  /**
   * Sends all frames in order by as few system calls as possible. Returns the failures: ENXIO if the interface does not
   * exist, ENETDOWN if it is down, ENOBUFS if its queue is full.
   */
  send(frames: readonly OutgoingFrame[]): SendFailure[];
  close(): void;
}

/** Opens one socket for all interfaces. Protocol 0 receives nothing (man 7 packet). EPERM without CAP_NET_RAW. */
export function openArpSender(): ArpSender {
  const fd = openPreparedSocket(AF_PACKET, SOCK_RAW, 0, (fd) => attachFilter(fd, dropEverything));
  const batch = new MessageBatch();
  // struct sockaddr_ll: family, protocol, interface; the rest is ignored for a complete frame.
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
