// Runs on a lab client: sends numbered probes to an address at a fixed interval and reports gaps in the answers.
// Arguments: ADDRESS INTERVAL-MILLIS.

import { createSocket } from "node:dgram";
import { wallMillis } from "./clock.ts";
import { type ProbeReport, probePort } from "./probe-message.ts";

// Later answers do not count: while the kernel resolves a neighbour it queues probes, and may send them seconds later.
const answerTimeoutMillis = 200;

const [address = "", intervalText = "5"] = process.argv.slice(2);
const intervalMillis = Number(intervalText);
const sentAt = new Map<number, number>();
let sequence = 0;
/** The newest answered probe, and the host that answered it. */
let newest = { sequence: 0, by: "" };
let isLossReported = false;

function report(value: ProbeReport): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function takeAnswer(answered: number, by: string): void {
  const to = sentAt.get(answered);
  if (answered <= newest.sequence || to === undefined) return;
  if (wallMillis() - to > answerTimeoutMillis) return;
  const lost = newest.by === "" ? 0 : answered - newest.sequence - 1;
  if (lost > 0) {
    const from = sentAt.get(newest.sequence + 1) ?? to;
    report({ kind: "gap", from, to, millis: to - from, lost, before: newest.by, after: by });
  }
  if (newest.by !== by) report({ kind: "answered", at: wallMillis(), by });
  for (let old = newest.sequence; old < answered; old += 1) sentAt.delete(old);
  newest = { sequence: answered, by };
  isLossReported = false;
}

const socket = createSocket("udp4");
socket.on("message", (bytes) => {
  const [answered = "", by = ""] = bytes.toString("latin1").split(" ");
  takeAnswer(Number(answered), by);
});

function reportLoss(now: number): void {
  const firstLost = sentAt.get(newest.sequence + 1);
  if (isLossReported || newest.by === "" || firstLost === undefined) return;
  if (now - firstLost < answerTimeoutMillis) return;
  isLossReported = true;
  report({ kind: "lost", at: firstLost, by: newest.by });
}

socket.bind(0, () => {
  report({ kind: "ready" });
  setInterval(() => {
    const now = wallMillis();
    sequence += 1;
    // Bound the map until the first answer: before it nothing counts as lost.
    if (newest.by === "") sentAt.delete(sequence - 1_000);
    sentAt.set(sequence, now);
    socket.send(`${sequence} ${address}`, probePort, address, () => undefined);
    reportLoss(now);
  }, intervalMillis);
});
