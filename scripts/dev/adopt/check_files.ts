/** Which of the files that go over are in the checkout, and what stands in their way. */
import type { Finding } from "./finding.ts";
import { adoptedFiles, filesOf, type Part, PARTS } from "./parts.ts";
import { type AdoptionRecord, hashOf, readRecord } from "./record.ts";
import type { Tree } from "./tree.ts";

const ABOUT = "files";

export function checkFiles(ours: Tree, erp: Tree): Finding[] {
  const record = readRecord(erp);
  const copied = adoptedFiles(ours);
  const known = new Set(copied.map(({ path }) => path));
  return [
    ...copied.map(({ path, part }) => standingOf(path, part, { ours, erp, record })),
    ...PARTS.filter(({ own }) => own).flatMap((part) => strangers(part, erp, known)),
  ];
}

interface Sides {
  ours: Tree;
  erp: Tree;
  record: AdoptionRecord | null;
}

function standingOf(path: string, part: Part, { ours, erp, record }: Sides): Finding {
  const text = erp.text(path);
  if (text === null) return { about: ABOUT, item: path, standing: "missing", hint: "copy it (adopt apply)" };
  if (text === ours.text(path)) return { about: ABOUT, item: path, standing: "there" };
  const recorded = record?.files[path];
  if (path.startsWith("supabase/migrations/")) {
    return {
      about: ABOUT,
      item: path,
      standing: "conflict",
      why: "a migration of this name has other content",
      hint: "a migration that a database may have is never changed: rename the ERP's own, or compare by hand",
    };
  }
  if (recorded !== undefined && recorded !== hashOf(text)) {
    return {
      about: ABOUT,
      item: path,
      standing: "conflict",
      why: `it was changed since version ${record?.version} was copied`,
      hint: "bring the change into Revo Backups first, or give it up with adopt apply --replace",
    };
  }
  if (recorded === undefined && !part.own && !isContractName(path)) {
    return {
      about: ABOUT,
      item: path,
      standing: "conflict",
      why: "the ERP has a file of its own there",
      hint: "rename the ERP's file, or make sure that nobody needs it and use adopt apply --replace",
    };
  }
  return {
    about: ABOUT,
    item: path,
    standing: "differs",
    why: recorded === undefined ? "it is of the older system" : `it is of version ${record?.version}`,
    hint: "replace it (adopt apply --replace); calls and backups of the older one keep working",
  };
}

/** Names that the older system has too, and that mean the same there. */
function isContractName(path: string): boolean {
  return /^(\.github\/workflows\/db-(backup|backup-restore-drill|restore-from-r2)\.yml|scripts\/(rg03_db_asserts\.sql|backup_db_local\.sh))$/
    .test(path);
}

function strangers(part: Part, erp: Tree, known: ReadonlySet<string>): Finding[] {
  return filesOf(part, erp).filter((path) => !known.has(path)).map((path) => ({
    about: ABOUT,
    item: path,
    standing: "differs",
    why: "it is not of this product, and lies where only the product does",
    hint: "remove it, or move it elsewhere when the ERP needs it",
  }));
}
