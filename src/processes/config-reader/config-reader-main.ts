// The process that reads a configuration for the parent and exits. Its input can be any file, so its time and memory are
// limited; if it dies, the configuration is refused.

import { setFlagsFromString } from "node:v8";
import type { Registry } from "../../config/registry.ts";
import { signalOnParentDeath } from "../../os/process/process-control.ts";
import {
  disableCoreDumps,
  limitProcessorTime,
  preferAsOomVictim,
} from "../../os/process/resource-limits.ts";
import { onSignal } from "../../os/process/signal.ts";
import { EXIT_INTERNAL, EXIT_OK } from "../../process/exit-code.ts";
import { nameProcess } from "../../process/process-settings.ts";
import { type ConfigMessage, configMessages, MOST_PROCESSOR_SECONDS } from "./config-message.ts";
import { loadConfig } from "./load-config.ts";
import type { ReadRequest } from "./read-request.ts";

/** Reads what `request` (a ReadRequest as JSON) asks for and sends it to the parent. */
export function runConfigReader(
  programName: string,
  request: string,
  registry: Registry | undefined,
): void {
  // The terminal sends it to every process of the daemon, but only the parent acts on it.
  onSignal("SIGINT", () => undefined);
  if (!signalOnParentDeath("SIGKILL", process.ppid) || process.send === undefined) {
    process.exit(EXIT_INTERNAL);
  }
  limitProcessorTime(MOST_PROCESSOR_SECONDS);
  disableCoreDumps();
  preferAsOomVictim();
  nameProcess(programName, "config-reader", undefined);
  setFlagsFromString("--semi-space-growth-factor=2");
  send(messagesOf(request, registry));
}

function messagesOf(request: string, registry: Registry | undefined): ConfigMessage[] {
  try {
    return configMessages(loadConfig(JSON.parse(request) as ReadRequest, registry));
  } catch (error) {
    return [{ kind: "failed", reason: (error as Error).message }];
  }
}

function send(messages: readonly ConfigMessage[]): void {
  for (const message of messages.slice(0, -1)) process.send?.(message);
  process.send?.(messages[messages.length - 1], () => process.exit(EXIT_OK));
}
