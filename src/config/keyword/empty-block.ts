// Blocks that are not implemented and have nothing in them: nothing is missing then, so the start is not refused.

import type { Report } from "../diagnostic/report.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { warnBlockExtra } from "./keyword.ts";
import { grammar } from "./lookup.ts";

const NAME = "NAME";

/** What keepalived logs when it drops such a block; `NAME` is what stands behind the keyword. It ignores others silently. */
const COMPLAINTS: ReadonlyMap<string, string> = new Map([
  ["vrrp_sync_group", `Sync group ${NAME} has no virtual router(s). removing`],
  ["track_group", `Warning - track group ${NAME} has empty group block`],
  ["garp_group", "garp group 0 does not have any delay set - removing"],
  ["vrrp_track_process", `track process '${NAME}' process name not specified`],
  ["track_file", `No file set for track_file ${NAME} - ignoring`],
  ["vrrp_track_file", `No file set for track_file ${NAME} - ignoring`],
  [
    "bfd_instance",
    `Configuration error: BFD instance ${NAME} has no neighbor address set, disabling instance`,
  ],
  ["virtual_server_group", `virtual server group ${NAME} has no entries - removing`],
  ["virtual_server", `Virtual server ${NAME} has no real servers - ignoring`],
]);

/** Blocks that do something even when they are empty: this one makes keepalived drop the instance's password. */
const EFFECTIVE = "vrrp_instance/auth_hmac";

/** Whether `statement`, in the block at `path`, is a block with nothing in it but further empty blocks. */
export function isEmptyBlock(path: readonly string[], statement: Statement): boolean {
  const { block, words } = statement;
  const own = [...path, keywordOf(statement)];
  if (block === undefined || own.join("/") === EFFECTIVE) return false;
  // A name that is missing is a mistake.
  if (path.length === 0 && complaintOf(statement)?.includes(NAME) && words.length < 2) return false;
  return block.every((inner) => {
    const kind = grammar(own, keywordOf(inner));
    return (
      (kind === "block" || kind === "list") && inner.words.length === 1 && isEmptyBlock(own, inner)
    );
  });
}

/** Warns of an empty block where keepalived does. */
export function reportEmptyBlock(
  path: readonly string[],
  statement: Statement,
  report: Report,
): void {
  const complaint = path.length === 0 ? complaintOf(statement) : undefined;
  if (complaint?.includes(NAME) !== true) warnBlockExtra(statement, report);
  // A track group needs no members, but the block for them must not be empty.
  const isFine = keywordOf(statement) === "track_group" && statement.block?.length === 0;
  if (complaint === undefined || isFine) return;
  const name = statement.words.slice(1).map((word) => word.text);
  const message = `'${keywordOf(statement)}' has nothing in it and is ignored`;
  report("empty-list", placeOf(statement), message, {
    log: complaint.replace(NAME, () => name.join(" ")),
  });
}

function complaintOf(statement: Statement): string | undefined {
  return COMPLAINTS.get(keywordOf(statement));
}
