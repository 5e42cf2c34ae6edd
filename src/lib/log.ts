// The log as the rest of the program sees it; where the lines go is os's affair.

/** The syslog severities that keepalived uses (RFC 5424 table 2). */
export type LogLevel = "error" | "warning" | "notice" | "info" | "debug";

/** One line without its identity and time. Never holds a newline. */
export type Log = (level: LogLevel, text: string) => void;
