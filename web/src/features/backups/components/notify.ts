/** Toasts. The host renders sonner's `Toaster`. */

export interface Message {
  tone: "info" | "success" | "error";
  title: string;
  text?: string;
}

/** Shows a toast; the library is loaded with the first one. */
export async function notify({ tone, title, text }: Message): Promise<void> {
  const { toast } = await import("sonner");
  toast[tone](title, { description: text });
}
