// Delivers the engine's notifications: FIFO lines at once, scripts in order.

import type { VrrpPart } from "../config/config.ts";
import type { Fifo } from "../config/global/global-config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { ScriptRunner } from "../os/script/child-process.ts";
import { type NotifyFifo, openNotifyFifo } from "./fifo.ts";
import { type FifoReader, startFifoReader } from "./fifo-reader.ts";
import { readerObstacle } from "./fifo-trust.ts";
import { type Notification, planNotification } from "./notifications.ts";
import { createNotificationQueue } from "./queue.ts";

export interface Notifier {
  /** Applies the first or a reloaded configuration: opens or reopens FIFOs and starts their readers. */
  configure(config: VrrpPart): void;
  notify(notification: Notification): void;
  /** Waits for the scripts up to `limitMicros`. Returns the number of waiting and running scripts. */
  drain(limitMicros: Micros): Promise<number>;
  /** Closes the FIFOs and terminates their readers. */
  close(): void;
  /** The number of notifications with waiting or running scripts. */
  waiting(): number;
}

export interface NotifierOptions {
  readonly runner: Pick<ScriptRunner, "startScript">;
  readonly log: Log;
  /** For details that are logged with `-D` only. */
  readonly logDetail: Log;
}

interface OpenFifo {
  readonly config: Fifo;
  readonly fifo: NotifyFifo;
  reader: FifoReader | undefined;
}

/** Creates a notifier without instances and FIFOs; call `configure` next. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { runner, log } = options;
  const queue = createNotificationQueue(options);
  let instances: ReadonlyMap<string, InstanceConfig> = new Map();
  /** From the previous configuration: an instance that a reload removes still notifies its end. */
  let previousInstances: ReadonlyMap<string, InstanceConfig> = new Map();
  let fifos: OpenFifo[] = [];

  const startReader = (config: Fifo): FifoReader | undefined => {
    const { path, script } = config;
    if (script === undefined) return undefined;
    const findObstacle = (): string | undefined => readerObstacle(path, config, script.uid);
    return startFifoReader(runner, script, path, log, findObstacle);
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
  const reopen = ({ fifo, reader }: OpenFifo, config: Fifo): OpenFifo => {
    reader?.stop();
    fifo.reopen();
    return { config, fifo, reader: startReader(config) };
  };
  const close = ({ fifo, reader }: OpenFifo): void => {
    reader?.stop();
    fifo.close();
  };

  return {
    configure: ({ global, instances: configured }) => {
      previousInstances = instances;
      instances = new Map(configured.map((instance) => [instance.name, instance]));
      const wanted = [global.notifyFifo, global.vrrpNotifyFifo].filter(
        (fifo) => fifo !== undefined,
      );
      const openFifos = new Map(fifos.map((fifo) => [identity(fifo.config), fifo]));
      const wantedIdentities = new Set(wanted.map(identity));
      for (const fifo of fifos) {
        if (!wantedIdentities.has(identity(fifo.config))) close(fifo);
      }
      fifos = wanted.flatMap((config) => {
        const openFifo = openFifos.get(identity(config));
        return openFifo === undefined ? open(config) : [reopen(openFifo, config)];
      });
    },
    notify: (notification) => {
      const { instance: name } = notification;
      const instance = instances.get(name) ?? previousInstances.get(name);
      if (instance === undefined) {
        log("warning", `(${name}) ${notification.state} not notified: unknown instance`);
        return;
      }
      const plan = planNotification(notification, instance);
      // Write lines at once, without waiting for slow scripts.
      for (const { fifo } of fifos) fifo.write(plan.fifoLine);
      queue.add(plan);
    },
    drain: queue.drain,
    close: () => {
      for (const fifo of fifos) close(fifo);
      fifos = [];
    },
    waiting: queue.waiting,
  };
}

function identity({ path, uid, gid }: Fifo): string {
  return JSON.stringify([path, uid, gid]);
}
