import { SlidersHorizontal, X } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { backupOriginSchema } from "@backup/vault/catalog.ts";
import { RUN_KINDS } from "@backup/runs/run.ts";
import { TARGETS, targetSchema } from "@backup/target.ts";
import { Button } from "../../../../components/ui/button.tsx";
import { Input, Select } from "../../../../components/ui/field.tsx";
import { classNames } from "../../../../lib/class_names.ts";
import { daySchema } from "../../../../lib/day.ts";
import {
  ALL_TARGETS,
  BEGINNING,
  chooseTarget,
  type HistoryPlace,
  isFiltered,
  showKind,
  shownTarget,
  SORTS,
  withFilter,
} from "../../model/history_place.ts";
import { KIND_CHOICES, ORIGIN_NAMES, SORT_NAMES, statusChoices } from "../../text/history_text.ts";
import { targetName } from "../../text/labels.ts";
import type { HistoryNavigation } from "../use_history_place.ts";

const TYPING_MS = 400;

interface FiltersProps {
  place: HistoryPlace;
  onGo: HistoryNavigation["go"];
}

/** The filters of the history; collapsed behind a button on narrow screens. */
export function HistoryFilters({ place, onGo }: FiltersProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const change = (filter: Partial<HistoryPlace>) => onGo(withFilter(filter));
  return (
    <div className="border-b border-line px-4 py-3">
      <Button
        size="small"
        className="lg:hidden"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <SlidersHorizontal aria-hidden className="size-4" />
        Filtros{isFiltered(place) && " (em uso)"}
      </Button>
      <div
        id={id}
        role="search"
        aria-label="Filtros do histórico"
        className={classNames(
          "flex-wrap items-end gap-x-3 gap-y-2 lg:flex",
          open ? "mt-3 grid grid-cols-2 sm:flex lg:mt-0" : "hidden",
        )}
      >
        <Choice
          label="Mostrar"
          value={place.kind}
          options={RUN_KINDS.map((kind) => [kind, KIND_CHOICES[kind]])}
          onChange={(value) => onGo(showKind(RUN_KINDS.find((kind) => kind === value) ?? "backup"))}
        />
        <Choice
          label="Banco"
          value={shownTarget(place) ?? ALL_TARGETS}
          options={[[ALL_TARGETS, "Todos"], ...TARGETS.map((name) => [name, targetName(name)] as const)]}
          onChange={(value) =>
            change({
              target: chooseTarget(place.kind, targetSchema.safeParse(value).data ?? ALL_TARGETS),
            })}
        />
        <StatusFilter place={place} onChange={change} />
        {place.kind === "backup" && <OriginFilter place={place} onChange={change} />}
        <DayInput label="De" value={place.from} max={place.to} onChange={(from) => change({ from })} />
        <DayInput label="Até" value={place.to} min={place.from} onChange={(to) => change({ to })} />
        <SearchInput search={place.search} onChange={(search) => change({ search })} />
        {place.kind === "backup" && (
          <Choice
            label="Ordem"
            value={place.sort}
            options={SORTS.map((sort) => [sort, SORT_NAMES[sort]])}
            onChange={(value) => change({ sort: SORTS.find((sort) => sort === value) ?? "newest" })}
          />
        )}
      </div>
    </div>
  );
}

type Change = (filter: Partial<HistoryPlace>) => void;

function StatusFilter({ place, onChange }: { place: HistoryPlace; onChange: Change }) {
  const choices = statusChoices(place.kind);
  return (
    <Choice
      label="Estado"
      value={place.status ?? ""}
      options={[["", "Todos"], ...choices.map(({ value, name }) => [value, name] as const)]}
      onChange={(value) =>
        onChange({ status: choices.find((choice) => choice.value === value)?.value ?? null })}
    />
  );
}

function OriginFilter({ place, onChange }: { place: HistoryPlace; onChange: Change }) {
  return (
    <Choice
      label="Origem"
      value={place.origin ?? ""}
      options={[
        ["", "Todas"],
        ...backupOriginSchema.options.map((name) => [name, ORIGIN_NAMES[name]] as const),
      ]}
      onChange={(value) => onChange({ origin: backupOriginSchema.safeParse(value).data ?? null })}
    />
  );
}

function Labelled({ label, children }: { label: string; children(id: string): ReactNode }) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-xs text-muted">{label}</label>
      {children(id)}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, name: string])[];
  onChange(value: string): void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <Select
          id={id}
          className="w-full"
          value={value}
          onChange={({ target }) => onChange(target.value)}
        >
          {options.map(([option, name]) => <option key={option} value={option}>{name}</option>)}
        </Select>
      )}
    </Labelled>
  );
}

/** Removes all filters, and keeps kind and order; nothing without filters. */
export function ClearFilters({ place, onGo }: FiltersProps) {
  if (!isFiltered(place)) return null;
  return (
    <Button
      variant="quiet"
      size="small"
      onClick={() => onGo({ ...BEGINNING, kind: place.kind, sort: place.sort })}
    >
      <X aria-hidden className="size-4" />
      Limpar filtros
    </Button>
  );
}

interface DayInputProps {
  label: string;
  value: string | null;
  min?: string | null;
  max?: string | null;
  onChange(day: string | null): void;
}

/** A date input; an incomplete date counts as empty. */
function DayInput({ label, value, min, max, onChange }: DayInputProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <Input
          id={id}
          type="date"
          compact
          value={value ?? ""}
          min={min ?? undefined}
          max={max ?? undefined}
          onChange={({ target }) => {
            const day = daySchema.safeParse(target.value).data ?? null;
            if (day !== null || target.validity.valid) onChange(day);
          }}
        />
      )}
    </Labelled>
  );
}

/** A search field that applies its value when typing pauses. */
function SearchInput({ search, onChange }: { search: string; onChange(search: string): void }) {
  const [typed, setTyped] = useState(search);
  const [current, setCurrent] = useState(search);
  const [applied, setApplied] = useState(search);
  if (current !== search) {
    setCurrent(search);
    // the value did not come from this field but from a link or the browser's history
    if (search !== applied) setTyped(search);
  }
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === search) return;
    const timer = setTimeout(() => {
      setApplied(wanted);
      onChange(wanted);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, search, onChange]);
  return (
    <Labelled label="Busca">
      {(id) => (
        <Input
          id={id}
          type="search"
          placeholder="etiqueta ou chave"
          compact
          maxLength={100}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      )}
    </Labelled>
  );
}
