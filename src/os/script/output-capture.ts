// Captures the output of a program up to a limit.

import { Socket } from "node:net";

/** How long to wait for more output after the program has ended. */
const LATE_OUTPUT_MILLIS = 100;

/** The capture of one program's output. */
export interface Output {
  /** After the program's end: calls `done` with the output when the pipes close, or after 100 ms. */
  finish(done: (output: Buffer) => void): void;
}

/** Reads the pipes `descriptors`, keeps the first `limit` octets, and closes the pipes. */
export function captureOutput(descriptors: readonly number[], limit: number): Output {
  const chunks: Buffer[] = [];
  let octets = 0;
  let open = descriptors.length;
  let onClosed: (() => void) | undefined;
  const sockets = descriptors.map((fd) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const captured = chunk.subarray(0, limit - octets);
      octets += captured.length;
      if (captured.length > 0) chunks.push(captured);
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
        // A background process may hold the pipes open.
        for (const socket of sockets) socket.destroy();
        done(Buffer.concat(chunks));
      };
      onClosed = close;
      if (open === 0) close();
      else timer = setTimeout(close, LATE_OUTPUT_MILLIS);
    },
  };
}
