// The checks of a real server, which are not built yet.

import { planned, plannedBlock } from "../keyword/planned.ts";
import type { Row } from "../keyword/row.ts";

const RETRY_ROWS: readonly Row[] = [
  planned("retry", "Further failures tolerated before a live server is failed."),
  planned("delay_before_retry", "Wait between retries."),
  planned("warmup", "Upper bound of random initial delay."),
  planned("delay_loop", "Interval between checks."),
  planned("alpha", "Start assumed failed."),
  planned("log_all_failures", "Log every failed attempt while up."),
];

const CONNECTION_ROWS: readonly Row[] = [
  planned("connect_ip", "Address to probe."),
  planned("connect_port", "Port to probe."),
  planned("bindto", "Source address of the probe."),
  planned("bind_port", "Source port of the probe."),
  planned("bind_if", "Interface to bind the probe to."),
  planned("connect_timeout", "Probe connection timeout."),
  planned("fwmark", "SO_MARK on probe packets."),
  ...RETRY_ROWS,
];

const HTTP_ROWS: readonly Row[] = [
  planned("nb_get_retry", "Old name of retry.", { isDeprecated: true }),
  planned("virtualhost", "HTTP Host header for all URLs of this check."),
  planned("http_protocol", "Request version; 1.0C and 1.1 add Connection: close."),
  planned("enable_sni", "Send SNI taken from sni_name or virtualhost."),
  planned("sni_name", "Explicit SNI name."),
  planned("fast_recovery", "Check all URLs back-to-back at start or after failure."),
];

const URL_ROWS: readonly Row[] = [
  planned("path", "Request target; spaces need quoting."),
  planned("digest", "Expected MD5 of the body (see genhash)."),
  planned("status_code", "Acceptable HTTP status codes.", { repeat: "adds" }),
  planned("virtualhost", "Host header for this URL."),
  planned("regex", "Pattern the body must match."),
  planned("regex_no_match", "Invert the regex verdict."),
  planned("regex_options", "PCRE2 compile options.", { repeat: "adds" }),
  planned("regex_min_offset", "Body offset where matching may start."),
  planned("regex_max_offset", "Latest body offset where a match may start."),
  planned("regex_stack", "JIT stack sizes."),
];

/** The blocks of checks. */
export const CHECKER_ROWS: readonly Row[] = [
  plannedBlock("MISC_CHECK", "External program check.", [
    ...RETRY_ROWS,
    planned("misc_path", "Program and arguments."),
    planned("misc_timeout", "Run time limit; exceeding kills and fails."),
    planned("misc_dynamic", "Exit codes 2..255 set weight to code minus 2."),
    planned("user", "Credentials the program runs with."),
  ]),
  plannedBlock("SMTP_CHECK", "SMTP greeting/HELO/QUIT conversation check.", [
    ...CONNECTION_ROWS,
    planned("helo_name", "Name sent in HELO."),
    plannedBlock("host", "Old nested form adding an extra target to the check.", CONNECTION_ROWS, {
      isDeprecated: true,
    }),
  ]),
  plannedBlock("TCP_CHECK", "TCP connect check.", CONNECTION_ROWS),
  plannedBlock("PING_CHECK", "ICMP/ICMPv6 echo check.", CONNECTION_ROWS),
  plannedBlock("UDP_CHECK", "UDP probe; fails on ICMP error or missing required reply.", [
    ...CONNECTION_ROWS,
    planned("payload", "Bytes to send."),
    planned("require_reply", "A reply, optionally matching, must arrive."),
    planned("min_reply_length", "Shortest acceptable reply."),
    planned("max_reply_length", "Longest acceptable reply."),
  ]),
  plannedBlock("HTTP_GET", "HTTP check of one or more URLs.", [
    ...CONNECTION_ROWS,
    ...HTTP_ROWS,
    plannedBlock("url", "One URL to fetch.", URL_ROWS),
  ]),
  plannedBlock("SSL_GET", "HTTPS check of one or more URLs; certificates not verified.", [
    ...CONNECTION_ROWS,
    ...HTTP_ROWS,
    planned("tls_compliant", "Send TLS close_notify on finish."),
    plannedBlock("url", "One URL to fetch.", [
      ...URL_ROWS,
      planned("tls_compliant", "Send TLS close_notify for this URL."),
    ]),
  ]),
  plannedBlock("DNS_CHECK", "DNS query over UDP; any NOERROR reply succeeds.", [
    ...CONNECTION_ROWS,
    planned("type", "Query type."),
    planned("name", "Query name."),
  ]),
  plannedBlock("FILE_CHECK", "Adjust weight from a track_file value.", [
    planned("track_file", "track_file block to follow."),
    planned("weight", "Multiplier applied to the file value."),
  ]),
  plannedBlock("BFD_CHECK", "Server follows a BFD session.", [
    planned("name", "BFD session to follow."),
    planned("alpha", "Start assumed down."),
  ]),
];
