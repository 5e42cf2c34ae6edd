// The state machine of one virtual router (RFC 9568 6.4), with keepalived's additions and the rules of fencing.
//
// | state      | event                                   | next       | done besides
// |------------|-----------------------------------------|------------|-------------------------------------------
// | Initialize | start, all scripts known                | Backup     |
// | Initialize | the same, owner that is to be MASTER    | Active     | as from Backup
// | Initialize | start, the last process was Active      | Active     | nothing is told; advert due at once
// | any        | a tracker fails                         | Fault      | Active: addresses out, priority 0
// | Fault      | all trackers are well                   | Backup     | waits a full activeDownInterval
// | Backup     | activeDownTimer                         | Active     | advert, addresses, gratuitous ARPs
// | Backup     | priority 0                              | Backup     | waits skewTime
// | Backup     | advert that counts                      | Backup     | waits again; version 3 takes its interval
// | Backup     | lower priority that does not count      | Backup     | activeDownTimer runs on
// | Active     | advertisementTimer                      | Active     | advert, renewal of the leases
// | Active     | priority 0                              | Active     | advert
// | Active     | better advert                           | Backup     | addresses out
// | Active     | worse advert                            | Active     | advert, gratuitous ARPs
// | Active     | any advert while its own is overdue     | Backup     | addresses out; the advert is heard there
// | Active     | late beyond the lease or the peers' wait| Backup     | addresses out
// | Active     | an address expired                      | Backup     | addresses out
// | Active     | an address was deleted                  | Active     | advert, the address again, gratuitous ARPs
// | Active     | the same for the sixth time in 10 s     | Backup     | addresses out, priority 0
// | any        | stop or removal                         | Initialize | Active: addresses out, priority 0

import type { InstanceConfig, VipLease, VirtualAddress } from "../config/config.ts";
import { defined, unreachable } from "../lib/assert.ts";
import { compareIp, type Ip } from "../lib/ip.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import type { Ipv4Packet } from "../wire/ipv4.ts";
import type { NodeAction } from "./action.ts";
import { advertActions } from "./advert.ts";
import { type Counters, newCounters } from "./counters.ts";
import type { InstanceRecord } from "./event.ts";
import { addressKey, arpAddresses, FloatingAddresses, type SetAddresses } from "./floating.ts";
import type { GarpQueue } from "./garp-queue.ts";
import {
  countReceived,
  type Expectation,
  expectationOf,
  type ReceivedAdvert,
  receiveAdvert,
} from "./receive.ts";
import {
  activeDownInterval,
  advertPeriod,
  coalescingSlack,
  eagerInterval,
  leaselessLimit,
  nextAdvertDue,
  OWNER_PRIORITY,
  peersWait,
  resumeLimit,
  skewTime,
} from "./timing.ts";
import {
  type Assessment,
  advertSource,
  assess,
  faultText,
  type InterfaceTable,
  type ScriptTable,
} from "./tracking.ts";
import type { Turn } from "./turn.ts";

interface Initialize {
  readonly kind: "initialize";
  /** Waiting for the first results of its scripts, or done for good. */
  readonly isOver: boolean;
}

interface Backup {
  readonly kind: "backup";
  /** When Active_Down_Timer fires. */
  activeDownAt: Micros;
  /** Active_Adver_Interval: the active router's, as far as it is known. */
  activeInterval: Micros;
  activeRouter: Ip | undefined;
  activePriority: number;
  /** When a lower priority no longer counts; undefined until one is heard. */
  preemptAt: Micros | undefined;
}

interface Active {
  readonly kind: "active";
  lastAdvertAt: Micros;
  /** When Adver_Timer fires. */
  advertDueAt: Micros;
  /** When the kernel may take the addresses; undefined without lease. */
  leaseEndAt: Micros | undefined;
  /** Before this a renewal would be too much. */
  renewAt: Micros;
  /** The second burst of gratuitous ARPs, the refresh, and the second burst after a worse advert. */
  garpAgainAt: Micros | undefined;
  garpRefreshAt: Micros | undefined;
  garpContestedAt: Micros | undefined;
  /** When a worse advert was last told. */
  worseToldAt: Micros | undefined;
  /** Until when another owner has time to yield. */
  ownersUntil: Micros | undefined;
}

interface Fault {
  readonly kind: "fault";
}

export type InstanceState = Initialize | Backup | Active | Fault;

