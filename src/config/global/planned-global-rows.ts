// The keywords of global_defs, and of the file outside of all blocks, that are not built yet.

import {
  directive,
  NEEDS_BFD,
  NEEDS_IPV6,
  NEEDS_LVS,
  NEEDS_VMAC,
  ONLY_REPORTS,
  ONLY_TUNES,
  planned,
} from "../keyword/planned.ts";
import type { Row } from "../keyword/row.ts";

/** Keywords outside of all blocks, and the directives, which are read before keywords are. */
export const PLANNED_TOP_ROWS: readonly Row[] = [
  planned(
    "linkbeat_use_polling",
    "Poll link state of interfaces (MII/ETHTOOL/ioctl) instead of trusting netlink flags.",
  ),
  planned(
    "net_namespace_ipvs",
    "Namespace in which IPVS is programmed; no name means the default namespace; immutable across reload.",
    { without: NEEDS_LVS },
  ),
  planned(
    "namespace_with_ipsets",
    "Permit ipset use inside a namespace on kernels older than 3.13.",
    { without: NEEDS_LVS },
  ),
  directive("include", "Read other configuration files here."),
  directive("includer", "Include; unreadable match is an error."),
  directive("includem", "Include; no match (without wildcard) is an error."),
  directive("includew", "Include; no match even with wildcard is an error."),
  directive("includeb", "Include; unmatched brace alternative is an error."),
  directive("includea", "Include with all checks."),
];

