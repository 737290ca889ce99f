/** The pt-BR texts of measures of the business, shared by the job's summary and the screen. */
import { signOf, withScale } from "../vault/decimal.ts";
import {
  type ComparedMeasure,
  isSameMeasure,
  type MeasureChange,
  type MeasureComparison,
  type MeasuredAmount,
} from "../vault/measures.ts";

const MINUS = "−";
const NO_BREAK_SPACE = "\u00a0";

/** An exact decimal as money, whatever its size. @example moneyText("-48210.00") // "R$ −48.210,00" */
export function moneyText(decimal: string): string {
  const [whole = "", fraction = ""] = withScale(decimal, 2).replace("-", "").split(".");
  const sign = signOf(decimal) < 0 ? MINUS : "";
  return `R$${NO_BREAK_SPACE}${sign}${grouped(whole)},${fraction}`;
}

/** A change of money with its sign. @example moneyChangeText("1.5") // "R$ +1,50" */
function moneyChangeText(decimal: string): string {
  const text = moneyText(decimal);
  return signOf(decimal) > 0 ? text.replace(NO_BREAK_SPACE, `${NO_BREAK_SPACE}+`) : text;
}

/** @example countChangeText(-1234) // "−1.234" */
function countChangeText(n: number): string {
  const sign = n === 0 ? "" : n < 0 ? MINUS : "+";
  return sign + grouped(String(Math.abs(n)));
}

/**
 * A day as it is written, a time with a zone in the reader's, one without as it is written.
 * @param when formats an instant for the reader
 */
export function newestText(newest: string, when: (instant: string) => string): string {
  const [, year, month, day, time, zone] =
    /^(\d+)-(\d\d)-(\d\d)(?:T(\d\d:\d\d)[\d:.]*?([+-]\d\d:\d\d)?)?$/.exec(newest) ?? [];
  if (zone !== undefined) return when(newest);
  const date = `${day}/${month}/${year}`;
  return time === undefined ? date : `${date} ${time}`;
}

/** @example "1.204, R$ 48.210,00, o mais novo de 30/11/2026 14:02" */
export function measuredText(
  { n, sum, newest }: MeasuredAmount,
  when: (instant: string) => string,
): string {
  return [
    grouped(String(n)),
    ...sum === null ? [] : [moneyText(sum)],
    ...newest === null ? [] : [`o mais novo de ${newestText(newest, when)}`],
  ].join(", ");
}

/** @example "−37, R$ −48.210,00" */
function changeText({ n, sum }: MeasureChange): string {
  return [countChangeText(n), ...sum === null ? [] : [moneyChangeText(sum)]].join(", ");
}

/** How a measure changes by the restore. `loss`: something of the target goes. */
export interface MeasureLine {
  name: string;
  tone: "loss" | "gain" | "same";
  text: string;
  /** By company, `[]` where they are not listed. */
  companies: string[];
}

/** What a restore takes and brings, one line for each measure that can be compared. */
export function measureLines(
  { compared }: MeasureComparison,
  when: (instant: string) => string,
): MeasureLine[] {
  return compared.map((measure) => ({
    name: measure.name,
    tone: toneOf(measure),
    text: isSameMeasure(measure) ? "nada muda" : lineText(measure, when),
    companies:
      measure.companies?.listed.map((change) =>
        `${change.company === null ? "sem empresa" : `empresa ${change.company}`}: ${changeText(change)}`
      ) ?? [],
  }));
}

function toneOf(measure: ComparedMeasure): MeasureLine["tone"] {
  if (isSameMeasure(measure)) return "same";
  const { n, sum, companies } = measure;
  const goes = (change: MeasureChange) => change.n < 0 || change.sum !== null && signOf(change.sum) < 0;
  const isLoss = goes({ n, sum }) || companies?.listed.some(goes) || losesNewest(measure);
  return isLoss ? "loss" : "gain";
}

/** Both sides of a measure have newest rows of one format, whose texts sort as their times. */
function losesNewest({ backup, target }: ComparedMeasure): boolean {
  return target.newest !== null && (backup.newest === null || backup.newest < target.newest);
}

function lineText(measure: ComparedMeasure, when: (instant: string) => string): string {
  const { target, companies } = measure;
  const lost = target.newest !== null && losesNewest(measure)
    ? [`o mais novo que se perde é de ${newestText(target.newest, when)}`]
    : [];
  const many = companies !== null && companies.total > companies.listed.length
    ? [`em ${grouped(String(companies.total))} empresas`]
    : [];
  return [changeText(measure), ...many, ...lost].join(", ");
}

const WHY: Readonly<Record<MeasureComparison["notCompared"][number]["why"], string>> = {
  not_in_backup: "este backup não a tem",
  not_defined: "não está mais em business.sql",
  changed: "a consulta mudou desde o backup",
  failed: "não foi possível calculá-la no banco de hoje",
};

/** Measures without a difference, each with the reason; one sentence where the backup has none of them. */
export function notComparedLines({ compared, notCompared }: MeasureComparison): string[] {
  if (
    notCompared.length > 0 && compared.length === 0 && notCompared.every(({ why }) => why === "not_in_backup")
  ) {
    const names = notCompared.map(({ name }) => name).join(", ");
    return [
      `Este backup não traz as medidas do negócio (${names}): não dá para dizer quanto se perderia delas.`,
    ];
  }
  return notCompared.map(({ name, why, detail }) =>
    `${name}: ${WHY[why]}${detail === null ? "" : ` (${detail})`}`
  );
}

/** @param digits of a whole number @example grouped("48210") // "48.210" */
function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ".");
}
