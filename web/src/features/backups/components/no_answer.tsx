import { lazy } from "react";
import { Later } from "./later.tsx";
import type { ProductionDownProps } from "./production_down.tsx";

const ProductionDown = lazy(() => import("./production_down.tsx"));

/** What stands in place of the page while something does not answer; its code is loaded then. */
export function NoAnswer(props: ProductionDownProps) {
  return (
    <Later>
      <ProductionDown {...props} />
    </Later>
  );
}
