/** The sample users, created through the auth server like any other user. */
import { AuthClient } from "@supabase/supabase-js";
import type { Sql } from "postgres";

export interface SeededUser {
  email: string;
  password: string;
}

/** `admin` may see and start backups, `viewer` only see them, `stranger` neither, and has no company. */
export interface SeededUsers {
  admin: SeededUser;
  viewer: SeededUser;
  stranger: SeededUser;
}

export interface AuthServer {
  supabaseUrl: string;
  publishableKey: string;
}

/** The passwords are used on one machine only, behind the loopback address. */
const PEOPLE = {
  admin: { email: "admin@revo.exemplo.br", password: "revo-admin-local", name: "Helena Vasconcelos" },
  viewer: { email: "suporte@revo.exemplo.br", password: "revo-suporte-local", name: "Otávio Menezes" },
  stranger: { email: "visitante@revo.exemplo.br", password: "revo-visitante-local", name: "Íris Caldeira" },
} as const;

/** Signs the users up and gives them their roles in the first company. @throws when a sign-up is refused. */
export async function seedUsers(sql: Sql, server: AuthServer): Promise<SeededUsers> {
  const adminId = await signUp(server, PEOPLE.admin);
  const viewerId = await signUp(server, PEOPLE.viewer);
  await signUp(server, PEOPLE.stranger);
  await joinCompany(sql, adminId, "Administrador");
  await joinCompany(sql, viewerId, "Suporte");
  return { admin: signInOf("admin"), viewer: signInOf("viewer"), stranger: signInOf("stranger") };
}

function signInOf(user: keyof SeededUsers): SeededUser {
  const { email, password } = PEOPLE[user];
  return { email, password };
}

async function signUp(server: AuthServer, person: SeededUser & { name: string }): Promise<string> {
  // The auth client alone: the whole client requires a WebSocket, which Node before 22 does not have.
  const auth = new AuthClient({
    url: `${server.supabaseUrl}/auth/v1`,
    headers: { apikey: server.publishableKey },
    persistSession: false,
    autoRefreshToken: false,
  });
  const { data, error } = await auth.signUp({
    email: person.email,
    password: person.password,
    options: { data: { nome: person.name } },
  });
  if (error) throw new Error(`Cannot sign up ${person.email}: ${error.message}`, { cause: error });
  if (!data.user) throw new Error(`Cannot sign up ${person.email}: the auth server returned no user`);
  return data.user.id;
}

async function joinCompany(sql: Sql, userId: string, role: string): Promise<void> {
  const choose =
    "insert into public.usuario_empresa_ativa (user_id, empresa_id) values ($1, md5('empresa 0')::uuid)";
  const join = `
    insert into public.empresa_usuarios (user_id, empresa_id, papel_id)
    select $1, md5('empresa 0')::uuid, id from public.papeis where nome = $2`;
  await sql.begin(async (tx) => {
    await tx.unsafe(join, [userId, role]);
    await tx.unsafe(choose, [userId]);
  });
}
