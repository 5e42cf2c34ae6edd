// `npm run demo`: two nodes and a client on one switch, and everything that can happen to them, live.
// Arguments: `--daemon keepalived` shows what Debian's keepalived does in the same places.

import { constants } from "node:os";
import { join } from "node:path";
import type { Overlap } from "./address-watch.ts";
import { projectRoot } from "./anchor.ts";
import { wallMillis } from "./clock.ts";
import { type Act, type ActOutcome, acts } from "./demo-acts.ts";
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

/** The daemon that `words` ask for, or undefined when they are not what the usage says. */
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
      `${daemon.name}: two nodes share ${pairAAddress}, a client asks it 200 times a second`,
    ),
  );
  print("");
  print("  r1  192.168.7.1  priority 99     r2  192.168.7.2  priority 90     adverts every second");
  print(`  ${renderLegend(paint)}`);
  const { HOLDFAST_USER_NAMESPACE } = process.env;
  if (HOLDFAST_USER_NAMESPACE !== undefined) {
    print("  Without root all of it runs in a user namespace: the check runs as its root there,");
    print("  not as keepalived_script.");
  }
}

/** Held by both when the act was over. */
const withoutEnd = "without end";

/** For how long two nodes held the address because of what happened from `from` to `to`. */
function renderHeldTwice(overlaps: readonly Overlap[], from: number, to: number): string {
  const begun = overlaps.filter((overlap) => overlap.from >= from && overlap.from < to);
  if (begun.length === 0) return "never";
  if (begun.some(({ to: until }) => until === undefined || until > to)) return withoutEnd;
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
    const lost = lostMillis === undefined ? "nothing yet" : renderMillis(lostMillis);
    return [act.title, lost, renderHeldTwice(overlaps, from, to)];
  });
  const isEndless = rows.some((row) => row.includes(withoutEnd));
  print("");
  print(paint("strong", "Summary"));
  const [head = "", ...lines] = renderTable([["", "client lost", "address held twice"], ...rows]);
  print(paint("faint", `  ${head}`));
  for (const line of lines) print(`  ${line}`);
  print("");
  print(
    "  A few milliseconds at a takeover are VRRP's own way: the new holder announces itself first.",
  );
  if (isEndless) {
    print(
      "  Without end: both held it until somebody came and started or woke the daemon. The client",
    );
    print(
      "  is answered by whichever its switch heard last, and connections to the other one break.",
    );
  }
  if (daemon.name === "holdfast") {
    print("  What keepalived does in the same places: npm run demo -- --daemon keepalived");
  }
}

async function play(stage: DemoStage, script: readonly Act[]): Promise<ActOutcome[]> {
  const outcomes: ActOutcome[] = [];
  for (const [index, act] of script.entries()) {
    stage.announce(`${index + 1}. ${act.title}`, act.why);
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
  // A reader that goes away (`| head`) ends the demo; the lab goes with it.
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
    onAddressChange: (change) => stage?.tellAddress(change),
  });
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // A terminal tells the whole group, and those who started us pass it on: it comes twice.
    if (isEnding) return;
    isEnding = true;
    print(`\n${signal}: the hosts and their daemons are taken away`);
    void lab.close().then(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  try {
    const pair = await buildPairA(lab);
    stage = await DemoStage.open({ lab, pair, daemon, paint, print });
    print("");
    print(paint("faint", timelineHead));
    const outcomes = await play(stage, acts);
    await stage.close();
    printSummary(outcomes, lab, daemon, paint);
    print("");
    print(`  ${renderMillis(wallMillis() - begin)} in all; nothing is left behind.`);
    return 0;
  } catch (error) {
    await stage?.close();
    print("");
    print(paint("bad", `The demo stops: ${(error as Error).message}`));
    return 1;
  } finally {
    await lab.close();
  }
}

process.exitCode = await main();
