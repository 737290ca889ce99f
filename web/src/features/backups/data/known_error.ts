import { messageOf } from "@backup/messages.ts";
import { ScreenError, type ScreenErrorKind } from "./screen_error.ts";

/** An error with a code of `messages.ts`. */
export function knownError(kind: ScreenErrorKind, code: string, detail: string | null): ScreenError {
  return new ScreenError(kind, code, messageOf(code), detail);
}
