// The result of a reading: files, configuration and findings.

import type { Config } from "../../config/config.ts";
import type { Diagnostic } from "../../config/diagnostic/diagnostic.ts";
import type { RenderedDiagnostic } from "../../config/diagnostic/render.ts";

/** A diagnostic with its rendered text. */
export interface Finding extends RenderedDiagnostic {
  readonly diagnostic: Diagnostic;
}

export interface LoadedConfig {
  /** Undefined if and only if a finding is fatal. */
  readonly config: Config | undefined;
  /** The paths of all files read, the main one first. */
  readonly files: readonly string[];
  /** In the order they were found. */
  readonly findings: readonly Finding[];
}

/** The diagnostics of all findings. */
export function diagnosticsOf({ findings }: LoadedConfig): Diagnostic[] {
  return findings.map(({ diagnostic }) => diagnostic);
}

/** The diagnostics that prevent a start with `loaded`. */
export function startRefusals(loaded: LoadedConfig): readonly Diagnostic[] {
  return diagnosticsOf(loaded).filter(({ grade }) => grade === "fatal");
}
