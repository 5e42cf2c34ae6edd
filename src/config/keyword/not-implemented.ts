// Keywords that keepalived has and holdfast does not have yet: which of them a daemon may go without.

/** What it costs to go without a keyword. */
export interface MissingGrade {
  /** `not-implemented` refuses, `not-implemented-detail` is only said. */
  readonly code: "not-implemented" | "not-implemented-detail";
  /** The consequence, in words. */
  readonly consequence: string;
}

const TELLS = "it only tells something to the outside";
const TUNES = "it only tunes";
const NEEDS_LVS = "it has no effect without virtual servers";
const NEEDS_IPV6 = "it has no effect without IPv6";
const NEEDS_VMAC = "it has no effect without virtual MAC addresses";
const NEEDS_BFD = "it has no effect without BFD sessions";

/**
 * Everything that isn't listed here changes mastership, the wire, addresses, routes or checks, and refuses. By path;
 * the words of a keyword list are separated by blanks.
 */
const GO_WITHOUT: readonly {
  readonly path: string;
  readonly keywords: string;
  readonly consequence: string;
}[] = [
  {
    path: "global_defs",
    keywords:
      "snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_checker snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus dbus_service_name dbus_no_interface_name smtp_alert_checker no_checker_emails rs_init_notifies lvs_notify_fifo lvs_notify_fifo_script checker_log_all_failures json_version state_dump_file stats_dump_file json_dump_file data_use_instance config_save_dir",
    consequence: TELLS,
  },
  {
    path: "global_defs",
    keywords:
      "max_auto_priority min_auto_priority_delay vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs process_monitor_rcv_bufs_force vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier random_seed reload_check_config reload_file include_check tmp_config_directory iproute_usr_dir iproute_etc_dir",
    consequence: TUNES,
  },
  {
    path: "global_defs",
    keywords:
      "lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark checker_process_name lvs_process_name checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity checker_rlimit_rttime checker_rlimit_rtime lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force",
    consequence: NEEDS_LVS,
  },
  {
    path: "global_defs",
    keywords:
      "bfd_process_name bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity bfd_rlimit_rttime bfd_rlimit_rtime",
    consequence: NEEDS_BFD,
  },
  {
    path: "global_defs",
    keywords: "vrrp_mcast_group6 vrrp_gna_interval",
    consequence: NEEDS_IPV6,
  },
  {
    path: "global_defs",
    keywords: "vmac_prefix vmac_addr_prefix",
    consequence: NEEDS_VMAC,
  },
  {
    path: "global_defs",
    keywords: "default_interface",
    consequence: "it has no effect without static addresses and routes",
  },
  {
    path: "global_defs",
    keywords:
      "vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_counters",
    consequence: "packets to the addresses are accepted",
  },
  { path: "", keywords: "net_namespace_ipvs namespace_with_ipsets SSL", consequence: NEEDS_LVS },
  { path: "vrrp_instance", keywords: "kernel_rx_buf_size", consequence: TUNES },
];

const CONSEQUENCES: ReadonlyMap<string, string> = new Map(
  GO_WITHOUT.flatMap(({ path, keywords, consequence }) =>
    keywords.split(" ").map((keyword): [string, string] => [`${path}/${keyword}`, consequence]),
  ),
);

/** How bad it is that `keyword`, in the block at `path`, is not implemented. */
export function missingGrade(path: readonly string[], keyword: string): MissingGrade {
  const consequence = CONSEQUENCES.get(`${path.join("/")}/${keyword}`);
  return consequence === undefined
    ? { code: "not-implemented", consequence: "it would change what this node does" }
    : { code: "not-implemented-detail", consequence };
}

/** Every keyword listed as one to go without, as "path/keyword", for the tests. */
export function goWithout(): string[] {
  return [...CONSEQUENCES.keys()];
}
