// Reading the configuration, with everything that it takes: only who reads it loads this.

import { diagnosticRenderer } from "../../config/diagnostic/render.ts";
import { readConfig } from "../../config/read-config.ts";
import type { Registry } from "../../config/registry.ts";
import { listConfigDirectory, readConfigFile } from "./config-files.ts";
import type { LoadedConfig, ReadRequest } from "./loaded-config.ts";
import { systemFacts } from "./system.ts";

/**
 * Reads the configuration in the network namespace that the calling thread is in. Strict, when the request or the file
 * says so: then every error is fatal. In the language of `registry`, or else holdfast's.
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
