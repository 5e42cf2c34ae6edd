// The keywords of vrrp_instance, and the blocks about VRRP, that are not built yet.

import { ONLY_TUNES, option, planned, plannedBlock, plannedList } from "../keyword/planned.ts";
import type { Row } from "../keyword/row.ts";
import { ROUTE_OPTIONS, RULE_OPTIONS } from "../static/static-rows.ts";

/** Keywords of vrrp_instance. */
export const PLANNED_INSTANCE_ROWS: readonly Row[] = [
  planned("use_vmac", "Run on a private-mode macvlan with the virtual MAC."),
  planned("use_vmac_addr", "Create VMACs too for VIPs placed on other interfaces."),
  planned("vmac_xmit_base", "Send and receive adverts on the base interface."),
  planned("use_ipvlan", "Run on an L2 ipvlan interface; IPv4 requires an address."),
  planned(
    "unicast_fault_no_peer",
    "Unicast without peers means FAULT rather than multicast fallback.",
  ),
  planned("old_unicast_checksum", "Use pre-1.3.7 unicast v3 checksum, or never auto-switch to it."),
  planned("native_ipv6", "Obsolete; address family now follows the VIPs.", { isDeprecated: true }),
  planned("vrf", "VRF for interface-less unicast operation."),
  plannedList("track_file", "track_file values to follow.", [
    option("weight", "Priority adjustment override."),
  ]),
  plannedList("track_process", "Process monitors to follow.", [
    option("weight", "Priority adjustment override."),
  ]),
  plannedList("track_bfd", "BFD sessions to follow.", [
    option("weight", "Priority adjustment override."),
  ]),
  planned("track_src_ip", "FAULT while the configured source address is absent."),
  planned(
    "linkbeat_use_polling",
    "Poll link of this instance's interface; use linkbeat_interfaces instead.",
    { isDeprecated: true },
  ),
  plannedList("virtual_routes", "Routes installed while master.", ROUTE_OPTIONS),
  plannedList("virtual_rules", "Policy rules installed while master.", RULE_OPTIONS),
  planned("lvs_sync_daemon_interface", "Old per-instance form of lvs_sync_daemon.", {
    isDeprecated: true,
  }),
  planned(
    "timer_expired_backup",
    "With nopreempt, drop to backup when scheduling was late enough for another master.",
  ),
  planned("thread_timer_expired", "Alias of timer_expired_backup.", { isDeprecated: true }),
  planned("garp_extra_if", "Periodic gratuitous messages on other VIP interfaces."),
  planned("vmac_garp_intvl", "Old name of garp_extra_if.", { isDeprecated: true }),
  planned("kernel_rx_buf_size", "Receive buffer contribution of this instance.", {
    without: ONLY_TUNES,
  }),
  plannedBlock(
    "auth_hmac",
    "keepalived-specific HMAC-SHA256 trailer with replay protection; excludes authentication block.",
    [
      planned("key", "Define a signing key.", { repeat: "adds" }),
      planned("active_key", "Key used for sending."),
      planned("time_window", "Accepted clock skew in time mode."),
      planned("anti_replay", "Freshness window or strictly increasing sequence only."),
      planned("mode", "Whether unsigned adverts are accepted and whether we sign."),
    ],
    { repeat: "replaces", whenEmpty: "refused" },
  ),
];

