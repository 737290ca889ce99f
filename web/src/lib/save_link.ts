/** Has the browser save what a link leads to. The link enters neither the page nor its history: nothing is navigated to. */
export function saveLink(url: string, file: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.rel = "noreferrer";
  link.click();
}
