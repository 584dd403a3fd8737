import { formatDuration } from '../duration.ts'
import type { SweepReport, SweepRow } from '../outcome.ts'
import { formatUtc } from '../utc-time.ts'
import { code, inertMarkdown } from './inert.ts'

/** Why a clone is due or stays, as people say it. */
const REASONS: Readonly<Record<string, string>> = {
  'pull-request-closed': 'pull request is closed',
  'label-missing': 'label is gone',
  expired: 'time is up',
  'in-use': 'in use',
  deleting: 'AWS is deleting it',
  held: 'held',
  protected: 'deletion protection is on',
  'not-owned': 'not provably a clone of this action',
  young: 'younger than an hour',
  latest: 'among the latest generations',
  'label-unknown': 'its label was renamed or deleted',
  'pull-request-unreadable': 'pull request cannot be read',
  'expiry-unreadable': 'its tag does not say when its time is up',
  'age-unreadable': 'nobody knows how old it is',
}

/** GitHub shows 1 MiB of a step's summary, and nothing of a longer one. */
const MAX_ROWS = 2_000

/**
 * What a sweep decided and did, clone by clone; the table of a dry run is the one that a real run would execute. What goes comes
 * first.
 */
export function sweepParts({ scope, dryRun, isStopped, rows }: SweepReport): readonly string[] {
  const due = rows.filter(({ action }) => action === 'delete')
  const kept = rows.filter(({ action }) => action === 'keep')
  const shown = [...due, ...kept].slice(0, MAX_ROWS)
  return [
    `### 🧹 Sweep${dryRun ? ' (dry run)' : ''}`,
    headline({ dryRun, isStopped, due, total: rows.length, scope }),
    ...(shown.length === 0 ? [] : [table(shown, { scope, isPlan: dryRun || isStopped })]),
    ...(shown.length < rows.length ? [`… and ${rows.length - shown.length} more.`] : []),
  ]
}

function headline({
  dryRun,
  isStopped,
  due,
  total,
  scope,
}: Pick<SweepReport, 'dryRun' | 'isStopped' | 'scope'> & {
  readonly due: readonly SweepRow[]
  readonly total: number
}): string {
  const whose = scope === 'repository' ? 'of this repository' : 'of all repositories of this server'
  if (total === 0)
    return `There are no clones of ${scope === 'repository' ? 'this repository' : 'any repository of this server'}.`
  const all = `${total} ${total === 1 ? 'clone' : 'clones'} ${whose}`
  if (isStopped)
    return `${due.length} of ${all} are due, more than \`max-deletions\` allows: nothing was deleted.`
  if (dryRun) return `${due.length} of ${all} would be deleted.`
  const gone = due.filter(({ result }) => result === 'deleting' || result === 'destroyed')
  return `${gone.length} of ${all} ${gone.length === 1 ? 'was' : 'were'} deleted.`
}

function table(
  rows: readonly SweepRow[],
  { scope, isPlan }: { readonly scope: SweepReport['scope']; readonly isPlan: boolean },
): string {
  const isAccount = scope === 'account'
  return [
    `| Clone |${isAccount ? ' Repository |' : ''} Belongs to | Age | Time is up | Class | ${isPlan ? 'Plan' : 'Result'} | Why |`,
    `|---|${isAccount ? '---|' : ''}---|---|---|---|---|---|`,
    ...rows.map(({ clone, repository, generation, ageMs, action, reason, detail, result }) => {
      const cells = [
        code(clone.identifier),
        ...(isAccount ? [inertMarkdown(repository ?? '?')] : []),
        inertMarkdown([clone.key, clone.name, generation].filter((part) => part !== '').join(' / ')),
        ageMs === undefined ? '?' : formatDuration(ageMs),
        clone.expiresAt === undefined ? '?' : inertMarkdown(formatUtc(clone.expiresAt)),
        clone.instanceClass === '' ? '?' : inertMarkdown(clone.instanceClass),
        result ?? (action === 'delete' ? '**delete**' : 'keep'),
        `${REASONS[reason] ?? reason}${detail === undefined ? '' : ` (${inertMarkdown(detail)})`}`,
      ]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
}
