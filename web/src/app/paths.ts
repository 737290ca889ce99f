/** The host's paths. */
export const HOME = "/desenvolvedor/backups";
export const SIGN_IN = "/entrar";

/** Navigation state of the sign-in page; it survives a reload of the page. */
export interface SignInState {
  /** The path to return to after signing in. */
  from: string;
  /** Whether the server ended an existing session. */
  expired: boolean;
}
