/** Limits compiled style sheets to the mounted screen, in both directions. */
import type { AtRule, Plugin, Rule } from "postcss";

/** The class of the elements that contain the screen and its dialogs. */
export const SCOPE_CLASS = "revo-backups";

/** Its `:is` gives each rule the weight of two ids, so that no rule of the host without `!important` has more. */
const SCOPE = `:is(.${SCOPE_CLASS},#_#_)`;

/** The elements of a page of its own, which the scope's element replaces. */
const PAGE = /^(html|body|:root|:host)(?![\w-])/;

/**
 * Every selector is limited to the scope, every class has a prefix (`jsx_runtime.ts` adds it to the elements), and so have
 * animations, Tailwind's variables and sonner's attributes. Layers are dissolved: rules without a layer, as the host's are, would outweigh them.
 */
export function scopeCss(): Plugin {
  return {
    postcssPlugin: "scope-css",
    OnceExit(sheet) {
      sheet.walkAtRules("layer", (layer) => {
        if (layer.nodes === undefined) layer.remove();
        else layer.replaceWith(layer.nodes);
      });
      const animations = new Set<string>();
      sheet.walkAtRules(/keyframes$/, (rule) => void animations.add(rule.params));
      const renamed = (text: string) =>
        text.replaceAll("--tw-", "--revo-tw-").replaceAll(
          /[\w-]+/g,
          (word) => animations.has(word) ? `revo-${word}` : word,
        );
      sheet.walkAtRules((rule) => {
        if (/^property$|keyframes$/.test(rule.name)) rule.params = renamed(rule.params);
      });
      sheet.walkDecls((line) => {
        line.prop = line.prop.replace(/^--tw-/, "--revo-tw-");
        if (/^animation|^--/.test(line.prop)) line.value = renamed(line.value);
        else line.value = line.value.replaceAll("--tw-", "--revo-tw-");
      });
      sheet.walkRules((rule) => {
        if (!isKeyframe(rule)) rule.selectors = [...new Set(rule.selectors.flatMap(scoped))];
      });
    },
  };
}

function isKeyframe({ parent }: Rule): boolean {
  return parent?.type === "atrule" && /keyframes$/.test((parent as AtRule).name);
}

function scoped(selector: string): string {
  const prefixed = selector.replaceAll("[data-sonner-", "[data-revo-sonner-")
    .replaceAll(/\\.|\.(?=[a-zA-Z\\_-])/g, (found) => found === "." ? ".revo-" : found);
  const onPage = prefixed.replace(PAGE, SCOPE);
  return onPage === prefixed ? `${SCOPE} ${prefixed}` : onPage;
}
