// The blocks of load balancing, which are not built yet.

import { NEEDS_LVS, option, planned, plannedBlock, plannedList } from "../keyword/planned.ts";
import type { Row } from "../keyword/row.ts";
import { CHECKER_ROWS } from "./checker-rows.ts";

const REAL_SERVER_ROWS: readonly Row[] = [
  planned("weight", "IPVS weight."),
  planned("lvs_method", "Forwarding method override."),
  planned("uthreshold", "Upper connection limit."),
  planned("lthreshold", "Lower connection threshold."),
  planned("inhibit_on_failure", "Weight 0 instead of removal on failure."),
  planned("notify_up", "Script run when server comes up."),
  planned("notify_down", "Script run when server goes down."),
  planned("alpha", "Start assumed down."),
  planned("retry", "Default retries for this server's checkers."),
  planned("delay_before_retry", "Default wait between retries."),
  planned("warmup", "Default bound of random start delay."),
  planned("connect_timeout", "Default connection timeout."),
  planned("delay_loop", "Default check interval."),
  planned("smtp_alert", "Mail on server up/down."),
  planned("virtualhost", "Default HTTP Host header."),
  planned("snmp_name", "Label reported through SNMP."),
  ...CHECKER_ROWS,
];

const VIRTUAL_SERVER_ROWS: readonly Row[] = [
  planned("ip_family", "Address family of a fwmark service."),
  planned("retry", "Default retries before a live server is failed."),
  planned("delay_before_retry", "Default wait between retries."),
  planned("warmup", "Default upper bound of random initial delay."),
  planned("connect_timeout", "Default connection timeout."),
  planned("delay_loop", "Default interval between checks."),
  planned("inhibit_on_failure", "Failed servers get weight 0 instead of removal."),
  planned("lb_algo", "IPVS scheduler."),
  planned("lvs_sched", "Synonym of lb_algo."),
  planned("hashed", "IPVS hashed flag; accepted for compatibility."),
  planned("ops", "One-packet scheduling."),
  planned("flag-1", "Scheduler flag 1."),
  planned("flag-2", "Scheduler flag 2."),
  planned("flag-3", "Scheduler flag 3."),
  planned("sh-port", "Source hash includes port."),
  planned("sh-fallback", "Source hash falls back when server unavailable."),
  planned("mh-port", "Maglev hash includes port."),
  planned("mh-fallback", "Maglev hash falls back when server unavailable."),
  planned("lb_kind", "Default forwarding method."),
  planned("lvs_method", "Synonym of lb_kind."),
  planned("persistence_engine", "IPVS persistence engine."),
  planned("persistence_timeout", "Enable client persistence."),
  planned("persistence_granularity", "Mask grouping clients; implies persistence 360 when unset."),
  planned("protocol", "L4 protocol."),
  planned("ha_suspend", "Suspend checks while this host does not own the VIP."),
  planned("smtp_alert", "Mail on quorum changes."),
  planned("virtualhost", "Default HTTP Host header for HTTP_GET/SSL_GET."),
  planned("snmp_name", "Label reported through SNMP."),
  planned("alpha", "Start with real servers down until checks pass; argument ignored."),
  planned("omega", "Run down notifiers at shutdown."),
  planned("quorum_up", "Script run when quorum is gained."),
  planned("quorum_down", "Script run when quorum is lost."),
  planned("quorum", "Minimum total alive weight for normal service."),
  planned("hysteresis", "Margin added for gaining and subtracted for losing quorum."),
  planned("weight", "Default real-server weight (undocumented)."),
  planned("sorry_server", "Fallback server used while quorum is lost."),
  planned("sorry_server_inhibit", "Keep sorry server configured with weight 0 when unused."),
  planned("sorry_server_lvs_method", "Forwarding method of the sorry server."),
  plannedBlock("real_server", "One backend.", REAL_SERVER_ROWS),
];

export const LVS_ROWS: readonly Row[] = [
  plannedBlock(
    "SSL",
    "Client TLS material for SSL_GET checks.",
    [
      planned("password", "Private key pass phrase."),
      planned("ca", "CA file loaded into the context."),
      planned("certificate", "Client certificate file."),
      planned("key", "Client private key file."),
    ],
    { without: NEEDS_LVS, repeat: "replaces" },
  ),
  plannedList(
    "virtual_server_group",
    "Several VIPs/ports/fwmarks sharing one pool definition.",
    [option("fwmark", "Add a firewall mark member.", { repeat: "adds" })],
    { whenEmpty: { log: "virtual server group NAME has no entries - removing" } },
  ),
  plannedBlock("virtual_server", "One load-balanced service.", VIRTUAL_SERVER_ROWS, {
    whenEmpty: { log: "Virtual server NAME has no real servers - ignoring" },
  }),
];
