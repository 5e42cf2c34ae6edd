// What a program writes, gathered up to a limit.

import { Socket } from "node:net";

/** How long output may still come after the program itself has ended. */
const LATE_OUTPUT_MILLIS = 100;

/** The output of one program. */
export interface Output {
  /** Calls `done` with it when the pipes close, or soon after at the latest. */
  finish(done: (output: Buffer) => void): void;
}

/** Reads the pipes `descriptors`, which it closes, and keeps the first `limit` octets. */
export function captureOutput(descriptors: readonly number[], limit: number): Output {
  const chunks: Buffer[] = [];
  let octets = 0;
  let open = descriptors.length;
  let onClosed: (() => void) | undefined;
  const sockets = descriptors.map((fd) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const kept = chunk.subarray(0, limit - octets);
      octets += kept.length;
      if (kept.length > 0) chunks.push(kept);
    });
    socket.once("close", () => {
      open--;
      if (open === 0) onClosed?.();
    });
    return socket;
  });
  return {
    finish: (done) => {
      let timer: NodeJS.Timeout | undefined;
      const close = (): void => {
        clearTimeout(timer);
        onClosed = undefined;
        // A background process may hold the pipes for ever.
        for (const socket of sockets) socket.destroy();
        done(Buffer.concat(chunks));
      };
      onClosed = close;
      if (open === 0) close();
      else timer = setTimeout(close, LATE_OUTPUT_MILLIS);
    },
  };
}
