/** Passing messages, beside what stays on the page. The host shows sonner's `Toaster`. */

export interface Message {
  tone: "info" | "success" | "error";
  title: string;
  text?: string;
}

/** Shows a toast; its library is loaded with the first one. */
export async function notify({ tone, title, text }: Message): Promise<void> {
  const { toast } = await import("sonner");
  toast[tone](title, { description: text });
}
