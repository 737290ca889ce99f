/** The public key of looks: the host provides it, and the tab trusts the holder of its private half. */
import { createContext } from "react";

/** `null`: this installation offers no looks. */
export const LookKeyContext = createContext<string | null>(null);
