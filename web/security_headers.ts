/** The headers that the screen is served with: those of the stack's server, and of docs/production.md. */

/**
 * Its own scripts alone run, it connects to its project alone, and no page may embed it. Toasts bring their own styles.
 * @param supabaseUrl of the project
 */
export function securityHeaders(supabaseUrl: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ${new URL(supabaseUrl).origin}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    // a server without https, as on one machine, is not bound by it
    "Strict-Transport-Security": "max-age=31536000",
  };
}
