/** Masks secrets in logs. */

/** Replaces every known secret by `***`, also in its base64, URL and JSON encodings. */
export class Masker {
  readonly #secrets = new Set<string>();
  #sorted: string[] = [];

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.add(secret);
  }

  /** Adds a secret; one of several lines is masked line by line, as logs are written. */
  add(secret: string): void {
    for (const part of [secret, ...secret.split(/\r?\n/)]) {
      const text = part.trim();
      if (text === "") continue;
      this.#secrets.add(text);
      this.#secrets.add(encodeURIComponent(text));
      this.#secrets.add(JSON.stringify(text).slice(1, -1));
      this.#secrets.add(Buffer.from(text).toString("base64"));
    }
    this.#sorted = [...this.#secrets].sort((a, b) => b.length - a.length);
  }

  mask(text: string): string {
    return this.#sorted.reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
  }
}
