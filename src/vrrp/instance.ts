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

import type { InstanceConfig, VirtualAddress } from "../config/config.ts";
import { defined, unreachable } from "../lib/assert.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { Ipv4Packet } from "../wire/ipv4.ts";
import type { NodeAction } from "./action.ts";
import {
  activeDeadline,
  advertise,
  announce,
  announceDue,
  answerResignation,
  assertRole,
  isOverdue,
  isSecondOwnerStubborn,
  isSilentTooLong,
  leaveActive,
  newActive,
  periodOf,
  recordActive,
  recordInactive,
  sendAdvert,
} from "./active.ts";
import { advertActions } from "./advert.ts";
import { announcementsFrom, noAnnouncements } from "./announcement.ts";
import { downInterval, follow, hearAsBackup, newBackup } from "./backup.ts";
import { type Counters, newCounters } from "./counters.ts";
import { judgeAsActive } from "./election.ts";
import type { InstanceRecord } from "./event.ts";
import { addressKey, FloatingAddresses } from "./floating.ts";
import { line } from "./lines.ts";
import {
  countReceived,
  type Expectation,
  expectationOf,
  type ReceivedAdvert,
  receiveAdvert,
} from "./receive.ts";
import type {
  Active,
  Backup,
  Fault,
  Initialize,
  InstanceState,
  Router,
  Surroundings,
} from "./state.ts";
import { TellLimit } from "./tell-limit.ts";
import {
  coalescingSlack,
  eagerInterval,
  OWNER_PRIORITY,
  peersWait,
  resumeLimit,
  skewTime,
} from "./timing.ts";
import { type Assessment, advertSource, assess, faultText } from "./tracking.ts";
import type { Turn } from "./turn.ts";

const WAITING: Initialize = { kind: "initialize", isOver: false };
const OVER: Initialize = { kind: "initialize", isOver: true };
const FAULT: Fault = { kind: "fault" };

/** The last change of state and why it came. */
export interface StateChange {
  readonly at: Micros;
  readonly reason: string;
}

export class Instance implements Router {
  readonly around: Surroundings;
  readonly floating: FloatingAddresses;
  readonly counters: Counters = newCounters();
  readonly tellLimit: TellLimit = new TellLimit();
  #config: InstanceConfig;
  #expectation: Expectation;
  #assessment: Assessment;
  #state: InstanceState = WAITING;
  #lastChange: StateChange | undefined;
  /** It has been more than waiting for scripts. */
  #hasBegun = false;
  /** The killed process's priority, until the scripts that make it have told theirs. */
  #assumedPriority: number | undefined;
  /** Another owner did not yield: ours is 254 until it is gone. */
  #isOwnerReduced = false;
  #adverts: readonly NodeAction[] | undefined;
  /** Causes of packet trouble that were told since the state last changed. */
  readonly #told = new Set<string>();

