/**
 * One address for supabase-js: auth and REST by @supabase/lite on the real database, functions by a proxy. By default
 * lite is open to anonymous callers on PostgreSQL; `connections.ts` prevents that.
 */
import { getRequestListener } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import postgres from "postgres";
import { connectAuth, connectCatalogueReader, RestConnection } from "./connections.ts";
import { type FunctionAddress, isFunctionPath, proxyToFunction } from "./function_proxy.ts";

export interface LiteOptions {
  /** Port on 127.0.0.1. */
  port: number;
  /** Connections to the database for each of the roles that Supabase's servers use. */
  urls: { authenticator: string; authAdmin: string; catalogueReader: string };
  keys: { publishable: string; secret: string; jwtSecret: string };
  siteUrl: string;
  edgeFunction: FunctionAddress;
}

export interface LiteServer {
  stop(): Promise<void>;
}

const JWT_EXPIRY_SECONDS = 3600;
/** The limit of hosted projects for the rows of one response. */
const MAX_ROWS = 1000;

/** Resolves when it answers. @throws {Error} when the database cannot be reached or the port is in use. */
export async function startLite(options: LiteOptions): Promise<LiteServer> {
  const authConnection = connectAuth(options.urls.authAdmin);
  const catalogue = connectCatalogueReader(options.urls.catalogueReader);
  const restConnection = new RestConnection(options.urls.authenticator, catalogue);
  const config = appConfig(options);
  const auth = new App({ connection: authConnection, ...config });
  const rest = new App({
    connection: restConnection,
    ...config,
    options: {
      server: {
        disableStudio: true,
        middlewares: [async (context, next) => {
          Reflect.apply(context.set, context, ["authService", TRUSTING_SESSIONS]);
          await next();
        }],
      },
    },
  });
  await auth.init();
  await rest.init();
  const listener = postgres(options.urls.authenticator, { max: 1, onnotice: () => {} });
  const reload = () => void restConnection.clearSchemaCache();
  await listener.listen("pgrst", reload, reload); // first: the schema may change while it is read
  await restConnection.introspect();
  const server = await listen(options, { auth: auth.fetch, rest: rest.fetch });
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all([listener.end(), authConnection.close(), restConnection.close(), catalogue.close()]);
    },
  };
}

/**
 * lite reads the token's user and session from auth's tables at every REST request; PostgREST trusts a valid
 * token, and `authenticator` may not read those tables.
 */
const TRUSTING_SESSIONS = {
  repo: {
    findUserById: (id: string) => Promise.resolve({ id }),
    findSessionById: (id: string) => Promise.resolve({ id }),
  },
};

function appConfig({ keys, siteUrl }: LiteOptions) {
  return {
    api: { schemas: ["public"], max_rows: MAX_ROWS },
    db: { migrations: { enabled: false } },
    studio: { enabled: false },
    auth: {
      enabled: true,
      jwt_secret: keys.jwtSecret,
      jwt_expiry: JWT_EXPIRY_SECONDS,
      enable_signup: true,
      publishable_key: keys.publishable,
      secret_key: keys.secret,
      site_url: siteUrl,
      email: { enable_confirmations: false },
    },
  };
}

type Fetch = (request: Request) => Promise<Response>;

/**
 * The headers of a hosted project's gateway: every origin may read the responses, and send any headers. lite itself
 * lacks `x-supabase-api-version`, and omits all of them on some responses.
 */
function allowEveryOrigin(response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader(
    "access-control-expose-headers",
    "content-range, content-profile, x-supabase-api-version",
  );
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "3600",
  }).end();
}

async function listen(options: LiteOptions, apps: { auth: Fetch; rest: Fetch }): Promise<Server> {
  const onAuth = getRequestListener((request) => apps.auth(request));
  const onRest = getRequestListener((request) => apps.rest(request));
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (isFunctionPath(path)) return proxyToFunction(request, response, options.edgeFunction);
    allowEveryOrigin(response);
    if (request.method === "OPTIONS") return answerPreflight(request, response);
    if (path.startsWith("/auth/v1/")) return void onAuth(request, response);
    if (path.startsWith("/rest/v1/")) return void onRest(request, response);
    response.writeHead(404, { "content-type": "application/json" }).end(`{"message":"no Route matched"}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return server;
}
