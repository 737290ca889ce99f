/** The bucket's rules that delete objects by themselves. A key that may only use objects is refused. */
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  type S3Client,
} from "@aws-sdk/client-s3";
import { toBackupError } from "@backup/errors.ts";
import { callVault } from "./errors.ts";

/** A lifecycle rule in force that deletes objects. */
export interface ErasingRule {
  id: string;
  /** Of the keys that it is about; empty: of all. */
  prefix: string;
  /** Age at which it deletes; `null`: at a date, or it does not say. */
  days: number | null;
  on: string | null;
}

/** {@link Vault.erasingRules} */
export async function readErasingRules(s3: S3Client, bucket: string): Promise<ErasingRule[]> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
  try {
    const { Rules = [] } = await callVault("the bucket's lifecycle rules", () => s3.send(command));
    return Rules.flatMap(erasing);
  } catch (thrown) {
    if (toBackupError(thrown).code === "vault_object_missing") return []; // there is no configuration
    throw thrown;
  }
}

function erasing({ ID, Status, Filter, Prefix, Expiration }: LifecycleRule): ErasingRule[] {
  if (Status !== "Enabled" || !Expiration) return [];
  return [{
    id: ID ?? "?",
    prefix: Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? "",
    days: Expiration.Days ?? null,
    on: Expiration.Date?.toISOString() ?? null,
  }];
}
