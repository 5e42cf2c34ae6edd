// Tells people and programs what the engine says: FIFO lines at once, scripts in order.

import type { Fifo, InstanceConfig, VrrpPart } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { ScriptRunner } from "../os/script/child-process.ts";
import { type NotifyFifo, openNotifyFifo } from "./fifo.ts";
import { type FifoReader, startFifoReader } from "./fifo-reader.ts";
import { readerObstacle } from "./fifo-trust.ts";
import { type Notification, planNotification } from "./notifications.ts";
import { createNotificationQueue } from "./queue.ts";

export interface Notifier {
  /** Takes a configuration, the first or a new one: FIFOs are reopened, their readers started. */
  configure(config: VrrpPart): void;
  notify(notification: Notification): void;
  /** Waits for the scripts, `limitMicros` at most; gives how many were still to run or running then. */
  drain(limitMicros: Micros): Promise<number>;
  /** Closes the FIFOs and ends their readers. */
  close(): void;
  /** How many events wait for their scripts. */
  waiting(): number;
}

export interface NotifierOptions {
  readonly runner: Pick<ScriptRunner, "startScript">;
  readonly log: Log;
  /** For what only `-D` shows. */
  readonly logDetail: Log;
}

interface OpenFifo {
  readonly config: Fifo;
  readonly fifo: NotifyFifo;
  reader: FifoReader | undefined;
}

/** Makes a notifier that knows no instances and has no FIFOs until it is configured. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { runner, log } = options;
  const queue = createNotificationQueue(options);
  let instances: ReadonlyMap<string, InstanceConfig> = new Map();
  /** Of the configuration before: what a reload takes away has last words. */
  let former: ReadonlyMap<string, InstanceConfig> = new Map();
  let fifos: OpenFifo[] = [];

  const startReader = (config: Fifo): FifoReader | undefined => {
    const { path, script } = config;
    if (script === undefined) return undefined;
    const obstacle = (): string | undefined => readerObstacle(path, config, script.uid);
    return startFifoReader(runner, script, path, log, obstacle);
  };
  const open = (config: Fifo): OpenFifo[] => {
    const { path, uid, gid } = config;
    const fifo = openNotifyFifo({ path, uid, gid, log });
    if ("reason" in fifo) {
      log("error", `Unable to open notify FIFO ${path}: ${fifo.reason}`);
      return [];
    }
    return [{ config, fifo, reader: startReader(config) }];
  };
  const reopen = (known: OpenFifo, config: Fifo): OpenFifo => {
    known.reader?.stop();
    known.fifo.reopen();
    return { config, fifo: known.fifo, reader: startReader(config) };
  };
  const close = ({ fifo, reader }: OpenFifo): void => {
    reader?.stop();
    fifo.close();
  };

  return {
    configure: ({ global, instances: configured }) => {
      former = instances;
      instances = new Map(configured.map((instance) => [instance.name, instance]));
      const wanted = [global.notifyFifo, global.vrrpNotifyFifo].filter(
        (fifo) => fifo !== undefined,
      );
      const kept = new Map(fifos.map((known) => [identity(known.config), known]));
      for (const known of fifos) {
        if (!wanted.some((fifo) => identity(fifo) === identity(known.config))) close(known);
      }
      fifos = wanted.flatMap((fifo) => {
        const known = kept.get(identity(fifo));
        return known === undefined ? open(fifo) : [reopen(known, fifo)];
      });
    },
    notify: (notification) => {
      const { instance: name } = notification;
      const instance = instances.get(name) ?? former.get(name);
      if (instance === undefined) {
        log(
          "warning",
          `(${name}) ${notification.state} is not told: the instance is not configured`,
        );
        return;
      }
      const plan = planNotification(notification, instance);
      // Lines are told at once: a reader does not wait for somebody's slow script.
      for (const { fifo } of fifos) fifo.write(plan.fifoLine);
      queue.add(plan);
    },
    drain: queue.drain,
    close: () => {
      for (const known of fifos) close(known);
      fifos = [];
    },
    waiting: queue.waiting,
  };
}

function identity({ path, uid, gid }: Fifo): string {
  return JSON.stringify([path, uid, gid]);
}
