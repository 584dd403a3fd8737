import { formatDuration, formatUtc } from '../duration.ts'
import type { SweepReport, SweepRow } from '../outcome.ts'
import { counted } from '../counted.ts'
import { dryRunAdvice, isPlan, sayFate, sayWhy } from '../sweep-words.ts'
import { code, escapeMarkdown } from '../escape.ts'

/** GitHub shows nothing of a summary that is longer than 1 MiB (actions/runner, FileCommandManager.cs). */
export const MAX_SUMMARY_BYTES = 1_000_000
/** Leaves room for the failure and its remedy. */
const MAX_TABLE_BYTES = 800_000

/** The decision about each clone and its result. In a dry run it is a real run's decision. Clones to delete come first. */
export function sweepParts(report: SweepReport): readonly string[] {
  const { dryRun, rows } = report
  const due = rows.filter(({ action }) => action === 'delete')
  const kept = rows.filter(({ action }) => action === 'keep')
  const shown = fitting([...due, ...kept].map((row) => tableRow(row, report)))
  const advice = dryRunAdvice(report)
  return [
    `### 🧹 Sweep${dryRun ? ' (dry run)' : ''}`,
    headline(report),
    ...(shown.length === 0 ? [] : [[...tableHead(report), ...shown].join('\n')]),
    ...(shown.length < rows.length ? [`… and ${rows.length - shown.length} more.`] : []),
    ...(advice === undefined ? [] : [advice]),
  ]
}

function headline({ dryRun, isStopped, rows, scope }: SweepReport): string {
  const whose = scope === 'repository' ? 'of this repository' : 'of all repositories of this server'
  if (rows.length === 0)
    return `There are no clones of ${scope === 'repository' ? 'this repository' : 'any repository of this server'}.`
  const all = `${counted(rows.length, 'clone')} ${whose}`
  const due = rows.filter(({ action }) => action === 'delete').length
  if (isStopped) return `${due} of ${all} are due, more than \`max-deletions\` allows: nothing was deleted.`
  if (dryRun) return `${due} of ${all} would be deleted.`
  const before = rows.filter(({ reason, result }) => reason === 'deleting' && result === undefined).length
  const going = before + rows.filter(({ result }) => result === 'deleting').length
  const gone = rows.filter(({ result }) => result === 'destroyed').length
  if (going + gone === 0) return `No clone was deleted: ${all} ${rows.length === 1 ? 'stays' : 'stay'}.`
  return [
    `${going} of ${all} ${isOrAre(going)} being deleted`,
    before === 0 ? '' : ` (${before} already before this sweep)`,
    gone === 0 ? '' : `, ${gone} ${isOrAre(gone)} gone`,
    '.',
  ].join('')
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}

/** The first rows that fit into the summary. */
function fitting(rows: readonly string[]): readonly string[] {
  let room = MAX_TABLE_BYTES
  const tooMuch = rows.findIndex((row) => {
    room -= Buffer.byteLength(row) + 1
    return room < 0
  })
  return tooMuch === -1 ? rows : rows.slice(0, tooMuch)
}

function tableHead(report: SweepReport): readonly string[] {
  const isAccount = report.scope === 'account'
  return [
    `| Clone |${isAccount ? ' Repository |' : ''} Age | Expires (UTC) | ${isPlan(report) ? 'Plan' : 'Result'} | Why |`,
    `|---|${isAccount ? '---|' : ''}---|---|---|---|`,
  ]
}

/** Key and class stand below the identifier, since GitHub breaks identifiers in a wider table. */
function tableRow(row: SweepRow, report: SweepReport): string {
  const { clone, repository, generation, ageMs } = row
  const key = [clone.key, clone.name, generation].filter((part) => part !== '').join(' / ')
  const whatItIs = escapeMarkdown([key, clone.instanceClass ?? ''].filter((part) => part !== '').join(', '))
  const fate = sayFate(row, { isPlan: isPlan(report) })
  const cells = [
    `${code(clone.identifier)}<br>${whatItIs}`,
    ...(report.scope === 'account' ? [escapeMarkdown(repository ?? '?')] : []),
    ageMs === undefined ? '?' : formatDuration(ageMs),
    clone.expiresAt === undefined ? '?' : timeCell(clone.expiresAt),
    fate === 'delete' ? '**delete**' : fate,
    sayWhy(row, escapeMarkdown),
  ]
  return `| ${cells.join(' | ')} |`
}

/** Without the time zone, which the header has, and without line breaks in the date. */
function timeCell(iso: string): string {
  return escapeMarkdown(formatUtc(iso))
    .replace(/ UTC$/, '')
    .replace(/^(\d{4})-(\d{2})-(\d{2}) /, '$1\u2011$2\u2011$3\u00A0')
}
