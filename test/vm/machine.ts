// Runs one command as root in an emulated machine with its own kernel, a copy-on-write view of this machine's files and
// no network. Emulation needs no privileges and works inside other virtual machines.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { spawnBound } from "../../lab/anchor.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** An unpacked kernel. */
export interface Kernel {
  /** As printed by `uname -r`, e.g. `6.1.0-47-amd64`. */
  readonly release: string;
  /** Contains `boot/vmlinuz-RELEASE` and `lib/modules/RELEASE`. */
  readonly folder: string;
}

export interface MachineEnd {
  /** The command's exit status; undefined if the machine ended first. */
  readonly status: number | undefined;
  /** The command's output. */
  readonly output: string;
  /** The machine's console: important kernel messages. */
  readonly console: string;
}

const PROCESSORS = 2;
const MEMORY_MEBIBYTES = 2048;
/** Modules needed to mount this machine's files, which contain all others. */
const FIRST_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];
/** The only files in its /etc: each lab host copies that folder, which would take half a minute for a full one. */
const SETTINGS = ["passwd", "group", "nsswitch.conf", "protocols", "services", "ld.so.cache"];

/** The kernels unpacked by the set-up. */
export function kernels(): Kernel[] {
  const { HOLDFAST_KERNELS: folder } = process.env;
  if (folder === undefined) throw new Error("HOLDFAST_KERNELS is not set: npm run test:vm");
  return readdirSync(folder)
    .filter((release) => existsSync(join(folder, release, "boot", `vmlinuz-${release}`)))
    .map((release) => ({ release, folder: join(folder, release) }));
}

/**
 * Boots a machine, runs `argv` in it in the current folder and shuts it down; kills it after `timeoutMillis` or when this
 * process ends.
 */
export async function runInMachine(
  kernel: Kernel,
  argv: readonly string[],
  timeoutMillis: number,
): Promise<MachineEnd> {
  const folder = temporaryFolder("machine");
  const shared = join(folder, "shared");
  mkdirSync(shared);
  writeFileSync(join(shared, "start"), startScript(kernel, argv));
  const console = await emulate(
    [
      ...["-kernel", join(kernel.folder, "boot", `vmlinuz-${kernel.release}`)],
      ...["-initrd", packInitialFiles(kernel, join(folder, "initial"))],
      ...["-append", "console=ttyS0 quiet panic=-1"],
      ...share("machine", "/", ",readonly=on"),
      ...share("command", shared, ""),
    ],
    timeoutMillis,
  );
  const read = (name: string): string =>
    existsSync(join(shared, name)) ? readFileSync(join(shared, name), "utf8") : "";
  const status = read("status");
  return { status: status === "" ? undefined : Number(status), output: read("output"), console };
}

/** Runs the emulator to completion; returns the console output. */
function emulate(words: readonly string[], timeoutMillis: number): Promise<string> {
  const size = ["-smp", String(PROCESSORS), "-m", String(MEMORY_MEBIBYTES)];
  const bare = ["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"];
  // Not KVM, whose guests may hang inside another virtual machine.
  const emulation = ["-accel", "tcg,thread=multi", "-cpu", "max"];
  return new Promise((resolve, reject) => {
    const program = ["qemu-system-x86_64", ...emulation, ...size, ...bare, ...words];
    const emulator = spawnBound(program);
    const timer = setTimeout(() => emulator.kill("SIGKILL"), timeoutMillis);
    let console = "";
    for (const stream of [emulator.stdout, emulator.stderr]) {
      stream?.on("data", (chunk) => {
        console += String(chunk);
      });
    }
    emulator.once("error", reject);
    emulator.once("close", () => {
      clearTimeout(timer);
      resolve(console);
    });
  });
}

/** Shares a folder of this machine under the mount tag `tag`. */
function share(tag: string, path: string, options: string): string[] {
  const source = `local,id=${tag},path=${path},security_model=none,multidevs=remap${options}`;
  return ["-fsdev", source, "-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`];
}

/** Packs the initial file system; returns the archive's path. */
function packInitialFiles(kernel: Kernel, folder: string): string {
  for (const name of ["bin", "modules", "machine", "change", "root", "proc", "sys", "dev"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  copyFileSync("/bin/busybox", join(folder, "bin/busybox"));
  const modules = findModules(kernel);
  for (const path of modules) copyFileSync(path, join(folder, "modules", basename(path)));
  writeFileSync(join(folder, "init"), initScript(modules.map((path) => basename(path))));
  chmodSync(join(folder, "init"), 0o755);
  const archive = `${folder}.gz`;
  const pack = `find . | cpio --quiet -o -H newc | gzip -1 >'${archive}'`;
  const { status, stderr } = spawnSync("sh", ["-c", pack], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`cpio: ${stderr}`);
  return archive;
}

/** The files of the first modules and their dependencies, in load order. */
function findModules({ release, folder }: Kernel): string[] {
  const paths = FIRST_MODULES.flatMap((name) => {
    const words = ["-d", folder, "-S", release, "--show-depends", name];
    const { status, stdout, stderr } = spawnSync("modprobe", words, { encoding: "utf8" });
    if (status !== 0) throw new Error(`modprobe: ${stderr}`);
    return [...stdout.matchAll(/^insmod (\S+)/gm)].map(([, path = ""]) => path);
  });
  return [...new Set(paths)];
}

/** The init script: mounts this machine's files under a writable overlay and switches to it. */
function initScript(modules: readonly string[]): string {
  const options = "trans=virtio,version=9p2000.L,msize=512000";
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in ${modules.join(" ")}; do insmod "/modules/$module"; done
mount -t 9p -o ${options},cache=loose,ro machine /machine
mount -t tmpfs tmpfs /change
mkdir /change/upper /change/work /change/shared
mount -t overlay -o lowerdir=/machine,upperdir=/change/upper,workdir=/change/work overlay /root
mount -t tmpfs tmpfs /root/etc
for name in ${SETTINGS.join(" ")}; do cp "/machine/etc/$name" /root/etc; done
for folder in proc sys dev; do mount --move "/$folder" "/root/$folder"; done
mount -t tmpfs tmpfs /root/run
mkdir /root/run/command
mount -t 9p -o ${options} command /root/run/command
exec switch_root /root /bin/sh /run/command/start
`;
}

/** The script that runs after the switch. */
function startScript({ release, folder }: Kernel, argv: readonly string[]): string {
  const { PATH: path } = process.env;
  // Mounted apart, since it may be below /tmp.
  const here = process.cwd();
  return `export PATH='${path}' HOME=/root
mkdir -p /dev/pts /dev/shm /lib/modules/${release}
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount --bind '${folder}/lib/modules/${release}' '/lib/modules/${release}'
mkdir /run/here
mount --bind '${here}' /run/here
mount -t tmpfs tmpfs /tmp
mkdir -p '${here}'
mount --move /run/here '${here}'
ip link set lo up
cd '${here}'
${argv.map((word) => `'${word}'`).join(" ")} >/run/command/output 2>&1 </dev/null
echo $? >/run/command/status
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}
