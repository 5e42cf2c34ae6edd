// Runs on a lab host: opens a sending socket that accepts ICMP errors, which no daemon should do, and prints a line for
// each pending error. Argument: the interface.

import { IP_RECVERR } from "../../src/os/net/drop-reports.ts";
import { takePendingError } from "../../src/os/net/pending-error.ts";
import {
  AF_INET,
  bindToDevice,
  openPreparedSocket,
  SOCK_RAW,
  SOL_IP,
  setIntOption,
} from "../../src/os/net/socket.ts";
import { IPPROTO_RAW } from "./forged-icmp.ts";

/** Errors within one interval count as one. */
const LOOK_MILLIS = 20;

const [interfaceName = ""] = process.argv.slice(2);
const fd = openPreparedSocket(AF_INET, SOCK_RAW, IPPROTO_RAW, (fd) => {
  bindToDevice(fd, interfaceName);
  setIntOption(fd, SOL_IP, IP_RECVERR, 1, "IP_RECVERR");
});
process.stdout.write("ready\n");
setInterval(() => {
  const errno = takePendingError(fd);
  if (errno !== 0) process.stdout.write(`pending: ${errno}\n`);
}, LOOK_MILLIS);
