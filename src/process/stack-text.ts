// The stack of a bug, with places in the sources instead of the compiled files.

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** A place in a stack: `/path/file.js:line:column`, as a URL in modules. */
const PLACE = /(file:\/\/)?\/[^\s():]+\.js(?=:(\d+):(\d+))(:\d+:\d+)/g;

/**
 * The stack of `error`, or the thrown value as text. Source maps are read only now, since Node's own option reads them
 * at every start. Places in files without a map stay as they are.
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
    // Leaves the path within the repository.
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
