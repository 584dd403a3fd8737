import type { ContenderName } from './contenders.ts'
import type { SituationName } from './situations.ts'
import { summarize } from './statistics.ts'
import { CONTENDER_TITLES, type Figure, type Row, formatNumber, formatRatio, ratioTo } from './table.ts'

export interface Verdict {
  readonly target: string
  readonly isMet: boolean
  /** The figures it was judged by. */
  readonly because: string
  /** What depends on the machine is told; only what does not, fails the bench. */
  readonly kind: 'calls' | 'time'
}

const FIRST_REQUEST_RATIO = 1.5
const CALLS: readonly { readonly situation: SituationName; readonly what: string; readonly limit: number }[] =
  [
    { situation: 'create', what: 'create without waiting', limit: 4 },
    { situation: 'ready', what: 'create on a ready clone', limit: 4 },
    { situation: 'destroy', what: 'destroy', limit: 6 },
  ]
/** action.yml: poll-interval. */
const POLL_SECONDS = 10
const SCRIPTS = ['aws-cli', 'boto3'] as const satisfies readonly ContenderName[]

/** Only what was measured is judged. */
export function judge(rows: readonly Row[]): readonly Verdict[] {
  return [
    firstRequest(rows),
    ...CALLS.map((target) => calls(rows, target)),
    published(rows),
    aheadOfScripts(rows),
  ].filter((verdict) => verdict !== undefined)
}

export function isFailure(verdicts: readonly Verdict[], { strict }: { readonly strict: boolean }): boolean {
  return verdicts.some(({ isMet, kind }) => !isMet && (strict || kind === 'calls'))
}

export function renderVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(
    ({ isMet, target, because }) => `${isMet ? '✓ met   ' : '✗ missed'}  ${target}: ${because}`,
  )
}

function firstRequest(rows: readonly Row[]): Verdict | undefined {
  const ratios = rows.flatMap((row) => {
    const { figure, situation } = row
    const ratio = figure === 'first-request' ? ratioTo(row, 'rds-client') : undefined
    return ratio === undefined || situation === undefined ? [] : [{ situation, ratio }]
  })
  if (ratios.length === 0) return undefined
  return {
    target: `first AWS request within ${formatRatio(FIRST_REQUEST_RATIO)} of what the RDS client alone needs`,
    isMet: ratios.every(({ ratio }) => ratio <= FIRST_REQUEST_RATIO),
    because: ratios.map(({ situation, ratio }) => `${situation} ${formatRatio(ratio)}`).join(', '),
    kind: 'time',
  }
}

function calls(
  rows: readonly Row[],
  { situation, what, limit }: (typeof CALLS)[number],
): Verdict | undefined {
  const highest = highestOf(rows, { situation, figure: 'aws-calls' })
  if (highest === undefined) return undefined
  return {
    target: `at most ${limit} AWS calls for ${what}`,
    isMet: highest <= limit,
    because: `${formatNumber(highest, 'calls')} at most`,
    kind: 'calls',
  }
}

function published(rows: readonly Row[]): Verdict | undefined {
  const highest = highestOf(rows, { situation: 'published', figure: 'published' })
  if (highest === undefined) return undefined
  return {
    target: `published within one poll interval (${POLL_SECONDS} s) plus a second of ready`,
    isMet: highest <= POLL_SECONDS + 1,
    because: `${formatNumber(highest, 's')} s at most`,
    kind: 'time',
  }
}

/** What only one side does is not compared: nothing on GitHub is done by the scripts. */
function aheadOfScripts(rows: readonly Row[]): Verdict | undefined {
  const compared = rows
    .filter(({ figure }) => figure !== 'github-calls')
    .flatMap((row) =>
      SCRIPTS.flatMap((name) => {
        const ratio = ratioTo(row, name)
        return ratio === undefined ? [] : [{ label: row.label, name, ratio }]
      }),
    )
  if (compared.length === 0) return undefined
  const notAhead = compared.filter(({ ratio }) => ratio >= 1)
  return {
    target: 'ahead of both scripts in every row',
    isMet: notAhead.length === 0,
    because:
      notAhead.length === 0
        ? `in all ${compared.length} comparisons`
        : `in ${compared.length - notAhead.length} of ${compared.length} comparisons; not in ${notAhead
            .map(({ label, name, ratio }) => `${label} (${CONTENDER_TITLES[name]}, ${formatRatio(ratio)})`)
            .join('; ')}`,
    kind: 'time',
  }
}

function highestOf(
  rows: readonly Row[],
  { situation, figure }: { readonly situation: SituationName; readonly figure: Figure },
): number | undefined {
  const row = rows.find((one) => one.situation === situation && one.figure === figure)
  return row?.samples.action === undefined ? undefined : summarize(row.samples.action)?.highest
}
