import { CONTENDER_NAMES, type ContenderName } from './contenders.ts'
import { type Samples, medianRatio, ratioOfMedians, summarize } from './statistics.ts'
import type { SituationName } from './situations.ts'

export type Figure =
  'first-request' | 'exit' | 'aws-calls' | 'github-calls' | 'published' | 'added' | 'bundle' | 'peak-memory'

export type Unit = 'ms' | 's' | 'calls' | 'MB'

/** One figure of one situation, of everybody who has it: samples by round. */
export interface Row {
  readonly situation: SituationName | undefined
  readonly figure: Figure
  readonly label: string
  readonly unit: Unit
  readonly samples: Readonly<Partial<Record<ContenderName, Samples>>>
}

export const CONTENDER_TITLES: Readonly<Record<ContenderName, string>> = {
  action: 'action',
  'rds-client': 'RDS client alone',
  'aws-cli': 'AWS CLI script',
  boto3: 'boto3 script',
}

const NOTHING = '–'

/** A Markdown table that can be read as it is. Contenders that were left out have no columns. */
export function renderTable(rows: readonly Row[]): readonly string[] {
  const others = CONTENDER_NAMES.filter(
    (name) => name !== 'action' && rows.some(({ samples }) => samples[name] !== undefined),
  )
  const header = ['', 'action', ...others.flatMap((name) => [CONTENDER_TITLES[name], 'action ÷ it'])]
  const body = rows.map((row) => [
    row.label,
    cell(row.samples.action, row.unit),
    ...others.flatMap((name) => [cell(row.samples[name], row.unit), ratioCell(row, name)]),
  ])
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => pad(text, { column, width: widths[column] ?? 0 })).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(header), `| ${rule.join(' | ')} |`, ...body.map(line)]
}

/** `212 ms (205–230)`; what is the same in every round stands alone. */
function cell(samples: Samples | undefined, unit: Unit): string {
  const summary = samples === undefined ? undefined : summarize(samples)
  if (summary === undefined) return NOTHING
  const lowest = formatNumber(summary.lowest, unit)
  const highest = formatNumber(summary.highest, unit)
  const middle = formatNumber(summary.median, unit)
  const suffix = unit === 'calls' ? '' : ` ${unit}`
  return lowest === highest ? `${middle}${suffix}` : `${middle}${suffix} (${lowest}–${highest})`
}

function ratioCell(row: Row, name: ContenderName): string {
  // The scripts do nothing on GitHub, so that there is nothing to compare.
  if (row.figure === 'github-calls') return NOTHING
  const ratio = ratioTo(row, name)
  return ratio === undefined ? NOTHING : formatRatio(ratio)
}

/** How much of theirs the action needs: below 1 it is ahead. */
export function ratioTo(
  { samples, unit }: Pick<Row, 'samples' | 'unit'>,
  name: ContenderName,
): number | undefined {
  const { action } = samples
  const other = samples[name]
  if (action === undefined || other === undefined) return undefined
  // Whose poll comes first in a round is chance: no noise that a round has in common could be taken out by its own ratio.
  return unit === 's' ? ratioOfMedians(action, other) : medianRatio(action, other)
}

export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)}×`
}

const DIGITS: Readonly<Record<Unit, number>> = { ms: 0, s: 1, calls: 0, MB: 1 }

export function formatNumber(value: number, unit: Unit): string {
  // A median between two rounds may be half a call.
  const digits = unit === 'calls' && !Number.isInteger(value) ? 1 : DIGITS[unit]
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function pad(text: string, { column, width }: { readonly column: number; readonly width: number }): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width)
}
