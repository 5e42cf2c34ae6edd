// What happens in the demo, in order.

import { sleep } from "./clock.ts";
import type { DemoStage } from "./demo-stage.ts";
import { downFile } from "./pair-a.ts";

/** One thing that is shown. */
export interface Act {
  readonly title: string;
  /** What to expect, and why. */
  readonly why: string;
  /** Before it the client never had an answer. */
  readonly isFirst?: boolean;
  readonly play: (stage: DemoStage) => Promise<void>;
}

/** What an act gave. Times are wall-clock milliseconds. */
export interface ActOutcome {
  readonly act: Act;
  readonly from: number;
  readonly to: number;
  /** How long the client had no answer; undefined where it never had one before. */
  readonly lostMillis: number | undefined;
}

// Long enough to see that it stays so.
const calmMillis = 1_000;

/** The acts, in the order in which they are played. */
export const acts: readonly Act[] = [
  {
    title: "the lower node starts",
    why: "Nobody else sends adverts: after three intervals and the skew it takes the address.",
    isFirst: true,
    play: async (stage) => {
      stage.start("r2");
      await stage.settles("r2");
    },
  },
  {
    title: "the higher node starts",
    why: "Priority 99 against 90: it takes over.",
    play: async (stage) => {
      stage.start("r1");
      await stage.settles("r1");
      await sleep(calmMillis);
    },
  },
  {
    title: "a check fails on r1",
    why: "Two failures in a row cost 15: 84 is less than r2's 90.",
    play: async (stage) => {
      stage.does("r1", `touch ${downFile}`);
      stage.host("r1").write(downFile, "");
      await stage.settles("r2");
      await sleep(calmMillis);
    },
  },
  {
    title: "the check succeeds again",
    why: "99 again: r1 takes it back.",
    play: async (stage) => {
      stage.does("r1", `rm ${downFile}`);
      stage.host("r1").remove(downFile);
      await stage.settles("r1");
      await sleep(calmMillis);
    },
  },
  {
    title: "r1's daemon is killed",
    why: "kill -9 of every process: nobody is left to take the address away but the kernel.",
    play: async (stage) => {
      await stage.kill("r1");
      await stage.settles("r2");
      await sleep(calmMillis);
    },
  },
  {
    title: "r1 is started again",
    why: "It takes over as if nothing had been.",
    play: async (stage) => {
      stage.start("r1");
      await stage.settles("r1");
      await sleep(calmMillis);
    },
  },
  {
    title: "only r1's VRRP process is killed",
    why: "kill -9 of the child alone: its parent starts another one.",
    play: async (stage) => {
      stage.killChild("r1");
      await sleep(1_500);
      await stage.settles("r1");
    },
  },
  {
    title: "r1's daemon is frozen",
    why: "SIGSTOP of every process: it hears nothing, sends nothing, and does not know.",
    play: async (stage) => {
      await stage.freeze("r1");
      await stage.settles("r2");
      await sleep(calmMillis);
    },
  },
  {
    title: "r1 wakes up",
    why: "SIGCONT: it must look before it acts, and then contend again.",
    play: async (stage) => {
      stage.thaw("r1");
      await sleep(200);
      await stage.settles("r1");
      await sleep(calmMillis);
    },
  },
  {
    title: "r1 is stopped in good order",
    why: "SIGTERM: it says so with priority 0, and r2 need not wait.",
    play: async (stage) => {
      await stage.stop("r1");
      await stage.settles("r2");
      await sleep(calmMillis);
    },
  },
];
