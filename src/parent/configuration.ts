// How the parent gets its configuration: read by another process, in the network namespace that it is for.

import type { Options } from "../cli/options.ts";
import type { Log } from "../lib/log.ts";
import { enterNetworkNamespace } from "../os/net/netns.ts";
import {
  type LoadedConfig,
  logFiles,
  readRequest,
} from "../processes/config-reader/loaded-config.ts";
import { type Reading, startReading } from "./config-reader.ts";

export interface ConfigurationOptions {
  readonly options: Options;
  readonly programName: string;
  /** The program's main file. */
  readonly main: string;
  readonly log: Log;
}

/** Reads the configuration of one daemon, as often as asked. */
export class Configuration {
  readonly #given: ConfigurationOptions;
  #reading: Reading | undefined;
  #isAbandoned = false;

  constructor(given: ConfigurationOptions) {
    this.#given = given;
  }

  /**
   * Enters the network namespace that the command line names, or else the configuration, and reads it there; undefined
   * where that fails (already logged).
   */
  async readInNamespace(): Promise<LoadedConfig | undefined> {
    const { options } = this.#given;
    if (options.netNamespace !== undefined && !this.#enter(options.netNamespace)) return undefined;
    const loaded = await this.read();
    const configured = loaded?.config?.global.netNamespace;
    if (options.netNamespace !== undefined || configured === undefined) return loaded;
    // Other interfaces exist in there.
    return this.#enter(configured) ? this.read() : undefined;
  }

  /** Reads it; undefined where that fails (already logged) or was abandoned. */
  async read(): Promise<LoadedConfig | undefined> {
    const { options, programName, main, log } = this.#given;
    const request = readRequest(options);
    this.#reading = startReading(request, programName, main);
    try {
      const loaded = await this.#reading.result;
      logFiles(request.path, loaded, log, options.logDetail > 0);
      return loaded;
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#isAbandoned) log("error", `The configuration cannot be read: ${reason}`);
      return undefined;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Ends a reading that is under way; nothing is read any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#reading?.abandon();
  }

  #enter(netNamespace: string): boolean {
    try {
      enterNetworkNamespace(netNamespace);
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      this.#given.log("error", `Cannot enter the network namespace ${netNamespace}: ${reason}`);
      return false;
    }
  }
}