/** Blocks outside of vrrp_instance. */
export const PLANNED_VRRP_ROWS: readonly Row[] = [
  plannedBlock(
    "track_group",
    "Named list of instances that track static addresses, routes or rules.",
    [
      plannedList("group", "Instances belonging to this static track group.", [], {
        repeat: "replaces",
      }),
    ],
    { whenEmpty: { log: "Warning - track group NAME has empty group block" } },
  ),
  plannedBlock(
    "vrrp_sync_group",
    "Set of instances that change state together.",
    [
      plannedList("group", "Members of the sync group.", [], { repeat: "replaces" }),
      plannedList("track_interface", "Interfaces tracked for all members.", [
        option("weight", "Priority adjustment."),
      ]),
      plannedList("track_script", "Scripts tracked for all members.", [
        option("weight", "Priority adjustment override."),
      ]),
      plannedList("track_file", "Files tracked for all members.", [
        option("weight", "Priority adjustment override."),
      ]),
      plannedList("track_process", "Processes tracked for all members.", [
        option("weight", "Priority adjustment override."),
      ]),
      plannedList("track_bfd", "BFD sessions tracked for all members.", [
        option("weight", "Priority adjustment override."),
      ]),
      planned("notify_backup", "Script run when group enters BACKUP."),
      planned("notify_master", "Script run when group enters MASTER."),
      planned("notify_fault", "Script run when group enters FAULT."),
      planned("notify_stop", "Script run when VRRP stops."),
      planned("notify", "Script run on every change with GROUP, name, state, priority appended."),
      planned("smtp_alert", "Mail on group state changes."),
      planned("global_tracking", "Obsolete request to share members' trackers group-wide.", {
        isDeprecated: true,
      }),
      planned(
        "sync_group_tracking_weight",
        "Let weighted trackers adjust members' priorities inside the group.",
      ),
      planned("notify_priority_changes", "Write FIFO lines on priority changes."),
    ],
    { whenEmpty: { log: "Sync group NAME has no virtual router(s). removing" } },
  ),
  plannedBlock(
    "garp_group",
    "Rate limits for gratuitous ARP/NA across one or several interfaces.",
    [
      planned("garp_interval", "Gap between gratuitous ARPs."),
      planned("gna_interval", "Gap between unsolicited NAs."),
      planned("interface", "Single interface the limits cover.", { repeat: "adds" }),
      plannedList("interfaces", "Interfaces sharing one aggregate limit."),
    ],
    { whenEmpty: { log: "garp group 0 does not have any delay set - removing" } },
  ),
  plannedList(
    "linkbeat_interfaces",
    "Interfaces whose link state is polled, optionally naming the preferred method.",
  ),
  plannedBlock(
    "vrrp_track_process",
    "Monitor presence of processes through kernel process events.",
    [
      planned("process", "Process name or path; parameters imply full command-line matching."),
      planned("param_match", "How parameters compare; bare keyword means exact (including none)."),
      planned("weight", "Default priority adjustment; 0 makes failure a FAULT."),
      planned("quorum", "Minimum matching processes for OK."),
      planned("quorum_max", "Maximum matching processes for OK; 0 means none may run."),
      planned("delay", "Set fork_delay and terminate_delay together."),
      planned("terminate_delay", "Wait after quorum loss before reporting down."),
      planned("fork_delay", "Wait after quorum gain before reporting up."),
      planned("full_command", "Match against full command line instead of comm name."),
    ],
    { whenEmpty: { log: "track process 'NAME' process name not specified" } },
  ),
  plannedList(
    "interface_up_down_delays",
    "Debounce link changes per interface; omitted up delay is 0 in code (manual: same as down).",
  ),
  plannedBlock(
    "track_file",
    "File whose integer content adjusts VRRP priority or real-server weight.",
    [
      planned("file", "Path to watch (inotify)."),
      planned("weight", "Multiplier for the file value; 0 means non-zero content is a fault."),
      planned("init_file", "Create or reset the file at start."),
    ],
    { whenEmpty: { log: "No file set for track_file NAME - ignoring" } },
  ),
  plannedBlock(
    "vrrp_track_file",
    "Old name of the track_file block.",
    [
      planned("file", "Path to watch (inotify)."),
      planned("weight", "Multiplier for the file value."),
      planned("init_file", "Create or reset the file at start."),
    ],
    { isDeprecated: true, whenEmpty: { log: "No file set for track_file NAME - ignoring" } },
  ),
];
