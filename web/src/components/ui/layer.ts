import { createContext } from "react";

/** The element into which dialogs are rendered; `null` for the document's body. */
export const LayerContext = createContext<HTMLElement | null>(null);
