/** This machine: the runtime, the compressor, and the PostgreSQL programs on PATH. */
import { findProgram } from "../process/find_program.ts";
import { PROGRAMS } from "../postgres/client_tools.ts";
import type { ServerFacts } from "../postgres/database_facts.ts";
import type { Environment } from "../process/environment.ts";
import { chooseGzip } from "../process/gzip.ts";
import { toBackupError } from "@backup/errors.ts";
import { versionOf } from "../postgres/binaries.ts";
import { check, type CheckVerdict, type DoctorCheck } from "./check.ts";

export interface MachineFacts {
  /** The runtime of this process. */
  runtime: { name: string; version: string };
  /** The compressor that a backup would use, `null` for none. */
  gzip: string | null;
  /** The programs on PATH. */
  onPath: { name: string; path: string; version: string | null }[];
}

export function readMachine(runtime: MachineFacts["runtime"], environment: Environment): MachineFacts {
  const { PATH = "" } = environment;
  return {
    runtime,
    gzip: gzipOn(PATH),
    onPath: PROGRAMS.flatMap((name) => {
      const path = findProgram(name, PATH);
      return path === null ? [] : [{ name, path, version: versionOf(path) }];
    }),
  };
}

function gzipOn(path: string): string | null {
  try {
    return chooseGzip(path).name;
  } catch (thrown) {
    if (toBackupError(thrown).code === "missing_tool") return null;
    throw thrown;
  }
}

/** @param servers those that were reached */
export function machineChecks(facts: MachineFacts, servers: readonly ServerFacts[]): DoctorCheck[] {
  return [
    check("machine", "machine_runtime", runtimeVerdict(facts)),
    check("machine", "machine_gzip", gzipVerdict(facts)),
    check("machine", "machine_path", pathVerdict(facts, servers)),
  ];
}

/** The oldest that is supported. */
const DENO_MAJOR = 2;

function runtimeVerdict({ runtime: { name, version } }: MachineFacts): CheckVerdict {
  if (name !== "deno" || Number.parseInt(version) >= DENO_MAJOR) {
    return { status: "ok", message: `Roda em ${name} ${version}.`, facts: { name, version } };
  }
  return {
    status: "failed",
    message: `O Deno ${version} é antigo demais.`,
    hint: `Instale o Deno ${DENO_MAJOR} ou mais novo (npm ci traz um).`,
    facts: { name, version },
  };
}

function gzipVerdict({ gzip }: MachineFacts): CheckVerdict {
  if (gzip !== null) return { status: "ok", message: `Comprime com ${gzip}.`, facts: { gzip } };
  return {
    status: "failed",
    message: "Não há programa que comprima (igzip, pigz ou gzip).",
    hint: "Instale o pacote isal (igzip, o mais rápido) ou gzip.",
  };
}

/** The commands prefer the folders of packages: an old program on PATH affects only shells and scripts. */
function pathVerdict({ onPath }: MachineFacts, servers: readonly ServerFacts[]): CheckVerdict {
  const newest = Math.max(0, ...servers.map(({ versionNumber }) => Math.floor(versionNumber / 10_000)));
  const old = onPath.filter(({ version }) => Number.parseInt(version ?? "0") < newest);
  const facts = { on_path: onPath };
  if (old.length > 0) {
    return {
      status: "warning",
      message: `No PATH vem primeiro ${
        old.map(({ name, version, path }) => `${name} ${version ?? "?"} (${path})`).join(", ")
      }, ` +
        `mais antigo que o servidor (${newest}): quem o digita não consegue um backup.`,
      hint: `Ponha a pasta do PostgreSQL ${newest} antes no PATH. Os comandos daqui usam a versão certa.`,
      facts,
    };
  }
  const message = onPath.length === 0
    ? "No PATH não há programas do PostgreSQL; os comandos usam os dos pacotes."
    : `No PATH: ${onPath.map(({ name, version }) => `${name} ${version ?? "?"}`).join(", ")}.`;
  return { status: "ok", message, facts };
}
