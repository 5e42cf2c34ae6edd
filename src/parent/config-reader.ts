// Has a separate process read the configuration, so that no file can block the parent or fill its memory.

import { type ChildProcess, spawn } from "node:child_process";
import type { Options } from "../cli/options.ts";
import { unreachable } from "../lib/assert.ts";
import { childArguments, environmentWithoutTls } from "../process/child-start.ts";
import {
  ConfigAssembly,
  MOST_PROCESSOR_SECONDS,
  parseConfigMessage,
} from "../processes/config-reader/config-message.ts";
import type { LoadedConfig } from "../processes/config-reader/loaded-config.ts";
import { type ReadRequest, readRequest } from "../processes/config-reader/read-request.ts";

/** For a file system that does not respond. */
const LONGEST_READING_MILLIS = 30_000;
/** Of V8's heap; the rest of a Node process takes some 60 MiB. */
const MOST_HEAP_MEBIBYTES = 192;

/** Signals sent to all processes of the daemon kill a Node process that has just started and cannot ignore them yet. */
const STRAY_SIGNALS: ReadonlySet<string> = new Set([
  "SIGHUP",
  "SIGINT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
]);
/** Starts of a reader that such a signal kills. */
const MOST_STARTS = 3;

/** A reading in progress. */
export interface Reading {
  /** The main file. */
  readonly path: string;
  /** Rejects with an Error if there is no result, for any reason. */
  readonly result: Promise<LoadedConfig>;
  /** Kills the process; the result rejects. */
  abandon(): void;
}

export interface ReaderStart {
  readonly options: Options;
  readonly programName: string;
  /** The program's main file. */
  readonly main: string;
}

/** Has another process read the configuration chosen by `options`, in the calling thread's network namespace. */
export function readConfiguration({ options, programName, main }: ReaderStart): Reading {
  const request = readRequest(options);
  let reader: ChildProcess | undefined;
  let isAbandoned = false;
  const attempt = async (startsLeft: number): Promise<LoadedConfig> => {
    reader = spawnReader(request, programName, main);
    try {
      return await receive(reader);
    } catch (error) {
      const isStray = error instanceof EndedBySignal && STRAY_SIGNALS.has(error.signal);
      if (!isStray || isAbandoned || startsLeft === 0) throw error;
      return attempt(startsLeft - 1);
    }
  };
  const result = attempt(MOST_STARTS - 1);
  // It may reject before it is awaited.
  result.catch(() => undefined);
  return {
    path: request.path,
    result,
    abandon: () => {
      isAbandoned = true;
      reader?.kill("SIGKILL");
    },
  };
}

function spawnReader(request: ReadRequest, programName: string, main: string): ChildProcess {
  const words = [programName, JSON.stringify(request)];
  const options = [`--max-old-space-size=${MOST_HEAP_MEBIBYTES}`];
  return spawn(process.execPath, childArguments(main, "config-reader", words, options), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
    env: environmentWithoutTls(),
  });
}

/** A signal ended the reader before it sent its result. */
class EndedBySignal extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(describeSignal(signal));
    this.signal = signal;
  }
}

function receive(reader: ChildProcess): Promise<LoadedConfig> {
  const assembly = new ConfigAssembly();
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reader.kill("SIGKILL");
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new Error(`reading it took longer than ${LONGEST_READING_MILLIS / 1000} seconds`)),
      LONGEST_READING_MILLIS,
    );
    reader.on("error", fail);
    reader.on("message", (received) => {
      try {
        const message = parseConfigMessage(received);
        switch (message.kind) {
          case "piece":
            assembly.take(message);
            break;
          case "end":
            resolve(assembly.loaded());
            clearTimeout(timer);
            break;
          case "failed":
            fail(new Error(message.reason));
            break;
          default:
            unreachable(message);
        }
      } catch (error) {
        const reason = (error as Error).message;
        fail(new Error(`the reading process sent an invalid message: ${reason}`));
      }
    });
    reader.once("close", (status, signal) => {
      if (signal !== null) fail(new EndedBySignal(signal));
      else fail(new Error(`the reading process ended with status ${status}`));
    });
  });
}

function describeSignal(signal: NodeJS.Signals): string {
  if (signal === "SIGXCPU")
    return `reading it took more than ${MOST_PROCESSOR_SECONDS} s of processor time`;
  if (signal === "SIGABRT") return `reading it took more than ${MOST_HEAP_MEBIBYTES} MiB of memory`;
  return `the reading process ended by ${signal}`;
}
