/** The host's addresses. */
export const HOME = "/desenvolvedor/backups";
export const SIGN_IN = "/entrar";

/** What the sign-in is told with the way there; unlike the session it outlives a reload of the page. */
export interface SignInState {
  /** Where the reader wanted to go. */
  from: string;
  /** Somebody was signed in, and the server ended it. */
  expired: boolean;
}
