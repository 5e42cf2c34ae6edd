// Formats log lines and their timestamps for syslog and keepalived's console.

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** The maximum size of one record, in octets of UTF-8, that every syslog daemon accepts. */
export const MAX_RECORD_OCTETS = 2_048;

/** `Sat Nov 21 07:31:09 2026` in local time: strftime's %c in the C locale. */
export function consoleTime(date: Date): string {
  return `${DAYS[date.getDay()]} ${syslogTime(date)} ${date.getFullYear()}`;
}

/** `Nov  1 07:31:09` in local time (RFC 3164 4.1.2). */
export function syslogTime(date: Date): string {
  const day = String(date.getDate()).padStart(2);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return `${MONTHS[date.getMonth()]} ${day} ${clock}`;
}

/**
 * Makes `text` one safe line: escapes control characters as `\x1b` and truncates at MAX_RECORD_OCTETS. Text from
 * configuration files and peers is logged and must not control the terminal that shows it.
 */
export function logLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters to escape.
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    character === "\t" ? " " : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  if (safe.length * 3 <= MAX_RECORD_OCTETS) return safe;
  const octets = Buffer.from(safe);
  if (octets.length <= MAX_RECORD_OCTETS) return safe;
  let end = MAX_RECORD_OCTETS - 3;
  // Do not split a UTF-8 character.
  while (((octets[end] as number) & 0xc0) === 0x80) end--;
  return `${octets.subarray(0, end).toString()}...`;
}
