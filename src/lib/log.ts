// The log interface; src/os/log implements it.

/** The syslog severities that keepalived uses (RFC 5424 table 2). */
export type LogLevel = "error" | "warning" | "notice" | "info" | "debug";

/** Logs one line without a newline. The implementation adds identity and time. */
export type Log = (level: LogLevel, text: string) => void;
