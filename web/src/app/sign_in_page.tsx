import { type FormEvent, useState } from "react";
import { Navigate, useLocation } from "react-router-dom";
import { z } from "zod";
import { Button } from "../components/ui/button.tsx";
import { Field, Input } from "../components/ui/field.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { FullPage } from "./full_page.tsx";
import { HOME, type SignInState } from "./paths.ts";
import { useSession } from "./session.ts";
import { signInSentence } from "./sign_in_error.ts";

const stateSchema: z.ZodType<SignInState> = z.object({
  from: z.string().startsWith("/"),
  expired: z.boolean(),
});
const credentialsSchema = z.object({ email: z.string(), password: z.string() });

/** E-mail and password. After signing in it returns to the requested path. */
export function SignInPage() {
  const { client, current } = useSession();
  const { state } = useLocation();
  const origin = stateSchema.safeParse(state).data ?? { from: HOME, expired: false };
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  if (current.state === "signed-in") {
    return <Navigate to={origin.from} replace />;
  }
  const expired = origin.expired || current.state === "signed-out" && current.expired;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const credentials = credentialsSchema.parse(Object.fromEntries(new FormData(event.currentTarget)));
    setPending(true);
    setProblem(null);
    const { error } = await client.auth.signInWithPassword(credentials);
    setPending(false);
    if (error) setProblem(signInSentence(error));
  };
  return (
    <FullPage title="Entrar">
      {expired && problem === null && (
        <Notice tone="info">Sua sessão terminou. Entre novamente para continuar.</Notice>
      )}
      {problem !== null && <Notice tone="bad" urgent>{problem}</Notice>}
      <form onSubmit={submit} className="space-y-4">
        <Field label="E-mail">
          {(control) => <Input {...control} name="email" type="email" autoComplete="username" required />}
        </Field>
        <Field label="Senha">
          {(control) => (
            <Input {...control} name="password" type="password" autoComplete="current-password" required />
          )}
        </Field>
        <Button type="submit" variant="primary" pending={pending} className="w-full">Entrar</Button>
      </form>
    </FullPage>
  );
}
