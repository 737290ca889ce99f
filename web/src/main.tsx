import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { readEnvironment } from "./app/environment.ts";
import { NotConfigured } from "./app/not_configured.tsx";
import { followSession } from "./app/session.ts";
import { createHostClient } from "./app/supabase_client.ts";
import { LookKeyContext } from "./features/backups/data/look_key.ts";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error("Cannot start: index.html has no #root");

const environment = readEnvironment(import.meta.env);
createRoot(root).render(
  <StrictMode>
    {environment.ok
      ? (
        <LookKeyContext.Provider value={environment.lookPublicKey}>
          <App
            session={followSession(createHostClient(environment.supabaseUrl, environment.publishableKey))}
          />
        </LookKeyContext.Provider>
      )
      : <NotConfigured names={environment.names} />}
  </StrictMode>,
);
