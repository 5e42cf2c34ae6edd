// Looks up users and groups by the C library, which includes NSS sources such as LDAP and systemd.

import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { addressOf, declare, isLittleEndian } from "../ffi/ffi.ts";

const getpwnam_r = declare("int getpwnam_r(const char *, void *, void *, unsigned long, void *)");
const getgrnam_r = declare("int getgrnam_r(const char *, void *, void *, unsigned long, void *)");
const getpwuid_r = declare("int getpwuid_r(unsigned int, void *, void *, unsigned long, void *)");
const getgrouplist = declare("int getgrouplist(const char *, unsigned int, void *, void *)");

export interface User {
  readonly name: string;
  readonly uid: number;
  /** The user's primary group. */
  readonly gid: number;
  /** All groups of the user, the primary one first. */
  readonly groups: readonly number[];
}

/** struct passwd (pwd.h): name, password, uid, gid, and three more strings. */
const PASSWD_OCTETS = 48;
const PASSWD_UID = 16;
const PASSWD_GID = 20;
/** struct group (grp.h): name, password, gid, members. */
const GROUP_OCTETS = 32;
const GROUP_GID = 16;

const FIRST_BUFFER_OCTETS = 4_096;
/** Enough for a group with a hundred thousand members. */
const MAX_BUFFER_OCTETS = 4 * 1_048_576;
/** The kernel's NGROUPS_MAX. */
const MAX_GROUPS = 65_536;

/** The user with that name, or undefined. May block on a directory server: do not call it in a time-critical loop. */
export function findUser(name: string): User | undefined {
  if (name.includes("\0")) return undefined;
  const found = lookUp("getpwnam_r", PASSWD_OCTETS, (...memory) => getpwnam_r(name, ...memory));
  return found === undefined ? undefined : toUser(found);
}

/** The user with that uid, or undefined. May block like `findUser`. */
export function findUserById(uid: number): User | undefined {
  const found = lookUp("getpwuid_r", PASSWD_OCTETS, (...memory) => getpwuid_r(uid, ...memory));
  return found === undefined ? undefined : toUser(found);
}

/** The gid of the group with that name, or undefined. May block like `findUser`. */
export function findGroup(name: string): number | undefined {
  if (name.includes("\0")) return undefined;
  const found = lookUp("getgrnam_r", GROUP_OCTETS, (...memory) => getgrnam_r(name, ...memory));
  return found?.entry.getUint32(GROUP_GID, isLittleEndian);
}

interface Found {
  /** The structure. */
  readonly entry: DataView<ArrayBuffer>;
  /** The strings that it points into. */
  readonly strings: Uint8Array<ArrayBuffer>;
}

type Call = (
  entry: DataView<ArrayBuffer>,
  strings: Uint8Array<ArrayBuffer>,
  octets: number,
  result: BigUint64Array<ArrayBuffer>,
) => unknown;

/** Calls a getXXX_r function with a sufficient buffer. Throws a SystemError if the look-up fails. */
function lookUp(operation: string, entryOctets: number, call: Call): Found | undefined {
  for (let octets = FIRST_BUFFER_OCTETS; octets <= MAX_BUFFER_OCTETS; octets *= 4) {
    const entry = new DataView(new ArrayBuffer(entryOctets));
    const strings = new Uint8Array(octets);
    const result = new BigUint64Array(1);
    const errno = call(entry, strings, octets, result) as number;
    if (errno === 0) return result[0] === 0n ? undefined : { entry, strings };
    // The errors for "not found" in man 3 getpwnam.
    const { ENOENT, ESRCH, EBADF, EPERM, ERANGE } = errnoNumber;
    if ([ENOENT, ESRCH, EBADF, EPERM].includes(errno)) return undefined;
    if (errno !== ERANGE) throw new SystemError(operation, errno);
  }
  throw new SystemError(operation, errnoNumber.ERANGE);
}

function toUser({ entry, strings }: Found): User {
  const start = Number(entry.getBigUint64(0, isLittleEndian) - addressOf(strings.buffer));
  const end = strings.indexOf(0, start);
  const name = Buffer.from(strings.subarray(start, end)).toString();
  const uid = entry.getUint32(PASSWD_UID, isLittleEndian);
  const gid = entry.getUint32(PASSWD_GID, isLittleEndian);
  return { name, uid, gid, groups: groupsOf(name, gid) };
}

/** All groups of a user, `gid` first. */
function groupsOf(name: string, gid: number): number[] {
  for (let room = 64; room <= MAX_GROUPS; room *= 4) {
    const groups = new Uint32Array(room);
    const count = Int32Array.of(room);
    if ((getgrouplist(name, gid, groups, count) as number) >= 0) {
      const others = [...groups.subarray(0, count[0])].filter((group) => group !== gid);
      return [gid, ...new Set(others)];
    }
  }
  throw new SystemError(`getgrouplist ${name}`, errnoNumber.ERANGE);
}
