/** Toasts, and notifications of the browser. The host renders sonner's `Toaster`. */

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

/** The same, and in a hidden tab a notification of the browser, where the user has allowed them. */
export function notifyEnd(message: Message): void {
  void notify(message);
  if (document.hidden && mayNotify()) showNotification(message);
}

/** Shows a notification of the browser; none where pages may not, as in Chrome on Android. */
export function showNotification({ title, text }: Message): void {
  try {
    new Notification(title, { body: text });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the toast says the same
  }
}

/** Whether the user has allowed notifications of the browser. */
export function mayNotify(): boolean {
  return globalThis.Notification?.permission === "granted";
}
