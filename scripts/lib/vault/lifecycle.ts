/** The bucket's lifecycle rules that delete objects. A key with object permissions only cannot read them. */
import type { GetBucketLifecycleConfigurationOutput, LifecycleRule } from "@aws-sdk/client-s3";

/** A lifecycle rule in force that deletes objects. */
export interface ErasingRule {
  id: string;
  /** Prefix of the keys that it applies to; empty: all keys. */
  prefix: string;
  /** Age at which it deletes; `null`: at a date, or not given. */
  days: number | null;
  on: string | null;
}

export function erasingRulesOf({ Rules = [] }: GetBucketLifecycleConfigurationOutput): ErasingRule[] {
  return Rules.flatMap(erasing);
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
