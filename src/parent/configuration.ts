// Reads the parent's configuration, by another process, in the right network namespace.

import type { Log } from "../lib/log.ts";
import { enterNetworkNamespace } from "../os/net/netns.ts";
import type { LoadedConfig } from "../processes/config-reader/loaded-config.ts";
import { type ReaderStart, type Reading, readConfiguration } from "./config-reader.ts";
import { logFiles, unreadableText } from "./reading-log.ts";

export interface ConfigurationOptions extends ReaderStart {
  readonly log: Log;
  /** The first reading, if it has already begun. */
  readonly begun: Reading | undefined;
  /** Called at a start as soon as a reading has begun, in its network namespace, for work that can be done meanwhile. */
  readonly onReading: () => void;
}

/** Reads the configuration of one daemon. */
export class Configuration {
  readonly #given: ConfigurationOptions;
  #reading: Reading | undefined;
  #isAbandoned = false;

  constructor(given: ConfigurationOptions) {
    this.#given = given;
  }

  /**
   * Enters the network namespace set by the command line or else by the configuration, and reads the configuration
   * there; undefined if that fails (already logged).
   */
  async readInNamespace(): Promise<LoadedConfig | undefined> {
    const { options, begun, onReading } = this.#given;
    if (options.netNamespace !== undefined && !this.#enter(options.netNamespace)) return undefined;
    const loading = this.#read(begun ?? readConfiguration(this.#given));
    onReading();
    const loaded = await loading;
    const configured = loaded?.config?.global.netNamespace;
    if (options.netNamespace !== undefined || configured === undefined) return loaded;
    // Read again: other interfaces exist there.
    if (!this.#enter(configured)) return undefined;
    const loadingAgain = this.read();
    onReading();
    return loadingAgain;
  }

  /** Reads the configuration; undefined if that fails (already logged) or was abandoned. */
  read(): Promise<LoadedConfig | undefined> {
    return this.#read(readConfiguration(this.#given));
  }

  async #read(reading: Reading): Promise<LoadedConfig | undefined> {
    const { options, log } = this.#given;
    this.#reading = reading;
    try {
      const loaded = await reading.result;
      logFiles(reading.path, loaded, log, options.logDetail > 0);
      return loaded;
    } catch (error) {
      if (!this.#isAbandoned) log("error", unreadableText(error as Error));
      return undefined;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Ends a reading in progress, without a log line. */
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
