/** The part of the stack in place of Cloudflare R2. */
import process from "node:process";
import { ChildPart, nodeArguments } from "../child_process.ts";
import { randomText } from "../keys.ts";
import type { RunFolder } from "../run_folder.ts";

export const BUCKET = "revo-erp-backups-prod";

export interface VaultAccess {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Access to a vault on that port, with new credentials. */
export function makeVaultAccess(port: number): VaultAccess {
  return {
    // the path at which the simulator serves R2's S3 API
    endpoint: `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`,
    bucket: BUCKET,
    accessKeyId: randomText(32),
    secretAccessKey: randomText(64),
  };
}

export interface R2PartOptions {
  run: RunFolder;
  port: number;
  access: VaultAccess;
  onUnexpectedEnd: (said: string) => void;
}

/** Its objects are kept over a stop: they are in the run's folder. */
export function r2Part({ run, port, access, onUnexpectedEnd }: R2PartOptions): ChildPart {
  return new ChildPart({
    name: "r2",
    program: process.execPath,
    args: nodeArguments("scripts/dev/r2/main.ts"),
    env: {
      R2_PORT: String(port),
      R2_FOLDER: run.folder("r2"),
      R2_BUCKET: access.bucket,
      R2_ACCESS_KEY_ID: access.accessKeyId,
      R2_SECRET_ACCESS_KEY: access.secretAccessKey,
    },
    port,
    run,
    onUnexpectedEnd,
  });
}
