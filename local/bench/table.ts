import { CONTENDERS, type Contender } from './contenders.ts'
import type { Measurement, Times } from './measure.ts'
import { SITUATIONS, SITUATION_NAMES } from './situations.ts'

/** One time of one situation, of everybody who has it: a sample a round, in their order. */
export interface Row {
  readonly time: keyof Times
  readonly label: string
  readonly unit: 'ms' | 's'
  readonly samples: Readonly<Partial<Record<Contender, readonly number[]>>>
}

const TIMES = [
  ['firstRequestMs', 'first AWS request', 'ms'],
  ['exitMs', 'exit', 'ms'],
  ['publishedMs', 'AWS is ready → outputs written', 's'],
  ['addedMs', 'whole run, beyond AWS’s own time', 's'],
] as const satisfies readonly (readonly [keyof Times, string, Row['unit']])[]

const TITLES: Readonly<Record<Contender, string>> = {
  action: 'action',
  older: 'older build',
  'rds-client': 'RDS client alone',
  boto3: 'boto3 script',
}
const NOTHING = '–'

/** Those that the action has a time in. */
export function rowsOf(measurements: readonly Measurement[]): readonly Row[] {
  return SITUATION_NAMES.flatMap((situation) =>
    TIMES.map(([time, title, unit]): Row => {
      const samples: Partial<Record<Contender, number[]>> = {}
      for (const { contender, times, ...one } of measurements) {
        const ms = one.situation === situation ? times[time] : undefined
        if (ms !== undefined) (samples[contender] ??= []).push(ms)
      }
      return { time, label: `${SITUATIONS[situation].title}: ${title}`, unit, samples }
    }),
  ).filter(({ samples }) => samples.action !== undefined)
}

/** A Markdown table that can be read as it is. Contenders that were left out have no columns. */
export function renderTable(rows: readonly Row[]): readonly string[] {
  const others = CONTENDERS.filter(
    (name) => name !== 'action' && rows.some(({ samples }) => samples[name] !== undefined),
  )
  const header = ['', TITLES.action, ...others.flatMap((name) => [TITLES[name], 'action ÷ it'])]
  const body = rows.map((row) => [
    row.label,
    cell(row, 'action'),
    ...others.flatMap((name) => [cell(row, name), ratioCell(row, name)]),
  ])
  return padTable([header, ...body])
}

/** Numbers stand to the right of the first column. */
export function padTable([header = [], ...body]: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...body].map((cells) => cells[column]?.length ?? 0)),
  )
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [header, rule, ...body].map(([label = '', ...cells]) => {
    const padded = cells.map((text, index) => text.padStart(widths[index + 1] ?? 0))
    return `| ${[label.padEnd(widths[0] ?? 0), ...padded].join(' | ')} |`
  })
}

/** `212 ms (205–230)`: with a handful of rounds, quartiles would hide more than the lowest and the highest. */
function cell({ samples, unit }: Row, name: Contender): string {
  const values = samples[name]
  if (values === undefined) return NOTHING
  const range = `${formatTime(Math.min(...values), unit)}–${formatTime(Math.max(...values), unit)}`
  return `${formatTime(median(values), unit)} ${unit} (${range})`
}

function ratioCell(row: Row, name: Contender): string {
  const ratio = ratioTo(row, name)
  return ratio === undefined ? NOTHING : `${ratio.toFixed(2)}×`
}

function formatTime(ms: number, unit: Row['unit']): string {
  const digits = unit === 's' ? 1 : 0
  const value = unit === 's' ? ms / 1_000 : ms
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/**
 * How much of theirs the action needs: below 1 it is ahead. What slows a round down slows both sides of its own ratio, so the
 * median of these is steadier than the ratio of two medians. But whose poll comes first in a round is chance, which they do not share.
 */
export function ratioTo({ samples, unit }: Row, name: Contender): number | undefined {
  const { action } = samples
  const other = samples[name]
  if (action === undefined || other === undefined) return undefined
  if (unit === 's') return median(action) / median(other)
  return median(action.map((value, round) => value / (other[round] ?? NaN)))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle) - 1] ?? NaN)) / 2
}
