// Reads and checks the configuration. Loads all keywords, so only the processes that need them import this.

import { diagnosticRenderer } from "../../config/diagnostic/render.ts";
import { readConfig } from "../../config/read-config.ts";
import type { Registry } from "../../config/registry.ts";
import { listConfigDirectory, readConfigFile } from "./config-files.ts";
import type { LoadedConfig } from "./loaded-config.ts";
import type { ReadRequest } from "./read-request.ts";
import { systemFacts } from "./system.ts";

/**
 * Reads the configuration in the calling thread's network namespace. In strict mode, set by the request or the file,
 * every error is fatal. `registry`: its keywords, holdfast's by default.
 */
export function loadConfig(request: ReadRequest, registry?: Registry): LoadedConfig {
  const { config, diagnostics, sources } = readConfig({
    ...request,
    readFile: readConfigFile,
    listDirectory: listConfigDirectory,
    system: systemFacts(),
    ...(registry === undefined ? {} : { registry }),
  });
  const render = diagnosticRenderer(sources);
  const findings = diagnostics.map((diagnostic) => ({ diagnostic, ...render(diagnostic) }));
  return { config, files: [...sources.keys()], findings };
}
