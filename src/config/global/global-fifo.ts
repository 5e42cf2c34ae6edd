// The keywords of global_defs about the FIFOs that tell changes.

import type { FifoDraft, GlobalDraft } from "../draft.ts";
import { command, credentials } from "../keyword/command.ts";
import {
  custom,
  type Facts,
  firstArgument,
  flag,
  type Keyword,
  type Keywords,
  warnExtra,
} from "../keyword/keyword.ts";
import { placeOf } from "../language/parser.ts";

function fifo(
  keyword: string,
  means: string,
  of: (draft: GlobalDraft) => FifoDraft,
): Keyword<GlobalDraft> {
  return custom(
    keyword,
    "<PATH> [<USER> [<GROUP>]]",
    "",
    { default: "none", means, repeat: "ignored" },
    (draft, statement, context) => {
      const path = firstArgument(statement, context, true);
      if (path === undefined) return;
      warnExtra(statement, 4, context);
      const target = of(draft);
      const [user, group] = statement.words.slice(2);
      if (user !== undefined) {
        const found = credentials(user.text, group?.text, context);
        if (typeof found === "string") {
          context.report("notify-unknown-user", user, `${found}; '${keyword}' is ignored`, {
            log: `Invalid user/group for ${keyword} ${path.text} - ignoring`,
          });
          return;
        }
        target.user = found;
      }
      target.path = path.text;
      target.place = placeOf(statement);
    },
  );
}

function fifoScript(
  keyword: string,
  means: string,
  of: (draft: GlobalDraft) => FifoDraft,
): Keyword<GlobalDraft> {
  const facts: Facts = { default: "none", means, optional: true, repeat: "ignored" };
  return command(keyword, facts, (draft, script) => {
    of(draft).script = script;
  });
}

export const FIFO_KEYWORDS: Keywords<GlobalDraft> = [
  fifo("notify_fifo", "The FIFO that tells every change.", (draft) => draft.notifyFifo),
  fifoScript(
    "notify_fifo_script",
    "Reads notify_fifo; gets its path as last argument.",
    (draft) => draft.notifyFifo,
  ),
  fifo(
    "vrrp_notify_fifo",
    "The FIFO that tells changes of instances.",
    (draft) => draft.vrrpNotifyFifo,
  ),
  fifoScript(
    "vrrp_notify_fifo_script",
    "Reads vrrp_notify_fifo; gets its path as last argument.",
    (draft) => draft.vrrpNotifyFifo,
  ),
  flag(
    "fifo_write_vrrp_states_on_reload",
    { default: "off", means: "The FIFOs get all states again after a reload." },
    "fifoWriteVrrpStatesOnReload",
  ),
];