/** Keywords of global_defs. */
export const PLANNED_GLOBAL_ROWS: readonly Row[] = [
  planned("checker_process_name", "Process title of the health-checker child.", {
    without: NEEDS_LVS,
  }),
  planned("lvs_process_name", "Old spelling of checker_process_name.", {
    without: NEEDS_LVS,
    isDeprecated: true,
  }),
  planned("bfd_process_name", "Process title of the BFD child.", { without: NEEDS_BFD }),
  planned(
    "max_auto_priority",
    "Ceiling for automatic realtime-priority increases when timers run late; -1 silences the notice.",
    { without: ONLY_TUNES },
  ),
  planned("min_auto_priority_delay", "Lateness that triggers an automatic priority increase.", {
    without: ONLY_TUNES,
  }),
  planned("smtp_alert_checker", "Default smtp_alert for virtual and real servers.", {
    without: ONLY_REPORTS,
  }),
  planned("checker_log_all_failures", "Default log_all_failures for checkers.", {
    without: ONLY_REPORTS,
  }),
  planned("default_interface", "Interface used for addresses and routes that name no device.", {
    without: "it has no effect without static addresses and routes",
  }),
  planned(
    "disable_local_igmp",
    "Clear igmp_link_local_mcast_reports sysctl to stop link-local IGMP reports; immutable across reload.",
  ),
  planned("lvs_timeouts", "Set IPVS connection timeouts.", { without: NEEDS_LVS }),
  planned("lvs_flush", "Flush the whole IPVS table at start.", { without: NEEDS_LVS }),
  planned(
    "lvs_flush_on_stop",
    "At stop flush IPVS wholesale, or with VS delete only managed virtual services.",
    { without: NEEDS_LVS },
  ),
  planned("lvs_flush_onstop", "Misspelt old form of lvs_flush_on_stop.", {
    without: NEEDS_LVS,
    isDeprecated: true,
  }),
  planned(
    "lvs_sync_daemon",
    "Run IPVS connection-sync daemon, following an instance's state when one is named.",
  ),
  planned("vrrp_mcast_group6", "Default IPv6 advert destination group.", { without: NEEDS_IPV6 }),
  planned(
    "vrrp_gna_interval",
    "Minimum gap between unsolicited neighbour advertisements on one interface.",
    { without: NEEDS_IPV6 },
  ),
  planned(
    "vrrp_garp_extra_if",
    "Periodic gratuitous messages on VIP interfaces differing from the instance interface.",
  ),
  planned("vrrp_vmac_garp_intvl", "Old name of vrrp_garp_extra_if.", { isDeprecated: true }),
  planned(
    "vrrp_iptables",
    "Use iptables chains as firewall; in nftables-only builds it is an error mapped to nftables.",
    { without: "packets to the addresses are accepted" },
  ),
  planned(
    "vrrp_ipsets",
    "Names of ipsets used with iptables; nftables builds map it to nftables.",
    { without: "packets to the addresses are accepted" },
  ),
  planned("nftables", "Use nftables for no_accept and VMAC filtering with this table name.", {
    without: "packets to the addresses are accepted",
  }),
  planned("nftables_priority", "Hook priority of the VRRP nftables base chains.", {
    without: "packets to the addresses are accepted",
  }),
  planned(
    "nftables_ifindex",
    "Key IPv6 link-local nftables sets by interface index rather than name.",
    { without: "packets to the addresses are accepted" },
  ),
  planned(
    "nftables_ipvs",
    "Use nftables-set fwmarks so each server group needs one IPVS service; immutable across reload.",
    { without: NEEDS_LVS },
  ),
  planned("nftables_ipvs_priority", "Hook priority of the IPVS nftables chains.", {
    without: NEEDS_LVS,
  }),
  planned("nftables_ipvs_start_fwmark", "First fwmark handed out for virtual server groups.", {
    without: NEEDS_LVS,
  }),
  planned("nftables_counters", "Add counters to generated nftables rules.", {
    without: "packets to the addresses are accepted",
  }),
  planned("lvs_notify_fifo", "FIFO receiving VS/RS up and down lines.", { without: ONLY_REPORTS }),
  planned("lvs_notify_fifo_script", "Helper started to read lvs_notify_fifo.", {
    without: ONLY_REPORTS,
  }),
  planned("checker_priority", "Nice value of the checker process.", { without: NEEDS_LVS }),
  planned("checker_no_swap", "Lock checker process memory.", { without: NEEDS_LVS }),
  planned("checker_rt_priority", "SCHED_RR priority of the checker process.", {
    without: NEEDS_LVS,
  }),
  planned("checker_cpu_affinity", "CPUs the checker process may use.", { without: NEEDS_LVS }),
  planned("checker_rlimit_rttime", "RLIMIT_RTTIME for the checker process.", {
    without: NEEDS_LVS,
  }),
  planned("checker_rlimit_rtime", "Old spelling of checker_rlimit_rttime.", {
    without: NEEDS_LVS,
    isDeprecated: true,
  }),
  planned("bfd_priority", "Nice value of the BFD process.", { without: NEEDS_BFD }),
  planned("bfd_no_swap", "Lock BFD process memory.", { without: NEEDS_BFD }),
  planned("bfd_rt_priority", "SCHED_RR priority of the BFD process.", { without: NEEDS_BFD }),
  planned("bfd_cpu_affinity", "CPUs the BFD process may use.", { without: NEEDS_BFD }),
  planned("bfd_rlimit_rttime", "RLIMIT_RTTIME for the BFD process.", { without: NEEDS_BFD }),
  planned("bfd_rlimit_rtime", "Old spelling of bfd_rlimit_rttime.", {
    without: NEEDS_BFD,
    isDeprecated: true,
  }),
  planned("snmp_socket", "AgentX master address.", { without: ONLY_REPORTS }),
  planned("enable_traps", "Emit SNMP traps.", { without: ONLY_REPORTS }),
  planned("enable_snmp_vrrp", "Serve the VRRP branch of KEEPALIVED-MIB.", {
    without: ONLY_REPORTS,
  }),
  planned("enable_snmp_keepalived", "Old name of enable_snmp_vrrp.", {
    without: ONLY_REPORTS,
    isDeprecated: true,
  }),
  planned("enable_snmp_rfc", "Serve both RFC2787 and RFC6527 MIBs.", { without: ONLY_REPORTS }),
  planned("enable_snmp_rfcv2", "Serve the RFC2787 VRRPv2 MIB.", { without: ONLY_REPORTS }),
  planned("enable_snmp_rfcv3", "Serve the RFC6527 VRRPv3 MIB.", { without: ONLY_REPORTS }),
  planned("enable_snmp_checker", "Serve the checker branch of KEEPALIVED-MIB.", {
    without: ONLY_REPORTS,
  }),
  planned(
    "snmp_vs_stats_update_interval",
    "Minimum age of cached virtual server statistics before re-reading the kernel.",
    { without: ONLY_REPORTS },
  ),
  planned("snmp_rs_stats_update_interval", "Same cache interval for real server statistics.", {
    without: ONLY_REPORTS,
  }),
  planned("enable_dbus", "Export the D-Bus service.", { without: ONLY_REPORTS }),
  planned("dbus_service_name", "D-Bus well-known name to claim.", { without: ONLY_REPORTS }),
  planned("dbus_no_interface_name", "D-Bus path element for instances lacking an interface.", {
    without: ONLY_REPORTS,
  }),
  planned("vrrp_netlink_cmd_rcv_bufs", "Receive buffer of the VRRP netlink command socket.", {
    without: ONLY_TUNES,
  }),
  planned("vrrp_netlink_cmd_rcv_bufs_force", "Use SO_RCVBUFFORCE for that socket.", {
    without: ONLY_TUNES,
  }),
  planned("vrrp_netlink_monitor_rcv_bufs", "Receive buffer of the VRRP netlink monitor socket.", {
    without: ONLY_TUNES,
  }),
  planned("vrrp_netlink_monitor_rcv_bufs_force", "Use SO_RCVBUFFORCE for that socket.", {
    without: ONLY_TUNES,
  }),
  planned("process_monitor_rcv_bufs", "Receive buffer of the process-event connector socket.", {
    without: ONLY_TUNES,
  }),
  planned("process_monitor_rcv_bufs_force", "Use SO_RCVBUFFORCE for that socket.", {
    without: ONLY_TUNES,
  }),
  planned("lvs_netlink_cmd_rcv_bufs", "Receive buffer of the checker netlink command socket.", {
    without: NEEDS_LVS,
  }),
  planned("lvs_netlink_cmd_rcv_bufs_force", "Use SO_RCVBUFFORCE for that socket.", {
    without: NEEDS_LVS,
  }),
  planned("lvs_netlink_monitor_rcv_bufs", "Receive buffer of the checker netlink monitor socket.", {
    without: NEEDS_LVS,
  }),
  planned("lvs_netlink_monitor_rcv_bufs_force", "Use SO_RCVBUFFORCE for that socket.", {
    without: NEEDS_LVS,
  }),
  planned("rs_init_notifies", "Send notifies for real servers already up at start.", {
    without: ONLY_REPORTS,
  }),
  planned("no_checker_emails", "Mail only on real-server add/remove, not on each checker change.", {
    without: ONLY_REPORTS,
  }),
  planned("vrrp_rx_bufs_policy", "How to size VRRP receive buffers.", { without: ONLY_TUNES }),
  planned("vrrp_rx_bufs_multiplier", "Multiplier for MTU/ADVERT buffer policy.", {
    without: ONLY_TUNES,
  }),
  planned(
    "vrrp_delay_after_boot",
    "Hold instances until this long after system boot; larger of the two delays wins.",
  ),
  planned("vmac_prefix", "Prefix for generated VMAC interface names.", { without: NEEDS_VMAC }),
  planned("vmac_addr_prefix", "Prefix for VMACs created for VIPs on other interfaces.", {
    without: NEEDS_VMAC,
  }),
  planned("random_seed", "Seed of the definition _RANDOM.", { without: ONLY_TUNES }),
  planned(
    "reload_check_config",
    "Validate configuration in a subprocess before reloading; skip reload when invalid.",
    { without: ONLY_TUNES },
  ),
  planned("reload_time_file", "File holding a time at which to reload automatically."),
  planned("reload_repeat", "Keep reload_time_file so a bare time repeats daily."),
  planned("reload_file", "Marker file present while configuration is being read.", {
    without: ONLY_TUNES,
  }),
  planned(
    "include_check",
    "Which include-file problems are errors (manual page spells first option 'readable').",
    { without: ONLY_TUNES, repeat: "adds" },
  ),
  planned("config_save_dir", "Debug: save configuration and state around each reload.", {
    without: ONLY_REPORTS,
  }),
  planned(
    "tmp_config_directory",
    "Hold the configuration snapshot on this filesystem instead of memory; immutable across reload.",
    { without: ONLY_TUNES },
  ),
  planned("data_use_instance", "Add instance and namespace to dump file names.", {
    without: ONLY_REPORTS,
  }),
  planned("json_version", "JSON dump layout version.", { without: ONLY_REPORTS }),
  planned("iproute_usr_dir", "Directory with iproute2 name tables.", { without: ONLY_TUNES }),
  planned("iproute_etc_dir", "Overriding directory with iproute2 name tables.", {
    without: ONLY_TUNES,
  }),
  planned("state_dump_file", "Where SIGUSR1 dumps go (manual page calls it state_file_location).", {
    without: ONLY_REPORTS,
  }),
  planned("stats_dump_file", "Intended SIGUSR2 dump location; parsed but not consulted in 2.4.3.", {
    without: ONLY_REPORTS,
  }),
  planned("json_dump_file", "Intended JSON dump location; parsed but not consulted in 2.4.3.", {
    without: ONLY_REPORTS,
  }),
];
