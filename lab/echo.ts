// Runs on a lab host: answers each probe with the host's name, from the address the probe was sent to.

import { createSocket, type Socket } from "node:dgram";
import { probePort } from "./probe-message.ts";

const [name = "?"] = process.argv.slice(2);
const socketsByAddress = new Map<string, Socket>();

// One socket per address: an unbound one would answer from the interface's primary address.
function answerFrom(address: string, text: string, toPort: number, to: string): void {
  let socket = socketsByAddress.get(address);
  if (socket === undefined) {
    socket = createSocket("udp4");
    socket.on("error", () => {
      socket?.close();
      socketsByAddress.delete(address);
    });
    socketsByAddress.set(address, socket);
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
