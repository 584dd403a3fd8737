import { type Row, ratioTo } from './table.ts'

interface Target {
  readonly title: string
  readonly limit: number
  /** What is limited, in the rows that have it. */
  readonly of: (row: Row) => number | undefined
}

const TARGETS: readonly Target[] = [
  {
    title: 'first AWS request ÷ that of the RDS client alone',
    limit: 1.5,
    of: (row) => (row.time === 'firstRequestMs' ? ratioTo(row, 'rds-client') : undefined),
  },
  {
    // A poll interval, as action.yml has it, and a second.
    title: 'seconds from ready to published',
    limit: 11,
    of: ({ time, samples: { action } }) =>
      time === 'publishedMs' && action ? Math.max(...action) / 1_000 : undefined,
  },
  { title: 'any row ÷ that of the boto3 script', limit: 1, of: (row) => ratioTo(row, 'boto3') },
]

export interface Verdict {
  readonly isMet: boolean
  readonly line: string
}

/** Only what was measured is judged. */
export function judge(rows: readonly Row[]): readonly Verdict[] {
  return TARGETS.flatMap(({ title, limit, of }) => {
    const values = rows.flatMap((row) => of(row) ?? [])
    if (values.length === 0) return []
    const worst = Math.max(...values)
    const isMet = worst <= limit
    return [
      { isMet, line: `${isMet ? '✓ met   ' : '✗ missed'}  ${title}: ${worst.toFixed(2)}, limit ${limit}` },
    ]
  })
}
