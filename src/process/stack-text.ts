// What a bug says of itself: its stack, with the places in the sources and not in the files that they were made into.

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** A place in a stack: `/path/file.js:line:column`, of a module as a URL. */
const PLACE = /(file:\/\/)?\/[^\s():]+\.js(?=:(\d+):(\d+))(:\d+:\d+)/g;

/**
 * The stack of `error`, or what was thrown instead of one. The source maps are read only now: Node would read them at
 * every start. Without a map beside it a file keeps its place.
 */
export function stackText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const maps = new Map<string, SourceMap | undefined>();
  return (error.stack ?? error.message).replace(PLACE, (place, scheme, line, column) => {
    const name = place.slice(0, place.lastIndexOf(`:${line}:${column}`));
    const path = scheme === undefined ? name : fileURLToPath(name);
    if (!maps.has(path)) maps.set(path, readMap(`${path}.map`));
    const origin = maps.get(path)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !("fileName" in origin)) return place;
    // Relative to the file: what is left is the path in the repository.
    const source = origin.fileName.replace(/^(\.\.\/)+/, "");
    return `${source}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}