/** What the instances of a node share. */
export interface Surroundings {
  readonly interfaces: InterfaceTable;
  readonly scripts: ScriptTable;
  readonly garp: GarpQueue;
  vipLease: VipLease;
  /** The end of the start-up delay: nobody hears or takes over before. */
  listeningFrom: Micros;
}

const WAITING: Initialize = { kind: "initialize", isOver: false };
const OVER: Initialize = { kind: "initialize", isOver: true };
const FAULT: Fault = { kind: "fault" };
/** Worse adverts are answered at most this often, as no interval is shorter. */
const LEAST_ANSWER_GAP: Micros = 10 * MILLISECOND;

export class Instance {
  #config: InstanceConfig;
  readonly #around: Surroundings;
  readonly #floating: FloatingAddresses;
  readonly counters: Counters = newCounters();
  #expectation: Expectation;
  #assessment: Assessment;
  #state: InstanceState = WAITING;
  #hasBegun = false;
  /** The killed process's priority, until the scripts that make it have told theirs. */
  #assumedPriority: number | undefined;
  /** Another owner did not yield: ours is 254 until it is gone. */
  #isOwnerReduced = false;
  #adverts: readonly NodeAction[] | undefined;
  /** Causes of packet trouble that were told since the state last changed. */
  readonly #told = new Set<string>();
  #lastChange: { readonly at: Micros; readonly reason: string } | undefined;

  constructor(config: InstanceConfig, around: Surroundings) {
    this.#config = config;
    this.#around = around;
    this.#floating = new FloatingAddresses(config, around.vipLease, around.interfaces);
    this.#expectation = expectationOf(config);
    this.#assessment = assess(config, around.scripts, around.interfaces);
  }

  get config(): InstanceConfig {
    return this.#config;
  }

  get state(): InstanceState {
    return this.#state;
  }

  get assessment(): Assessment {
    return this.#assessment;
  }

  get floating(): FloatingAddresses {
    return this.#floating;
  }

  get lastChange(): { readonly at: Micros; readonly reason: string } | undefined {
    return this.#lastChange;
  }

