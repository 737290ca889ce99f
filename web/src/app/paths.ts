/** The host's addresses. */
export const HOME = "/desenvolvedor/backups";
export const SIGN_IN = "/entrar";
