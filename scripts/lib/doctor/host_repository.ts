/** Whether another file of the repository into which the product was adopted deletes backups. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, type CheckVerdict, type DoctorCheck } from "./check.ts";
import { copiesTaken, type Deletion, findDeletions } from "./deletions.ts";

const PRODUCT = fileURLToPath(new URL("../../../", import.meta.url));
/** Written by an adoption into the product's folder. */
const RECORD = "adopted.json";
/** Where a repository has what runs on a schedule. */
const PLACES = [".github", "scripts", "supabase/functions"];
const TEXT = /\.(ya?ml|sh|py|[cm]?[jt]s)$/;
/** The product's own. */
const OURS = /^(\.github\/workflows\/db-|supabase\/functions\/(ops-backups|_shared\/(backup|alerts))\/)/;

/** @param product the folder of the commands */
export async function hostChecks(product = PRODUCT): Promise<DoctorCheck[]> {
  const isAdopted = (await readdir(product)).includes(RECORD);
  const verdict = isAdopted ? hostVerdict(findDeletions(await readHost(join(product, "..")))) : {
    status: "ok" as const,
    message: "Este repositório é só do produto: nenhum outro arquivo dele apaga backups.",
  };
  return [check("vault", "host_deletions", verdict)];
}

export function hostVerdict(deletions: readonly Deletion[]): CheckVerdict {
  if (deletions.length === 0) {
    return { status: "ok", message: "Nenhum outro arquivo do repositório apaga backups." };
  }
  const named = deletions.map((found) => {
    const when = found.days === null ? "" : ` após ${found.days} dias`;
    return `${found.path} apaga em ${found.prefix}${when} e levaria ${copiesTaken(found)}`;
  });
  return {
    status: "failed",
    message: `Outro arquivo do repositório apaga backups: ${named.join("; ")}.`,
    hint: "Desative-o: quem apaga backups é a limpeza (db-backup-prune).",
    facts: { deletions },
  };
}

async function readHost(root: string): Promise<{ path: string; text: string }[]> {
  const lists = await Promise.all(PLACES.map(async (place) => {
    const names = await readdir(join(root, place), { recursive: true }).catch(() => []); // it has no such folder
    return names.map((name) => join(place, name));
  }));
  const wanted = lists.flat().filter((path) =>
    TEXT.test(path) && !OURS.test(path) && !path.includes("node_modules")
  );
  return await Promise.all(
    wanted.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })),
  );
}
