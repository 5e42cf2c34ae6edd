// Run on a lab host: answers each probe from the address that it was sent to, with this host's name.

import { createSocket, type Socket } from "node:dgram";
import { probePort } from "./probe-message.ts";

const [name = "?"] = process.argv.slice(2);
const answering = new Map<string, Socket>();

// Bound to everything, a socket would answer from the interface's first address: hence one for each address.
function answerFrom(address: string, text: string, toPort: number, to: string): void {
  let socket = answering.get(address);
  if (socket === undefined) {
    socket = createSocket("udp4");
    socket.on("error", () => {
      socket?.close();
      answering.delete(address);
    });
    answering.set(address, socket);
    socket.bind(0, address);
  }
  socket.send(text, toPort, to, () => undefined);
}

const listening = createSocket("udp4");
listening.on("message", (bytes, from) => {
  const [sequence = "", address = ""] = bytes.toString("latin1").split(" ");
  answerFrom(address, `${sequence} ${name}`, from.port, from.address);
});
listening.bind(probePort, () => process.stdout.write("ready\n"));
