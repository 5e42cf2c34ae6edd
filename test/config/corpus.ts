// Reads the corpus: small configurations whose header states the expected result.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository.ts";

export interface CorpusFile {
  readonly name: string;
  readonly path: string;
  readonly what: string;
  readonly text: string;
  /** The codes of its diagnostics in order. */
  readonly codes: readonly string[];
  /** The exit status of `-t`. */
  readonly exit: number;
  /** The exit status of keepalived 2.2.7. */
  readonly exitOf227: number;
}

/** Reads all files of test/config/corpus. */
export function readCorpus(): CorpusFile[] {
  const directory = join(repositoryRoot(), "test/config/corpus");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".conf"))
    .toSorted()
    .map((name) => {
      const path = join(directory, name);
      const text = readFileSync(path, "utf8");
      const [what = "", ...lines] = text.split("\n");
      const header = (key: string): string | undefined =>
        lines.find((line) => line.startsWith(`! ${key}: `))?.slice(key.length + 4);
      const codes = header("codes") ?? "";
      const exit = Number(header("exit"));
      return {
        name,
        path,
        what: what.replace(/^! /, ""),
        text,
        codes: codes === "none" ? [] : codes.split(" "),
        exit,
        exitOf227: Number(header("keepalived 2.2.7")?.split(",", 1)[0] ?? exit),
      };
    });
}