  /** The priority that its adverts carry. */
  get effectivePriority(): number {
    if (this.#isOwnerReduced) return OWNER_PRIORITY - 1;
    return this.#assumedPriority ?? this.#assessment.priority;
  }

  /** When it next has something to do. */
  deadline(): Micros | undefined {
    const state = this.#state;
    switch (state.kind) {
      case "initialize":
      case "fault":
        return undefined;
      case "backup":
        return state.activeDownAt;
      case "active": {
        let earliest = state.advertDueAt;
        for (const at of [state.garpAgainAt, state.garpRefreshAt, state.garpContestedAt]) {
          if (at !== undefined && at < earliest) earliest = at;
        }
        return earliest;
      }
      default:
        return unreachable(state);
    }
  }

  /** From when its next advert may share the turn of another's; undefined when it sends none. */
  shareableFrom(): Micros | undefined {
    return this.#state.kind === "active"
      ? this.#state.advertDueAt - coalescingSlack(this.#period())
      : undefined;
  }

  /** Begins, or goes on where the process that left `record` was killed. */
  start(turn: Turn, record: InstanceRecord | undefined): void {
    const base = this.#config.priority;
    this.#tellPriority(turn, base);
    if (record?.active === true) {
      if (this.#resume(turn, record)) return;
      this.#record(turn, false);
    }
    const left = this.#floating.held(this.#around.interfaces);
    if (left.length > 0) {
      turn.removeAddresses(this.#config.name, left);
      turn.detail(`(${this.#config.name}) removing VIPs.`);
    }
    if (this.#assessment.faults.length > 0) {
      for (const reason of this.#assessment.faults) {
        turn.log("info", faultText(this.#config.name, reason));
      }
      turn.log("info", `(${this.#config.name}) entering FAULT state`);
      this.#enter(turn, FAULT, "a tracked object is down at the start");
      this.#notify(turn, "fault", "FAULT");
    } else if (!this.#assessment.isWaiting) {
      this.#begin(turn, " (init)");
    }
  }

  /** Something due: a timer of this instance. */
  onDeadline(turn: Turn): void {
    const state = this.#state;
    switch (state.kind) {
      case "initialize":
      case "fault":
        return;
      case "backup":
        if (turn.now < state.activeDownAt) return;
        // RFC 9568 6.4.2: "If the Active_Down_Timer fires".
        turn.detail(`(${this.#config.name}) Receive advertisement timeout`);
        this.#becomeActive(turn, state, "no advert came");
        return;
      case "active":
        if (this.#fence(turn, state)) return;
        // RFC 9568 6.4.3: "If the Adver_Timer fires".
        if (turn.now >= state.advertDueAt) this.#advertise(turn, state, true);
        this.#announceDue(turn, state);
        return;
      default:
        unreachable(state);
    }
  }

  /** Sends its advert in a turn in which others send theirs. */
  advertiseEarly(turn: Turn): void {
    if (this.#state.kind === "active") this.#advertise(turn, this.#state, true);
  }

  /** A packet for this virtual router. RFC 9568 6.4.1: Initialize hears nothing; neither does Fault. */
  onPacket(turn: Turn, packet: Ipv4Packet): void {
    if (this.#state.kind === "initialize" || this.#state.kind === "fault") return;
    if (this.#state.kind === "active") this.#fence(turn, this.#state);
    const router = this.#state.kind === "backup" ? this.#state.activeRouter : undefined;
    const received = receiveAdvert(packet, this.#expectation, router);
    countReceived(this.counters, received);
    if (received.kind === "refused") {
      this.#tellOnce(turn, received.reason, received.text);
      return;
    }
    for (const note of received.notes) this.#tellOnce(turn, note.reason, note.text);
    if (this.#state.kind === "active") this.#activeHears(turn, this.#state, received.advert);
    else this.#backupHears(turn, this.#state, received.advert);
  }

  /** A tracked object or the interface itself changed. */
  onTracking(turn: Turn): void {
    if (this.#state.kind === "active") this.#fence(turn, this.#state);
    const before = this.effectivePriority;
    this.#assessment = assess(this.#config, this.#around.scripts, this.#around.interfaces);
    if (!this.#assessment.isUndecided) this.#assumedPriority = undefined;
    this.#adverts = undefined;
    this.#tellPriority(turn, before);
    const { faults, isWaiting } = this.#assessment;
    switch (this.#state.kind) {
      case "initialize":
        if (this.#state.isOver) return;
        if (faults.length > 0) this.#enterFault(turn);
        else if (!isWaiting) this.#begin(turn, "");
        return;
      case "backup":
      case "active":
        if (faults.length > 0) this.#enterFault(turn);
        return;
      case "fault":
        if (faults.length > 0) return;
        if (isWaiting) this.#enter(turn, WAITING, "a script has no result yet");
        else this.#begin(turn, "");
        return;
      default:
        unreachable(this.#state);
    }
  }

  /** One of its addresses was removed, not by us. */
  onAddressRemoved(turn: Turn, address: VirtualAddress, cause: "expired" | "deleted"): void {
    const state = this.#state;
    if (state.kind !== "active" || address.noTrack) return;
    if (this.#fence(turn, state)) return;
    const { name } = this.#config;
    const text = `${address.address}/${address.prefixLength} on ${address.interface}`;
    if (cause === "expired") {
      turn.log("warning", `(${name}) the kernel ended the lease of ${text}`);
      this.#enterBackup(turn, "a lease ended", false);
      return;
    }
    // It went with its interface: the interface's own event says what follows.
    if (this.#around.interfaces.get(address.interface)?.up !== true) return;
    const key = addressKey(address.interface, address.address, address.prefixLength);
    if (!this.#floating.allowPutBack(key, turn.now)) {
      turn.log("warning", `(${name}) ${text} is deleted again and again, giving up`);
      this.#enterBackup(turn, `${text} was deleted again and again`, true);
      return;
    }
    turn.log("warning", `(${name}) ${text} was deleted by another program, putting it back`);
    // A lease counts from an advert, so one goes before it.
    this.#advertise(turn, state, false, this.#floating.setAction);
    this.#announce(turn, [address], this.#config.garp.masterRepeat);
  }

  /** A new configuration of the same virtual router: only what differs is touched. */
  reconfigure(turn: Turn, config: InstanceConfig): void {
    if (this.#state.kind === "active") this.#fence(turn, this.#state);
    const before = this.effectivePriority;
    const old = this.#state.kind === "backup" ? { ...this.#state } : undefined;
    const waitBefore = old === undefined ? 0 : this.#downInterval(old);
    const intervalBefore = this.#config.advertIntMicros;
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#adverts = undefined;
    this.#told.clear();
    if (config.priority !== OWNER_PRIORITY) this.#isOwnerReduced = false;
    const changes = this.#floating.reconfigure(
      config,
      this.#around.vipLease,
      this.#around.interfaces,
    );
    this.#assessment = assess(config, this.#around.scripts, this.#around.interfaces);
    this.#tellPriority(turn, before);
    const state = this.#state;
    if (state.kind === "backup" && old !== undefined) {
      if (state.activeInterval === intervalBefore) state.activeInterval = config.advertIntMicros;
      state.activeDownAt = old.activeDownAt + this.#downInterval(state) - waitBefore;
    }
    if (state.kind === "active") {
      turn.removeAddresses(config.name, changes.gone);
      for (const { interface: name, address } of changes.gone) {
        this.#around.garp.cancel(name, address);
      }
      if (this.#assessment.faults.length === 0) {
        this.#advertise(turn, state, false, this.#floating.setAction);
        this.#announce(turn, changes.added, config.garp.masterRepeat);
      }
    }
    this.onTracking(turn);
  }

  /** It is in the new configuration no more. */
  remove(turn: Turn): void {
    const { name, notify } = this.#config;
    turn.log("info", `(${name}) is no longer configured`);
    if (this.#state.kind === "active" && !this.#fence(turn, this.#state)) this.#leave(turn, true);
    this.#enter(turn, OVER, "no longer configured");
    if (notify.deleted === undefined) this.#notify(turn, "fault", "FAULT");
    else this.#notify(turn, "deleted", "DELETED");
  }

  /** The end of the process. With `keepAddresses` they stay, for good. */
  stop(turn: Turn, keepAddresses: boolean): void {
    if (this.#state.kind === "active" && !this.#fence(turn, this.#state)) {
      if (keepAddresses) turn.makePermanent(this.#config.name, this.#floating.ours);
      this.#leave(turn, true, keepAddresses);
    }
    this.#enter(turn, OVER, "stopped");
    this.#notify(turn, "stop", "STOP");
  }

  /** Writes its record once more, as records of an older configuration do not count. */
  renewRecord(turn: Turn): void {
    if (this.#state.kind === "active") this.#record(turn, true);
  }

  // Entering and leaving states

  #enter(turn: Turn, state: InstanceState, reason: string): void {
    this.#state = state;
    this.#lastChange = { at: turn.now, reason };
    this.#told.clear();
  }

  /** RFC 9568 6.4.1, Startup: to Backup, or to Active at once. `suffix` is part of keepalived's line. */
  #begin(turn: Turn, suffix: string): void {
    const { name, state: wanted, priority, version, advertIntMicros } = this.#config;
    const isFirst = !this.#hasBegun;
    const from = Math.max(turn.now, this.#around.listeningFrom);
    this.#hasBegun = true;
    const backup = this.#newBackup(from);
    if (isFirst && wanted === "MASTER") {
      const isOwner = priority === OWNER_PRIORITY;
      // RFC 9568 6.4.1: "If the Priority = 255 [...] Send an ADVERTISEMENT".
      if (isOwner && from === turn.now) {
        this.#becomeActive(turn, backup, "owner of the addresses");
        return;
      }
      backup.activeDownAt = isOwner ? from : from + eagerInterval(version, advertIntMicros);
    }
    turn.log("info", `(${name}) Entering BACKUP STATE${suffix}`);
    this.#enter(turn, backup, isFirst ? "start" : "all tracked objects are well");
    this.#notify(turn, "backup", "BACKUP");
  }

  #newBackup(from: Micros): Backup {
    const backup: Backup = {
      kind: "backup",
      activeDownAt: 0,
      activeInterval: this.#config.advertIntMicros,
      activeRouter: undefined,
      activePriority: 0,
      preemptAt: undefined,
    };
    backup.activeDownAt = from + this.#downInterval(backup);
    return backup;
  }

  /** FENCING, resume: nobody must notice. */
  #resume(turn: Turn, record: InstanceRecord): boolean {
    const { name, downTimerAdverts } = this.#config;
    const floating = this.#floating;
    if (this.#assessment.faults.length > 0 || record.lastAdvertAt > turn.now) return false;
    const wait = peersWait(record.advertisementIntervalMicros, downTimerAdverts);
    const lease = floating.leaseMicros === undefined ? undefined : floating.leaseSeconds;
    if (turn.now >= resumeLimit(record.lastAdvertAt, wait, lease)) return false;
    if (floating.held(this.#around.interfaces).length !== floating.ours.length) return false;
    if (this.#assessment.isUndecided) this.#assumedPriority = record.effectivePriority;
    this.#hasBegun = true;
    const active = this.#newActive(record.lastAdvertAt);
    // What waits in the socket is handed in before this advert, and may be a better one.
    active.advertDueAt = Math.min(turn.now, record.lastAdvertAt + this.#period());
    if (floating.leaseMicros !== undefined) {
      active.leaseEndAt = record.lastAdvertAt + floating.leaseMicros;
    }
    this.#enter(turn, active, "resumed after the process was killed");
    turn.log("info", `(${name}) still MASTER: going on where the last process was killed`);
    return true;
  }

  #newActive(lastAdvertAt: Micros): Active {
    return {
      kind: "active",
      lastAdvertAt,
      advertDueAt: lastAdvertAt,
      leaseEndAt: undefined,
      renewAt: 0,
      garpAgainAt: undefined,
      garpRefreshAt: undefined,
      garpContestedAt: undefined,
      worseToldAt: undefined,
      ownersUntil: undefined,
    };
  }

  /** RFC 9568 6.4.2, to Active: the advert goes out before the addresses are taken. */
  #becomeActive(turn: Turn, backup: Backup, reason: string): void {
    const { name, advertIntMicros, garp } = this.#config;
    if (backup.activeInterval !== advertIntMicros) {
      turn.log(
        "info",
        `(${name}) changing advert interval from ${backup.activeInterval / MILLISECOND}ms ` +
          `to locally configured ${advertIntMicros / MILLISECOND}ms`,
      );
    }
    if (this.#isOwnerReduced) {
      this.#isOwnerReduced = false;
      this.#adverts = undefined;
      this.#tellPriority(turn, OWNER_PRIORITY - 1);
    }
    const active = this.#newActive(turn.now);
    this.#enter(turn, active, reason);
    this.counters.becomeMaster++;
    this.#advertise(turn, active, false, this.#floating.setAction);
    turn.log("info", `(${name}) Entering MASTER STATE`);
    turn.detail(`(${name}) setting VIPs.`);
    this.#announce(turn, this.#floating.all, garp.masterRepeat);
    if (garp.masterDelayMicros > 0) active.garpAgainAt = turn.now + garp.masterDelayMicros;
    if (garp.masterRefreshMicros > 0) active.garpRefreshAt = turn.now + garp.masterRefreshMicros;
    this.#notify(turn, "master", "MASTER");
  }

  /** From Active to Backup; `resigns`: by choice, so peers are told not to wait. */
  #enterBackup(turn: Turn, reason: string, resigns: boolean): Backup {
    turn.log("info", `(${this.#config.name}) Entering BACKUP STATE`);
    this.#leave(turn, resigns);
    const backup = this.#newBackup(turn.now);
    this.#enter(turn, backup, reason);
    this.#notify(turn, "backup", "BACKUP");
    return backup;
  }

  #enterFault(turn: Turn): void {
    const { name } = this.#config;
    const reasons = this.#assessment.faults.map((reason) => faultText(name, reason));
    for (const reason of this.#assessment.faults) {
      // An interface's own line stands in the log already.
      if (reason.kind !== "interfaceDown") turn.log("info", faultText(name, reason));
    }
    turn.log("info", `(${name}) Entering FAULT STATE`);
    if (this.#state.kind === "active") this.#leave(turn, true);
    this.#hasBegun = true;
    this.#enter(turn, FAULT, reasons.join("; "));
    this.#notify(turn, "fault", "FAULT");
  }

  /** What every way out of Active does: addresses out, and with `resigns` priority 0 after that. */
  #leave(turn: Turn, resigns: boolean, keepsAddresses = false): void {
    const { name, interface: interfaceName } = this.#config;
    this.counters.releaseMaster++;
    for (const entry of this.#floating.all) {
      this.#around.garp.cancel(entry.interface, entry.address);
    }
    this.#record(turn, false);
    if (!keepsAddresses) {
      turn.removeAddresses(name, this.#floating.removable(this.#around.interfaces));
      turn.detail(`(${name}) removing VIPs.`);
    }
    const source = advertSource(this.#config, this.#around.interfaces);
    if (!resigns || source === undefined) return;
    if (this.#around.interfaces.get(interfaceName)?.up !== true) return;
    // RFC 9568 6.4.3, Shutdown: "Send an ADVERTISEMENT with Priority = 0".
    turn.advert(advertActions(this.#config, source, 0));
    turn.detail(`(${name}) sent 0 priority`);
    this.counters.priZeroSent++;
  }

  // What is heard

  /** RFC 9568 6.4.2, "If an ADVERTISEMENT is received". */
  #backupHears(turn: Turn, state: Backup, advert: ReceivedAdvert): void {
    const { name, nopreempt, preemptDelayMicros, version } = this.#config;
    const { priority, source } = advert;
    if (priority === 0) {
      turn.detail(`(${name}) Backup received priority 0 advertisement`);
      state.activeDownAt =
        turn.now + skewTime(version, this.effectivePriority, state.activeInterval);
      return;
    }
    const isLower = priority < this.effectivePriority;
    const isDelayed =
      preemptDelayMicros > 0 && (state.preemptAt === undefined || turn.now < state.preemptAt);
    // "If Preempt_Mode is False, or if the Priority [...] is greater than or equal to the local Priority".
    if (isLower && !nopreempt && !isDelayed) {
      turn.log(
        "info",
        `(${name}) received lower priority (${priority}) advert from ${source} - discarding`,
      );
      return;
    }
    if (version === 3 && advert.advertisementIntervalMicros !== state.activeInterval) {
      turn.log(
        "info",
        `(${name}) advertisement interval updated from ${state.activeInterval / MILLISECOND}ms ` +
          `to ${advert.advertisementIntervalMicros / MILLISECOND}ms by master`,
      );
      state.activeInterval = advert.advertisementIntervalMicros;
    }
    if (state.activeRouter === undefined) turn.log("info", `(${name}) master set to ${source}`);
    else if (state.activeRouter !== source) {
      turn.log("info", `(${name}) master changed from ${state.activeRouter} to ${source}`);
    }
    state.activeRouter = source;
    state.activePriority = priority;
    state.activeDownAt = turn.now + this.#downInterval(state);
    if (preemptDelayMicros === 0) return;
    if (!isLower) {
      if (state.preemptAt !== undefined) turn.detail(`(${name}) stop preempt delay`);
      state.preemptAt = undefined;
    } else if (state.preemptAt === undefined) {
      turn.detail(`(${name}) start preempt delay (${(preemptDelayMicros / SECOND).toFixed(6)})`);
      state.preemptAt = turn.now + preemptDelayMicros;
    }
  }

  /** RFC 9568 6.4.3, "If an ADVERTISEMENT is received". */
  #activeHears(turn: Turn, state: Active, advert: ReceivedAdvert): void {
    const { name } = this.#config;
    const { priority, source } = advert;
    const ours = this.effectivePriority;
    const own = this.#source();
    if (priority === 0) {
      // "If the Priority [...] is 0: Send an ADVERTISEMENT".
      turn.log("info", `(${name}) Master received priority 0 message`);
      this.#advertise(turn, state, false);
      return;
    }
    if (source === own) {
      this.#tellOnce(
        turn,
        "ownAddress",
        `(${name}) WARNING - equal priority advert received from remote host with our IP address.`,
      );
      return;
    }
    if (turn.now > state.advertDueAt + this.#period() / 2 && !this.#floating.isAllStanding) {
      // FENCING, waking up: whoever speaks meanwhile may hold the addresses, however low its priority.
      turn.log(
        "warning",
        `(${name}) was held up for ${seconds(turn.now - state.advertDueAt)} s, and ${source} speaks`,
      );
      const backup = this.#enterBackup(turn, "held up while another spoke", false);
      this.#backupHears(turn, backup, advert);
      return;
    }
    const isSecondOwner = priority === OWNER_PRIORITY && ours === OWNER_PRIORITY;
    if (isSecondOwner && compareIp(source, own) < 0) {
      this.#contest(turn, state, advert);
      return;
    }
    // "If the Priority [...] is greater than the local Priority, or equal and the address greater than ours".
    const isBetter = priority > ours || (priority === ours && compareIp(source, own) > 0);
    if (isBetter) this.#yield(turn, advert);
    else this.#assert(turn, state, advert);
  }

  #yield(turn: Turn, advert: ReceivedAdvert): void {
    const { name, higherPrioSendAdvert, version } = this.#config;
    const { priority, source } = advert;
    const ours = this.effectivePriority;
    turn.log(
      "info",
      priority > ours
        ? `(${name}) Master received advert from ${source} with higher priority ${priority}, ours ${ours}`
        : `(${name}) Master received advert from ${source} with same priority ${priority} ` +
            "but higher IP address than ours",
    );
    if (higherPrioSendAdvert) this.#send(turn);
    const backup = this.#enterBackup(turn, `${source} has a better priority`, false);
    if (version === 3) backup.activeInterval = advert.advertisementIntervalMicros;
    backup.activeRouter = source;
    backup.activePriority = priority;
    backup.activeDownAt = turn.now + this.#downInterval(backup);
  }

  /** A worse router thinks that it is active: it and the switches are told otherwise. */
  #assert(turn: Turn, state: Active, { priority, source }: ReceivedAdvert): void {
    const { name, lowerPrioNoAdvert, garp } = this.#config;
    const answers = !lowerPrioNoAdvert && turn.now - state.lastAdvertAt >= LEAST_ANSWER_GAP;
    if (answers) this.#advertise(turn, state, false);
    this.#announce(turn, this.#floating.all, garp.lowerPrioRepeat);
    if (garp.lowerPrioDelayMicros > 0 && garp.lowerPrioRepeat > 0) {
      state.garpContestedAt ??= turn.now + garp.lowerPrioDelayMicros;
    }
    // One that speaks faster than it may must not fill the log or start scripts without end.
    const told = state.worseToldAt;
    if (told !== undefined && turn.now - told < this.#config.advertIntMicros / 2) return;
    state.worseToldAt = turn.now;
    turn.log(
      "info",
      `(${name}) Received advert from ${source} with lower priority ${priority}, ` +
        `ours ${this.effectivePriority}${lowerPrioNoAdvert ? "" : ", forcing new election"}`,
    );
    this.#notify(turn, "masterRxLowerPri", "MASTER_RX_LOWER_PRI");
  }

  /**
   * Another owner with a lower address, which should yield: it gets two more adverts of ours and 1.2 of the longer
   * interval. If it speaks still, ours is the wrong one.
   */
  #contest(turn: Turn, state: Active, advert: ReceivedAdvert): void {
    const { name, advertIntMicros } = this.#config;
    const longer = Math.max(advertIntMicros, advert.advertisementIntervalMicros);
    const isStale = state.ownersUntil !== undefined && turn.now > state.ownersUntil + 3 * longer;
    if (state.ownersUntil === undefined || isStale) {
      state.ownersUntil = turn.now + 2 * this.#period() + 1.2 * longer;
      turn.log(
        "error",
        `(${name}) CONFIGURATION ERROR: local instance and ${advert.source} are both configured ` +
          "as address owner, please resolve",
      );
      return;
    }
    if (turn.now < state.ownersUntil) return;
    this.#isOwnerReduced = true;
    this.#adverts = undefined;
    this.#tellPriority(turn, OWNER_PRIORITY);
    this.#yield(turn, advert);
  }

  /**
   * FENCING, waking up: whether an active instance has been silent for so long that its lease is over or its peers no
   * longer wait. Then the addresses go out, and it listens before it contends.
   */
  #fence(turn: Turn, state: Active): boolean {
    if (this.#floating.isAllStanding) return false;
    const { name, advertIntMicros, downTimerAdverts } = this.#config;
    const wait = peersWait(advertIntMicros, downTimerAdverts);
    const limit = state.leaseEndAt ?? leaselessLimit(state.lastAdvertAt, wait);
    if (turn.now < limit) return false;
    turn.log(
      "warning",
      `(${name}) last advert ${seconds(turn.now - state.lastAdvertAt)} s ago: ` +
        "another may hold the addresses, giving them up",
    );
    this.#enterBackup(turn, "held up for too long", false);
    return true;
  }

  // What is sent

  /**
   * An advert, `isOnTime` when the timer asks for it and not something else; and after it the addresses, to be set when
   * given, else renewed when that is due.
   */
  #advertise(turn: Turn, state: Active, isOnTime: boolean, set?: SetAddresses): void {
    state.lastAdvertAt = turn.now;
    const period = this.#period();
    state.advertDueAt = isOnTime
      ? nextAdvertDue(state.advertDueAt, turn.now, period)
      : turn.now + period;
    this.#record(turn, true);
    this.#send(turn);
    const isDue = state.leaseEndAt !== undefined && turn.now >= state.renewAt;
    const action = set ?? (isDue ? this.#floating.renewAction : undefined);
    if (action === undefined) return;
    turn.setAddresses(action);
    const lease = this.#floating.leaseMicros;
    state.leaseEndAt = lease === undefined ? undefined : turn.now + lease;
    state.renewAt = lease === undefined ? Number.POSITIVE_INFINITY : turn.now + lease / 3;
  }

  #send(turn: Turn): void {
    this.#adverts ??= advertActions(this.#config, this.#source(), this.effectivePriority);
    turn.advert(this.#adverts);
    this.counters.advertSent++;
  }

  #announceDue(turn: Turn, state: Active): void {
    const { garp } = this.#config;
    if (state.garpAgainAt !== undefined && turn.now >= state.garpAgainAt) {
      state.garpAgainAt = undefined;
      this.#announce(turn, this.#floating.all, garp.masterRepeat);
    }
    if (state.garpContestedAt !== undefined && turn.now >= state.garpContestedAt) {
      state.garpContestedAt = undefined;
      this.#announce(turn, this.#floating.all, garp.lowerPrioRepeat);
    }
    if (state.garpRefreshAt !== undefined && turn.now >= state.garpRefreshAt) {
      state.garpRefreshAt = turn.now + garp.masterRefreshMicros;
      this.#announce(turn, this.#floating.all, garp.masterRefreshRepeat);
    }
  }

  #announce(turn: Turn, addresses: readonly VirtualAddress[], repeats: number): void {
    if (repeats <= 0) return;
    for (const { interface: name, address } of arpAddresses(addresses)) {
      this.#around.garp.add(name, address, repeats, this.#config.garp.intervalMicros);
      turn.detail(
        `(${this.#config.name}) Sending/queueing gratuitous ARPs on ${name} for ${address}`,
      );
    }
  }

  #record(turn: Turn, active: boolean): void {
    turn.record(this.#config.name, {
      active,
      lastAdvertAt: this.#state.kind === "active" ? this.#state.lastAdvertAt : turn.now,
      advertisementIntervalMicros: this.#config.advertIntMicros,
      effectivePriority: this.effectivePriority,
    });
  }

  #notify(
    turn: Turn,
    event: "master" | "backup" | "fault" | "stop" | "deleted" | "masterRxLowerPri",
    state: string,
  ): void {
    turn.notify(this.#config.name, event, state, this.effectivePriority);
  }

  /** Tells a priority that is no longer `before`, and moves the down timer by what the skew changes. */
  #tellPriority(turn: Turn, before: number): void {
    const after = this.effectivePriority;
    if (after === before) return;
    const { name, version, notifyPriorityChanges } = this.#config;
    const state = this.#state;
    turn.log("info", `(${name}) Changing effective priority from ${before} to ${after}`);
    if (state.kind === "backup") {
      const { activeInterval } = state;
      state.activeDownAt +=
        skewTime(version, after, activeInterval) - skewTime(version, before, activeInterval);
    }
    if (!notifyPriorityChanges) return;
    if (state.kind === "active") turn.notify(name, "masterPriority", "MASTER_PRIORITY", after);
    if (state.kind === "backup") turn.notify(name, "backupPriority", "BACKUP_PRIORITY", after);
  }

  #tellOnce(turn: Turn, cause: string, text: string | undefined): void {
    if (text === undefined || this.#told.has(cause)) return;
    this.#told.add(cause);
    turn.log("info", text);
  }

  #downInterval({ activeInterval }: Backup): Micros {
    const { version, downTimerAdverts } = this.#config;
    return activeDownInterval(version, this.effectivePriority, activeInterval, downTimerAdverts);
  }

  #period(): Micros {
    const lease =
      this.#floating.leaseMicros === undefined ? undefined : this.#floating.leaseSeconds;
    return advertPeriod(this.#config.advertIntMicros, lease);
  }

  #source(): Ip {
    return defined(advertSource(this.#config, this.#around.interfaces), "the source of adverts");
  }
}

function seconds(micros: Micros): string {
  return (micros / SECOND).toFixed(3);
}
