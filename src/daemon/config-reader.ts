// The parent's side of the process that reads a configuration: no file may hold the parent up or fill its memory.

import { type ChildProcess, spawn } from "node:child_process";
import { childArguments } from "./child-argument.ts";
import { ConfigAssembly, parseConfigMessage } from "./config-message.ts";
import type { LoadedConfig, ReadRequest } from "./load-config.ts";

/** Far more than the largest configuration needs: the limits of its content are reached before. */
export const MOST_PROCESSOR_SECONDS = 10;
/** For a file system that does not answer. */
const LONGEST_READING_MILLIS = 30_000;
/** Of V8's heap; the rest of a process of Node comes to some 60 MiB. */
const MOST_HEAP_MEBIBYTES = 192;

/** A reading that is under way. */
export interface Reading {
  /** Rejects with an Error when there is no result, for whatever reason. */
  readonly result: Promise<LoadedConfig>;
  /** Ends the process; the result rejects. */
  abandon(): void;
}

/** Has another process, in the calling thread's network namespace, read what `request` says. */
export function startReading(request: ReadRequest, programName: string): Reading {
  const words = [programName, JSON.stringify(request)];
  const options = [`--max-old-space-size=${MOST_HEAP_MEBIBYTES}`];
  let reader: ChildProcess;
  try {
    reader = spawn(process.execPath, childArguments("config-reader", words, options), {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
    });
  } catch (error) {
    return { result: Promise.reject(error as Error), abandon: () => undefined };
  }
  return { result: receive(reader), abandon: () => void reader.kill("SIGKILL") };
}

function receive(reader: ChildProcess): Promise<LoadedConfig> {
  const assembly = new ConfigAssembly();
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reader.kill("SIGKILL");
      reject(new Error(reason));
    };
    const timer = setTimeout(
      () => fail(`reading it took longer than ${LONGEST_READING_MILLIS / 1000} seconds`),
      LONGEST_READING_MILLIS,
    );
    reader.on("error", (error) => fail(error.message));
    reader.on("message", (received) => {
      const message = parseConfigMessage(received);
      if (message === undefined) fail("the reading process sent an invalid message");
      else if (message.kind === "failed") fail(message.reason);
      else if (message.kind !== "end") assembly.take(message);
      else {
        clearTimeout(timer);
        resolve(assembly.loaded());
      }
    });
    reader.once("close", (status, signal) => fail(describeEnd(status, signal)));
  });
}

/** Why a process ended that sent no result. */
function describeEnd(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGXCPU")
    return `reading it took more than ${MOST_PROCESSOR_SECONDS} s of a processor`;
  if (signal === "SIGABRT") return `reading it took more than ${MOST_HEAP_MEBIBYTES} MiB of memory`;
  return `the reading process ended ${signal === null ? `with status ${status}` : `by ${signal}`}`;
}
