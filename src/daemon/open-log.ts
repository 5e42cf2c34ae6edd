import type { Log } from "../lib/log.ts";
import type { LogSettings } from "./ipc.ts";
export function openLog(ident: string, settings: LogSettings): Log {
  return (level, text) => {
    if (settings.console)
      process.stderr.write(
        `${new Date().toISOString()} ${ident}[${process.pid}] ${level}: ${text}\n`,
      );
  };
}
