import type { SweepReport, SweepRow } from './outcome.ts'

/** Why a clone is due or stays, for log and summary. */
const REASONS: Readonly<Record<SweepRow['reason'], string>> = {
  'pull-request-closed': 'pull request is closed',
  'label-missing': 'label was removed',
  expired: 'expired',
  superseded: 'replaced by another clone',
  // Not "in use", since such a clone may have no writer.
  'in-use': 'wanted',
  deleting: 'AWS is deleting it',
  held: 'held',
  protected: 'deletion protection is on',
  'not-owned': 'not provably a clone of this action',
  young: 'younger than an hour',
  latest: 'one of the newest generations',
  'label-unknown': 'its label was renamed or deleted',
  'pull-request-unreadable': 'pull request cannot be read',
  'expiry-unreadable': 'expiry tag missing or unreadable',
  'time-unknown': 'AWS did not tell its time',
}

/** `detail` comes from AWS, GitHub or a tag and is untrusted: `inert` escapes it. */
export function sayWhy(
  { reason, detail }: Pick<SweepRow, 'reason'> & { readonly detail?: string | undefined },
  inert: (text: string) => string = (text) => text,
): string {
  const says = REASONS[reason]
  return detail === undefined || detail === says ? says : `${says} (${inert(detail)})`
}

/** The clone's fate, or in a plan its expected fate. */
export function sayFate(
  { action, reason, result }: Pick<SweepRow, 'action' | 'reason' | 'result'>,
  { isPlan }: { readonly isPlan: boolean },
): string {
  if (result !== undefined) return result
  // The sweep keeps it, but it does not stay.
  if (reason === 'deleting') return 'already being deleted'
  return isPlan || action === 'delete' ? action : 'kept'
}

/** Whether the rows say what would be done. */
export function isPlan({ dryRun, isStopped }: SweepReport): boolean {
  return dryRun || isStopped
}

/** How to execute a dry run's plan. `isStopped` has a warning of its own. */
export function dryRunAdvice({ dryRun, isStopped, rows }: SweepReport): string | undefined {
  return dryRun && !isStopped && rows.some(({ action }) => action === 'delete')
    ? 'Dry run: nothing was deleted. Set `dry-run: false` to delete.'
    : undefined
}