  constructor(config: InstanceConfig, around: Surroundings) {
    this.around = around;
    this.floating = new FloatingAddresses(config, around.vipLease, around.interfaces);
    this.#config = config;
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

  get lastChange(): StateChange | undefined {
    return this.#lastChange;
  }

  get effectivePriority(): number {
    if (this.#isOwnerReduced) return OWNER_PRIORITY - 1;
    return this.#assumedPriority ?? this.#assessment.priority;
  }

  /** An instance without one is in fault. */
  get source(): Ip {
    return defined(advertSource(this.#config, this.around.interfaces), "the source of adverts");
  }

  get adverts(): readonly NodeAction[] {
    this.#adverts ??= advertActions(this.#config, this.source, this.effectivePriority);
    return this.#adverts;
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
      case "active":
        return activeDeadline(state);
      default:
        return unreachable(state);
    }
  }

  /** From when its next advert may share the turn of another's; undefined when it sends none. */
  shareableFrom(): Micros | undefined {
    return this.#state.kind === "active"
      ? this.#state.advertDueAt - coalescingSlack(periodOf(this))
      : undefined;
  }

  /** Begins, or goes on where the process that left `record` was killed. */
  start(turn: Turn, record: InstanceRecord | undefined): void {
    const { name, priority } = this.#config;
    this.#tellPriority(turn, priority);
    if (record?.active === true) {
      if (this.#resume(turn, record)) return;
      recordInactive(turn, this);
    }
    const { faults, isWaiting } = this.#assessment;
    const left = this.floating.held(this.around.interfaces);
    const adopts = faults.length === 0 && !isWaiting && this.#isActiveAtOnce(turn);
    if (left.length > 0 && !adopts) {
      const own = this.around.interfaces.get(this.#config.interface)?.ipv4;
      if (left.some((entry) => entry.address === own)) {
        turn.log("warning", line.losesOwnAddress(name, `${own} on ${this.#config.interface}`));
      }
      turn.removeAddresses(name, left);
      turn.detail(line.removingVips(name));
    }
    if (faults.length > 0) {
      for (const reason of faults) turn.log("info", faultText(name, reason));
      turn.log("info", line.startingInFault(name));
      this.#hasBegun = true;
      this.#enter(turn, FAULT, this.#faultReason());
      turn.notify(name, "fault", "FAULT", this.effectivePriority);
    } else if (!isWaiting) {
      this.#begin(turn, true);
    }
  }

  /** Something is due. */
  onDeadline(turn: Turn): void {
    const state = this.#state;
    switch (state.kind) {
      case "initialize":
      case "fault":
        return;
      case "backup":
        if (turn.now < state.activeDownAt) return;
        // RFC 9568 6.4.2: "If the Active_Down_Timer fires".
        turn.detail(line.timeout(this.#config.name));
        this.#becomeActive(turn, state, "no advert came");
        return;
      case "active":
        if (this.#fence(turn, state)) return;
        // RFC 9568 6.4.3: "If the Adver_Timer fires".
        if (turn.now >= state.advertDueAt) advertise(turn, this, state, true);
        announceDue(turn, this, state);
        return;
      default:
        unreachable(state);
    }
  }

  /** Sends its advert in a turn in which others send theirs. */
  advertiseEarly(turn: Turn): void {
    if (this.#state.kind === "active") advertise(turn, this, this.#state, true);
  }

  /** A packet for this virtual router. Initialize hears nothing (RFC 9568 6.4.1), and neither does Fault. */
  onPacket(turn: Turn, packet: Ipv4Packet): void {
    this.#fenceIfActive(turn);
    const state = this.#state;
    if (state.kind === "initialize" || state.kind === "fault") return;
    const router = state.kind === "backup" ? state.activeRouter : undefined;
    const received = receiveAdvert(packet, this.#expectation, router);
    countReceived(this.counters, received);
    if (received.kind === "refused") {
      this.#tellOnce(turn, received.reason, received.text);
      return;
    }
    for (const note of received.notes) this.#tellOnce(turn, note.reason, note.text);
    if (state.kind === "active") this.#hearAsActive(turn, state, received.advert);
    else hearAsBackup(turn, this, state, received.advert);
  }

  /** A tracked object or the interface itself changed. */
  onTracking(turn: Turn): void {
    this.#fenceIfActive(turn);
    this.#reassess(turn, this.effectivePriority);
    if (!this.around.interfaces.has(this.#config.interface)) this.floating.forget();
    const state = this.#state;
    const { faults, isWaiting } = this.#assessment;
    switch (state.kind) {
      case "initialize":
        if (state.isOver) return;
        if (faults.length > 0) this.#enterFault(turn);
        else if (!isWaiting) this.#begin(turn, false);
        return;
      case "backup":
      case "active":
        if (faults.length > 0) this.#enterFault(turn);
        return;
      case "fault":
        if (faults.length > 0) return;
        if (isWaiting) this.#enter(turn, WAITING, "a script has no result yet");
        else this.#begin(turn, false);
        return;
      default:
        unreachable(state);
    }
  }

  /** One of its addresses was removed, not by us. */
  onAddressRemoved(turn: Turn, address: VirtualAddress, cause: "expired" | "deleted"): void {
    const state = this.#state;
    if (state.kind !== "active" || this.#fence(turn, state)) return;
    // It went with its interface: that has an event of its own.
    if (this.around.interfaces.get(address.interface)?.up !== true) return;
    const { name, garp } = this.#config;
    const text = `${address.address}/${address.prefixLength} on ${address.interface}`;
    if (cause === "expired") {
      turn.log("warning", line.leaseEnded(name, text));
      this.#enterBackup(turn, `the lease of ${text} ended`, false);
      return;
    }
    const key = addressKey(address.interface, address.address, address.prefixLength);
    if (address.noTrack) {
      this.floating.abandon(key);
      return;
    }
    if (!this.floating.allowPutBack(key, turn.now)) {
      turn.log("warning", line.givingUp(name, text));
      this.#enterBackup(turn, `${text} was deleted again and again`, true);
      return;
    }
    turn.log("warning", line.puttingBack(name, text));
    advertise(turn, this, state, false, this.floating.setAction);
    announce(turn, this, [address], garp.masterRepeat);
  }

  /** An interface that carries addresses of its is there again: so are they, and switches are told. */
  onInterfaceBack(turn: Turn, interfaceName: string): void {
    const state = this.#state;
    if (state.kind !== "active" || this.#fence(turn, state)) return;
    const addresses = this.floating.announced.filter((entry) => entry.interface === interfaceName);
    advertise(turn, this, state, false, this.floating.setAction);
    announce(turn, this, addresses, this.#config.garp.masterRepeat);
  }

  /** What it last wanted to send and set was left out: once more, unless too much time has passed. */
  onHeldUp(turn: Turn): void {
    const state = this.#state;
    if (state.kind !== "active" || this.#fence(turn, state)) return;
    advertise(turn, this, state, false, this.floating.setAction);
    announce(turn, this, this.floating.announced, this.#config.garp.masterRepeat);
  }

  /** A new configuration of the same virtual router: what it is and knows stays. */
  reconfigure(turn: Turn, config: InstanceConfig): void {
    this.#fenceIfActive(turn);
    const { advertIntMicros: intervalBefore, priority: baseBefore } = this.#config;
    const before = this.effectivePriority;
    const state = this.#state;
    const waitedFrom =
      state.kind === "backup" ? state.activeDownAt - downInterval(this, state.activeInterval) : 0;
    const changes = this.floating.reconfigure(config, this.around.vipLease, this.around.interfaces);
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#told.clear();
    if (config.priority !== baseBefore) this.#isOwnerReduced = false;
    this.#reassess(turn, before);
    if (state.kind === "backup") {
      if (state.activeInterval === intervalBefore) state.activeInterval = config.advertIntMicros;
      state.activeDownAt = waitedFrom + downInterval(this, state.activeInterval);
    }
    if (state.kind !== "active") {
      // What stands there already and is to be ours from now on may be another's at this moment.
      turn.removeAddresses(
        config.name,
        this.floating.heldOf(changes.added, this.around.interfaces),
      );
    } else {
      turn.removeAddresses(config.name, changes.gone);
      for (const gone of changes.gone) this.around.garp.cancel(gone.interface, gone.address);
      if (this.#assessment.faults.length === 0) {
        advertise(turn, this, state, false, this.floating.setAction);
        announce(turn, this, changes.added, config.garp.masterRepeat);
      }
    }
    this.onTracking(turn);
  }

  /** It is in the new configuration no more. */
  remove(turn: Turn): void {
    const { name, notifyDeleted } = this.#config;
    turn.log("info", line.removed(name));
    this.#end(turn, "no longer configured", false);
    if (notifyDeleted) turn.notify(name, "deleted", "DELETED", this.effectivePriority);
    else turn.notify(name, "fault", "FAULT", this.effectivePriority);
  }

  /** The end of the process. With `keepAddresses` the addresses stay, for good. */
  stop(turn: Turn, keepAddresses: boolean): void {
    this.#end(turn, "stopped", keepAddresses);
    turn.notify(this.#config.name, "stop", "STOP", this.effectivePriority);
  }

  /** Writes its record once more, since records of an older configuration do not count. */
  renewRecord(turn: Turn): void {
    if (this.#state.kind === "active") recordActive(turn, this, this.#state);
  }

  #end(turn: Turn, reason: string, keepAddresses: boolean): void {
    this.#fenceIfActive(turn);
    if (this.#state.kind === "active") leaveActive(turn, this, true, keepAddresses);
    this.#enter(turn, OVER, reason);
  }

  #enter(turn: Turn, state: InstanceState, reason: string): void {
    this.#state = state;
    this.#lastChange = { at: turn.now, reason };
    this.#told.clear();
  }

  /** RFC 9568 6.4.1, Startup: to Backup, or to Active at once. */
  #begin(turn: Turn, isStart: boolean): void {
    const { name, state: wanted, priority, version, advertIntMicros } = this.#config;
    const from = Math.max(turn.now, this.around.listeningFrom);
    const isEager = wanted === "MASTER" && !this.#hasBegun;
    const isOwner = priority === OWNER_PRIORITY;
    const isActiveAtOnce = this.#isActiveAtOnce(turn);
    const reason = this.#hasBegun ? "all tracked objects are well" : "start";
    const backup = newBackup(this, from);
    this.#hasBegun = true;
    if (isActiveAtOnce) {
      // "If the Priority = 255, i.e., the router owns the IP address(es)".
      turn.detail(line.timeout(name));
      this.#becomeActive(turn, backup, "start as the owner of the addresses");
      return;
    }
    if (isEager) {
      backup.activeDownAt = isOwner ? from : from + eagerInterval(version, advertIntMicros);
    }
    turn.log("info", line.enteringBackup(name, isStart));
    this.#enter(turn, backup, reason);
    turn.notify(name, "backup", "BACKUP", this.effectivePriority);
  }

  /** The owner that is to be MASTER does not wait, unless the start is delayed. */
  #isActiveAtOnce(turn: Turn): boolean {
    const { state, priority } = this.#config;
    const isToBe = state === "MASTER" && priority === OWNER_PRIORITY;
    return isToBe && !this.#hasBegun && turn.now >= this.around.listeningFrom;
  }

  /** Goes on as the active router that a killed process was, if nobody can have noticed. Whether it does. */
  #resume(turn: Turn, record: InstanceRecord): boolean {
    const { name, downTimerAdverts } = this.#config;
    const { floating, around } = this;
    const { lastAdvertAt } = record;
    if (this.#assessment.faults.length > 0 || lastAdvertAt > turn.now) return false;
    const wait = peersWait(record.advertisementIntervalMicros, downTimerAdverts);
    if (turn.now >= resumeLimit(lastAdvertAt, wait, floating.lease)) return false;
    if (!floating.isHeld(around.interfaces)) return false;
    if (this.#assessment.isUndecided) this.#assumedPriority = record.effectivePriority;
    this.#hasBegun = true;
    const active = newActive(lastAdvertAt, noAnnouncements());
    // Due at once, but what waits in the socket is handed in before, and may be better.
    active.advertDueAt = Math.min(turn.now, lastAdvertAt + periodOf(this));
    if (floating.leaseMicros !== undefined) {
      active.lease = { endAt: lastAdvertAt + floating.leaseMicros, renewAt: turn.now };
    }
    this.#enter(turn, active, "resumed after the process was killed");
    turn.log("info", line.resumes(name));
    return true;
  }

  /** RFC 9568 6.4.2, to Active: the advert goes out before the addresses are taken. */
  #becomeActive(turn: Turn, backup: Backup, reason: string): void {
    const { name, advertIntMicros, garp } = this.#config;
    if (backup.activeInterval !== advertIntMicros) {
      turn.log("info", line.returnsToInterval(name, backup.activeInterval, advertIntMicros));
    }
    if (this.#isOwnerReduced) {
      this.#isOwnerReduced = false;
      this.#adverts = undefined;
      this.#tellPriority(turn, OWNER_PRIORITY - 1);
    }
    this.floating.prepare(this.around.interfaces);
    const active = newActive(turn.now, announcementsFrom(garp, turn.now));
    this.#enter(turn, active, reason);
    this.counters.becomeMaster++;
    advertise(turn, this, active, false, this.floating.setAction);
    turn.log("info", line.enteringMaster(name));
    turn.detail(line.settingVips(name));
    announce(turn, this, this.floating.all, garp.masterRepeat);
    turn.notify(name, "master", "MASTER", this.effectivePriority);
  }

  /** From Active to Backup; `resigns` when peers are to be told not to wait. */
  #enterBackup(turn: Turn, reason: string, resigns: boolean): Backup {
    const { name } = this.#config;
    turn.log("info", line.enteringBackup(name, false));
    leaveActive(turn, this, resigns);
    const backup = newBackup(this, turn.now);
    this.#enter(turn, backup, reason);
    turn.notify(name, "backup", "BACKUP", this.effectivePriority);
    return backup;
  }

  #enterFault(turn: Turn): void {
    const { name } = this.#config;
    for (const reason of this.#assessment.faults) {
      // An interface's own line stands in the log already.
      if (reason.kind !== "interfaceDown") turn.log("info", faultText(name, reason));
    }
    turn.log("info", line.enteringFault(name));
    if (this.#state.kind === "active") leaveActive(turn, this, true);
    this.#hasBegun = true;
    this.#enter(turn, FAULT, this.#faultReason());
    turn.notify(name, "fault", "FAULT", this.effectivePriority);
  }

  #faultReason(): string {
    const { name } = this.#config;
    return this.#assessment.faults.map((reason) => faultText(name, reason)).join("; ");
  }

  /**
   * FENCING, waking up: an active router that has been silent for too long gives the addresses up, and listens before
   * it contends. Whether it did.
   */
  #fence(turn: Turn, active: Active): boolean {
    if (this.floating.isAllStanding || !isSilentTooLong(this, active, turn.now)) return false;
    turn.log("warning", line.silentTooLong(this.#config.name, turn.now - active.lastAdvertAt));
    this.#enterBackup(turn, "silent for too long", false);
    return true;
  }

  #fenceIfActive(turn: Turn): void {
    if (this.#state.kind === "active") this.#fence(turn, this.#state);
  }

  #hearAsActive(turn: Turn, active: Active, advert: ReceivedAdvert): void {
    const { name } = this.#config;
    const verdict = judgeAsActive(this.effectivePriority, this.source, advert);
    if (verdict === "resigned") {
      answerResignation(turn, this, active);
      return;
    }
    if (verdict === "ownAddress") {
      this.#tellOnce(turn, verdict, line.hearsOwnAddress(name));
      return;
    }
    if (isOverdue(this, active, turn.now) && !this.floating.isAllStanding) {
      // FENCING, waking up: however low its priority is, it may hold the addresses.
      turn.log("warning", line.heldUp(name, turn.now - active.advertDueAt, advert.source));
      const backup = this.#enterBackup(turn, "held up while another spoke", false);
      hearAsBackup(turn, this, backup, advert);
      return;
    }
    switch (verdict) {
      case "better":
        this.#yield(turn, advert);
        return;
      case "worse":
        if (assertRole(turn, this, active, advert)) {
          const state = "MASTER_RX_LOWER_PRI";
          turn.notify(name, "masterRxLowerPri", state, this.effectivePriority);
        }
        return;
      case "secondOwner":
        if (!isSecondOwnerStubborn(turn, this, active, advert)) return;
        this.#isOwnerReduced = true;
        this.#adverts = undefined;
        this.#tellPriority(turn, OWNER_PRIORITY);
        this.#yield(turn, advert);
        return;
      default:
        unreachable(verdict);
    }
  }

  /** RFC 9568 6.4.3: "Cancel Adver_Timer [...] Transition to the {Backup} state". */
  #yield(turn: Turn, advert: ReceivedAdvert): void {
    const { name, higherPrioSendAdvert } = this.#config;
    const { priority, source } = advert;
    const ours = this.effectivePriority;
    turn.log(
      "info",
      priority > ours
        ? line.hearsHigher(name, source, priority, ours)
        : line.hearsHigherAddress(name, source, priority),
    );
    if (higherPrioSendAdvert) sendAdvert(turn, this);
    const backup = this.#enterBackup(turn, `${source} has a better priority`, false);
    follow(turn, this, backup, advert);
  }

  /** Looks at the tracked objects anew; the priority was `before`. */
  #reassess(turn: Turn, before: number): void {
    this.#assessment = assess(this.#config, this.around.scripts, this.around.interfaces);
    if (!this.#assessment.isUndecided) this.#assumedPriority = undefined;
    this.#adverts = undefined;
    this.#tellPriority(turn, before);
  }

  /** Tells a priority that is no longer `before`, and moves a backup's timer by what the skew changes. */
  #tellPriority(turn: Turn, before: number): void {
    const after = this.effectivePriority;
    if (after === before) return;
    const { name, version, notifyPriorityChanges } = this.#config;
    const state = this.#state;
    turn.log("info", line.priorityChanges(name, before, after));
    if (state.kind === "backup") {
      const { activeInterval } = state;
      state.activeDownAt +=
        skewTime(version, after, activeInterval) - skewTime(version, before, activeInterval);
    }
    if (!notifyPriorityChanges) return;
    if (state.kind === "active") turn.notify(name, "masterPriority", "MASTER_PRIORITY", after);
    if (state.kind === "backup") turn.notify(name, "backupPriority", "BACKUP_PRIORITY", after);
  }

  /** keepalived's limit: once for each cause until the state changes. */
  #tellOnce(turn: Turn, cause: string, text: string | undefined): void {
    if (text === undefined || this.#told.has(cause)) return;
    this.#told.add(cause);
    turn.log("info", text);
  }
}
