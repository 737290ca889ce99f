/** The ports of the stack's parts, all on 127.0.0.1. */
import { findFreePort } from "../lib/server/free_port.ts";

/** The ports that `npm start` uses if they are free; the first two are those of `supabase start` and Vite. */
const PREFERRED = {
  supabase: 54321,
  screen: 5173,
  postgres: 54322,
  function: 54323,
  github: 54324,
  r2: 54325,
} as const;

export type PortName = keyof typeof PREFERRED;
export type Ports = Record<PortName, number>;

/** @param wish `preferred` uses the known ports if they are free, `free` any free ones. */
export async function choosePorts(wish: "preferred" | "free"): Promise<Ports> {
  const choose = (name: PortName) => findFreePort(wish === "preferred" ? PREFERRED[name] : undefined);
  return {
    supabase: await choose("supabase"),
    screen: await choose("screen"),
    postgres: await choose("postgres"),
    function: await choose("function"),
    github: await choose("github"),
    r2: await choose("r2"),
  };
}
