// The acts of the demo, in order.

import { sleep } from "./clock.ts";
import type { DemoStage } from "./demo-stage.ts";
import { downFile } from "./pair-a.ts";

/** One event of the demo. */
export interface Act {
  readonly title: string;
  /** The expected result and its reason. */
  readonly why: string;
  /** True for the act before which the client had no answer yet. */
  readonly isFirst?: boolean;
  readonly play: (stage: DemoStage) => Promise<void>;
}

/** The result of an act. Times are wall-clock milliseconds. */
export interface ActOutcome {
  readonly act: Act;
  readonly from: number;
  readonly to: number;
  /** How long the client got no answer; undefined if it had none before the act. */
  readonly lostMillis: number | undefined;
}

// Shows that the new state is stable.
const pauseMillis = 1_000;

/** The acts, in the order in which they are played. */
export const acts: readonly Act[] = [
  {
    title: "the lower node starts",
    why: "It receives no adverts: after three intervals and the skew time it takes the address.",
    isFirst: true,
    play: async (stage) => {
      stage.start("r2");
      await stage.waitUntilSettled("r2");
    },
  },
  {
    title: "the higher node starts",
    why: "Priority 99 against 90: it takes over.",
    play: async (stage) => {
      stage.start("r1");
      await stage.waitUntilSettled("r1");
      await sleep(pauseMillis);
    },
  },
  {
    title: "a check fails on r1",
    why: "Two failures in a row cost 15: 84 is less than r2's 90.",
    play: async (stage) => {
      stage.showCommand("r1", `touch ${downFile}`);
      stage.host("r1").write(downFile, "");
      await stage.waitUntilSettled("r2");
      await sleep(pauseMillis);
    },
  },
  {
    title: "the check succeeds again",
    why: "Back at 99: r1 takes the address back.",
    play: async (stage) => {
      stage.showCommand("r1", `rm ${downFile}`);
      stage.host("r1").remove(downFile);
      await stage.waitUntilSettled("r1");
      await sleep(pauseMillis);
    },
  },
  {
    title: "r1's daemon is killed",
    why: "kill -9 of every process: only the kernel is left to remove the address.",
    play: async (stage) => {
      await stage.kill("r1");
      await stage.waitUntilSettled("r2");
      await sleep(pauseMillis);
    },
  },
  {
    title: "r1 is started again",
    why: "It takes the address back.",
    play: async (stage) => {
      stage.start("r1");
      await stage.waitUntilSettled("r1");
      await sleep(pauseMillis);
    },
  },
  {
    title: "only r1's VRRP process is killed",
    why: "kill -9 of the child alone: its parent starts a new one.",
    play: async (stage) => {
      stage.killChild("r1");
      await sleep(1_500);
      await stage.waitUntilSettled("r1");
    },
  },
  {
    title: "r1's daemon is frozen",
    why: "SIGSTOP of every process: it neither sends nor receives, and does not notice.",
    play: async (stage) => {
      await stage.freeze("r1");
      await stage.waitUntilSettled("r2");
      await sleep(pauseMillis);
    },
  },
  {
    title: "r1 wakes up",
    why: "SIGCONT: it must check who holds the address before it contends for it again.",
    play: async (stage) => {
      stage.thaw("r1");
      await sleep(200);
      await stage.waitUntilSettled("r1");
      await sleep(pauseMillis);
    },
  },
  {
    title: "r1 is stopped",
    why: "SIGTERM: it resigns with priority 0, so r2 need not wait.",
    play: async (stage) => {
      await stage.stop("r1");
      await stage.waitUntilSettled("r2");
      await sleep(pauseMillis);
    },
  },
];
