import type { Options } from "../cli/options.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
export class PidFiles {
  constructor(_o: Options, _c: Config, _l: Log) {}
  takeParent(): boolean {
    return true;
  }
  takeVrrp(_pid: number): void {}
  release(): void {}
}
