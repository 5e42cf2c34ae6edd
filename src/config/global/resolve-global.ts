// Resolves the global settings that need code.

import type { Command } from "../../lib/script.ts";
import type { CommandDraft } from "../keyword/command.ts";
import type { Values } from "../keyword/values.ts";
import type { FifoDraft } from "./fifo-rows.ts";
import type { Fifo, GlobalConfig, GlobalFields, GlobalGiven } from "./global-config.ts";
import type { CommandResolver } from "./resolve-command.ts";

/** The global part of the configuration. */
export function resolveGlobal(
  given: GlobalGiven,
  values: Values,
  commands: CommandResolver,
): GlobalConfig {
  const script = (command: CommandDraft | undefined): Command | undefined =>
    command && commands.resolve(command, "notify", "global_defs");
  const fifo = (
    draft: FifoDraft | undefined,
    reader: CommandDraft | undefined,
  ): Fifo | undefined => {
    const user = draft && (draft.user ?? commands.defaultUser());
    if (draft === undefined || user === undefined) return undefined;
    const { uid, gid } = user;
    const command = script(reader);
    // The path of a FIFO is the last argument of the program that reads it.
    return {
      path: draft.path,
      uid,
      gid,
      script: command && { ...command, argv: [...command.argv, draft.path] },
    };
  };
  const isOneFifo = given.vrrpNotifyFifo?.path === given.notifyFifo?.path;
  return {
    ...(values.config() as unknown as GlobalFields),
    vrrpNotifyFifo: isOneFifo
      ? undefined
      : fifo(given.vrrpNotifyFifo, given["vrrpNotifyFifo.script"]),
    notifyFifo: fifo(given.notifyFifo, given["notifyFifo.script"]),
    startupScript: script(given.startupScript),
    shutdownScript: script(given.shutdownScript),
  };
}
