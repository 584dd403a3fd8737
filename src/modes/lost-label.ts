import { hasLabel, unreadablePullRequest } from '../demand.ts'
import { Failure } from '../failure.ts'
import type { CloneRun } from './context.ts'

export const UNKNOWN_LABEL_REMEDY =
  'If the label was renamed, rename it in the workflow too: the next run takes its clone over. If it was deleted, run mode destroy for the pull request.'

/**
 * Renaming or deleting a label in the repository takes it off pull requests without an event. Then nothing may be deleted, and
 * this returns the reason. `undefined`: a person took the label off.
 */
export async function doubtLostLabel(
  { event, labels, owner }: Pick<CloneRun, 'event' | 'labels' | 'owner'>,
  label: string,
): Promise<Failure | undefined> {
  if (event.action === 'unlabeled' && event.label !== undefined && hasLabel([event.label], label))
    return undefined
  const known = await labels.list()
  if ('kind' in known) return unreadablePullRequest(owner.number ?? 0, known.because)
  if (hasLabel(known, label)) return undefined
  return new Failure({
    title: 'Label unknown',
    what: `Pull request #${owner.number ?? 0} does not have the label "${label}", and its repository no longer has that label either. So the clone that was made for it was kept.`,
    remedy: UNKNOWN_LABEL_REMEDY,
  })
}
