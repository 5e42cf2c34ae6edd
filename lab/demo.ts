// `npm run demo`: shows live how two nodes and their client fare through failover, kills and freezes.
// `--daemon keepalived` plays the same acts with the installed keepalived.

import { constants } from "node:os";
import { join } from "node:path";
import type { Overlap } from "./address-watch.ts";
import { projectRoot } from "./anchor.ts";
import { wallMillis } from "./clock.ts";
import { type ActOutcome, acts } from "./demo-acts.ts";
import { type DaemonCommand, DemoStage } from "./demo-stage.ts";
import { createLab, type Lab } from "./lab.ts";
import { buildPairA, configPath } from "./pair-a.ts";
import { pairAAddress } from "./pair-configs.ts";
import {
  makePaint,
  type Paint,
  renderLegend,
  renderMillis,
  renderTable,
  timelineHead,
} from "./timeline.ts";

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const usage = "usage: npm run demo -- [--daemon holdfast|keepalived]\n";

/** The daemon named by the command line; undefined if the arguments are invalid. */
function chooseDaemon(words: readonly string[]): DaemonCommand | undefined {
  const options = ["-n", "-l", "-D", "-f", configPath];
  const [option, name = "", ...more] = words.length === 0 ? ["--daemon", "holdfast"] : words;
  if (option !== "--daemon" || more.length > 0) return undefined;
  if (name === "holdfast") {
    return { name, argv: [process.execPath, join(projectRoot, "bin/holdfast"), ...options] };
  }
  return name === "keepalived" ? { name, argv: ["keepalived", ...options] } : undefined;
}

function printOpening(daemon: DaemonCommand, paint: Paint): void {
  print(
    paint(
      "strong",
      `${daemon.name}: two nodes share ${pairAAddress}, a client probes it 200 times a second`,
    ),
  );
  print("");
  print("  r1  192.168.7.1  priority 99     r2  192.168.7.2  priority 90     adverts every second");
  print(`  ${renderLegend(paint)}`);
  const { HOLDFAST_USER_NAMESPACE } = process.env;
  if (HOLDFAST_USER_NAMESPACE !== undefined) {
    print("  Not root: everything runs in a user namespace, and the check runs as root in it,");
    print("  not as keepalived_script.");
  }
}

/** Both nodes still held the address at the end of the act. */
const endless = "endless";

/** How long both nodes held the address in overlaps that began between `from` and `to`. */
function renderHeldByBoth(overlaps: readonly Overlap[], from: number, to: number): string {
  const begun = overlaps.filter((overlap) => overlap.from >= from && overlap.from < to);
  if (begun.length === 0) return "never";
  if (begun.some(({ to: until }) => until === undefined || until > to)) return endless;
  return renderMillis(begun.reduce((sum, overlap) => sum + (overlap.to ?? to) - overlap.from, 0));
}

function printSummary(
  outcomes: readonly ActOutcome[],
  lab: Lab,
  daemon: DaemonCommand,
  paint: Paint,
): void {
  const overlaps = lab.overlaps(pairAAddress);
  const rows = outcomes.map(({ act, from, to, lostMillis }) => {
    const lost = lostMillis === undefined ? "–" : renderMillis(lostMillis);
    return [act.title, lost, renderHeldByBoth(overlaps, from, to)];
  });
  const isEndless = rows.some((row) => row.includes(endless));
  print("");
  print(paint("strong", "Summary"));
  const [head = "", ...lines] = renderTable([["", "outage", "address on both"], ...rows]);
  print(paint("faint", `  ${head}`));
  for (const line of lines) print(`  ${line}`);
  print("");
  print("  A few milliseconds on both are normal at a takeover: the new holder adds the address");
  print("  before the old one removes it.");
  if (isEndless) {
    print("  Endless: both held the address until the daemon was started or woken. The client");
    print("  reaches the node its switch heard last; connections to the other node break.");
  }
  if (daemon.name === "holdfast") {
    print("  The same acts with keepalived: npm run demo -- --daemon keepalived");
  }
}

async function playActs(stage: DemoStage): Promise<ActOutcome[]> {
  const outcomes: ActOutcome[] = [];
  for (const [index, act] of acts.entries()) {
    stage.showHeading(`${index + 1}. ${act.title}`, act.why);
    const from = wallMillis();
    const gapsBefore = stage.client.gaps.length;
    await act.play(stage);
    const gaps = stage.client.gaps.slice(gapsBefore);
    const lostMillis =
      act.isFirst === true ? undefined : gaps.reduce((sum, gap) => sum + gap.millis, 0);
    outcomes.push({ act, from, to: wallMillis(), lostMillis });
  }
  return outcomes;
}

async function main(): Promise<number> {
  // End the demo, and with it the lab, when its output is closed (`| head`).
  process.stdout.on("error", () => process.exit(1));
  const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const paint = makePaint(colours);
  const daemon = chooseDaemon(process.argv.slice(2));
  if (daemon === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const begin = wallMillis();
  printOpening(daemon, paint);
  let stage: DemoStage | undefined;
  const lab = await createLab({
    name: "demo",
    handleSignals: false,
    onAddressChange: (change) => stage?.showAddressChange(change),
  });
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // Arrives twice: the terminal signals the whole process group, and our parent forwards it.
    if (isEnding) return;
    isEnding = true;
    print(`\n${signal}: removing the hosts and their daemons`);
    void lab.close().then(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  try {
    const pair = await buildPairA(lab);
    stage = await DemoStage.open({ lab, pair, daemon, paint, print });
    print("");
    print(paint("faint", timelineHead));
    const outcomes = await playActs(stage);
    await stage.close();
    printSummary(outcomes, lab, daemon, paint);
    print("");
    print(`  Took ${renderMillis(wallMillis() - begin)}. The lab is removed.`);
    return 0;
  } catch (error) {
    await stage?.close();
    print("");
    print(paint("bad", `Demo failed: ${(error as Error).message}`));
    return 1;
  } finally {
    await lab.close();
  }
}

process.exitCode = await main();
