/** Links to the guide for what is in the first view: their code comes after it. */

import { lazy, Suspense } from "react";
import type { HelpLinkProps } from "./help_link.tsx";

const load = () => import("./help_link.tsx");
/** Without its code, as after the connection was lost, a page has no link; it does not fail for it. */
const missing = () => ({ default: () => null });
const Link = lazy(() => load().then(({ HelpLink }) => ({ default: HelpLink }), missing));
const Icon = lazy(() => load().then(({ HelpIcon }) => ({ default: HelpIcon }), missing));

export interface HelpProps extends HelpLinkProps {
  icon?: boolean;
}

export function Help({ icon = false, ...props }: HelpProps) {
  return <Suspense fallback={null}>{icon ? <Icon {...props} /> : <Link {...props} />}</Suspense>;
}
