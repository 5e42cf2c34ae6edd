// The keywords of global_defs about notification FIFOs.

import { type Credentials, command, credentials } from "../keyword/command.ts";
import { custom, firstArgument, flag, warnExtra } from "../keyword/keyword.ts";
import type { BuiltRow } from "../keyword/row.ts";

/** A FIFO before its user is known. */
export interface FifoDraft {
  readonly path: string;
  /** Undefined: the default user of scripts. */
  readonly user: Credentials | undefined;
}

function fifo<const F extends string>(
  keyword: string,
  field: F,
  means: string,
): BuiltRow<F, FifoDraft | undefined, "computed"> {
  return custom(
    keyword,
    { syntax: "<PATH> [<USER> [<GROUP>]]" },
    { field, default: undefined, means, stage: "computed", repeat: "ignored" },
    (statement, context): FifoDraft | undefined => {
      const path = firstArgument(statement, context, true);
      if (path === undefined) return undefined;
      warnExtra(statement, 4, context);
      const [user, group] = statement.words.slice(2);
      if (user === undefined) return { path: path.text, user: undefined };
      const found = credentials(user.text, group?.text, context);
      if (typeof found !== "string") return { path: path.text, user: found };
      context.report("notify-unknown-user", user, `${found}; '${keyword}' is ignored`, {
        log: `Invalid user/group for ${keyword} ${path.text} - ignoring`,
      });
      return undefined;
    },
  );
}

export const FIFO_ROWS = [
  fifo("notify_fifo", "notifyFifo", "The FIFO for all changes."),
  command("notify_fifo_script", {
    field: "notifyFifo.script",
    means: "The program that reads notify_fifo; its path is the last argument.",
    optional: true,
  }),
  fifo("vrrp_notify_fifo", "vrrpNotifyFifo", "The FIFO for changes of instances."),
  command("vrrp_notify_fifo_script", {
    field: "vrrpNotifyFifo.script",
    means: "The program that reads vrrp_notify_fifo; its path is the last argument.",
    optional: true,
  }),
  flag("fifo_write_vrrp_states_on_reload", {
    field: "fifoWriteVrrpStatesOnReload",
    means: "Write all states to the FIFOs again after a reload.",
  }),
] as const;
