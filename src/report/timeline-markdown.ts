import { formatDuration } from '../duration.ts'
import type { CloneReport, Timeline } from '../outcome.ts'

const STEPS: readonly (readonly [step: keyof Timeline, name: (clone: CloneReport) => string])[] = [
  ['asked', () => 'Asked for'],
  ['restored', () => 'Cluster restored'],
  ['writer', () => 'Writer available'],
  ['credentials', () => 'Own password works'],
  ['prepared', ({ sanitised }) => (sanitised === undefined ? 'Prepared' : 'Sanitised')],
  ['ready', () => 'Ready'],
]

/** How a clone came about, folded: the time of each step that is known, and how long after the one before. */
export function timelineLines(clone: CloneReport): readonly string[] {
  const { timeline = {} } = clone
  const known = STEPS.flatMap(([step, name]) => {
    const atMs = timeline[step]
    return atMs === undefined ? [] : [{ step, name: name(clone), atMs }]
  })
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined || known.length === 1) return []
  const isWhole = first.step === 'asked' && last.step === 'ready'
  const [head = '', ...rest] = known.map(({ name, atMs }, index) => {
    const { atMs: beforeMs } = known[index - 1] ?? {}
    const later = beforeMs === undefined ? '' : `, ${formatDuration(atMs - beforeMs)} later`
    return `| **${name}** | ${utc(atMs)}${later} |`
  })
  return [
    `<details><summary>${isWhole ? `Ready ${formatDuration(last.atMs - first.atMs)} after it was asked for` : 'What has been done so far'}</summary>`,
    '',
    head,
    '|:--|:--|',
    ...rest,
    '',
    '</details>',
  ]
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
