import type { SweepReport, SweepRow } from './outcome.ts'
import { ownValue } from './own-value.ts'

/** Why a clone is due or stays, as people say it: in the log and in the summary alike. */
const REASONS: Readonly<Record<string, string>> = {
  'pull-request-closed': 'pull request is closed',
  'label-missing': 'label is gone',
  expired: 'time is up',
  // It may never have got its writer: nobody can be using that one.
  'in-use': 'wanted',
  deleting: 'AWS is deleting it',
  held: 'held',
  protected: 'deletion protection is on',
  'not-owned': 'not provably a clone of this action',
  young: 'younger than an hour',
  latest: 'among the latest generations',
  'label-unknown': 'its label was renamed or deleted',
  'pull-request-unreadable': 'pull request cannot be read',
  'expiry-unreadable': 'its tag does not say when its time is up',
  'time-unknown': 'AWS did not say what time it is',
}

/** The reason, and what AWS, GitHub or a tag adds to it. That is anybody's text: whoever shows it makes it inert. */
export function sayWhy(
  { reason, detail }: Pick<SweepRow, 'reason'> & { readonly detail?: string | undefined },
  inert: (text: string) => string = (text) => text,
): string {
  const says = ownValue(REASONS, reason) ?? reason
  return detail === undefined || detail === says ? says : `${says} (${inert(detail)})`
}

/** What became of a clone; what would, where the report is only a plan. */
export function sayFate(
  { action, reason, result }: Pick<SweepRow, 'action' | 'reason' | 'result'>,
  { isPlan }: { readonly isPlan: boolean },
): string {
  if (result !== undefined) return result
  // A sweep leaves it alone, but it does not stay.
  if (reason === 'deleting') return 'already being deleted'
  return isPlan || action === 'delete' ? action : 'kept'
}

/** Whether its rows say what would be done. */
export function isPlan({ dryRun, isStopped }: SweepReport): boolean {
  return dryRun || isStopped
}

/** How to do what a dry run listed. Of one that a real run would not do either, its warning says more. */
export function dryRunAdvice({ dryRun, isStopped, rows }: SweepReport): string | undefined {
  return dryRun && !isStopped && rows.some(({ action }) => action === 'delete')
    ? 'Dry run: nothing was deleted. Set `dry-run: false` to delete.'
    : undefined
}
