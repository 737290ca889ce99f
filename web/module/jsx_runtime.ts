/**
 * React's JSX runtime for the mounted screen: its class names get a prefix, so that the host's style sheets, which may
 * have classes of the same names, do not apply to it.
 */
import * as react from "react/jsx-runtime";

const PREFIX = "revo-";

type Create = typeof react.jsx;

/** A component hands its class names on to an element: they are prefixed once. */
const withPrefix = (create: Create): Create => (type, props, key) => {
  const { className } = props as { className?: unknown };
  if (typeof className !== "string") return create(type, props, key);
  const names = className.split(/\s+/).filter((name) => name !== "");
  const prefixed = names.map((name) => name.startsWith(PREFIX) ? name : PREFIX + name).join(" ");
  return create(type, { ...(props as object), className: prefixed }, key);
};

export const Fragment = react.Fragment;
export const jsx = withPrefix(react.jsx);
export const jsxs = withPrefix(react.jsxs);
