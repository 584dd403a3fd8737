import { hasLabel } from '../demand.ts'
import { Failure } from '../failure.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import { canonicalLabel } from '../tag-value.ts'
import type { ModeContext } from './mode-context.ts'

export const UNKNOWN_LABEL_REMEDY =
  'If the label was renamed, rename it in the workflow too: the next run takes its clone over. If it was deleted, run mode destroy for the pull request.'

/**
 * Why it is doubtful that the pull request lost this label, and so nothing may be deleted for it: a label that is renamed or
 * deleted leaves its pull requests without an event. `undefined`: somebody took it off.
 */
export async function doubtLostLabel(
  { event, labels, owner }: Pick<ModeContext, 'event' | 'labels' | 'owner'>,
  label: string,
): Promise<Failure | undefined> {
  const isTold =
    event.action === 'unlabeled' &&
    event.label !== undefined &&
    canonicalLabel(event.label) === canonicalLabel(label)
  if (isTold) return undefined
  const known = await labels.list()
  if ('kind' in known) return unreadablePullRequest(owner.number ?? 0, known.because)
  if (hasLabel(known, label)) return undefined
  return new Failure({
    title: 'Label unknown',
    what: `Pull request #${owner.number ?? 0} does not have the label "${label}", nor does its repository any more, so the clone that was made for it was kept.`,
    remedy: UNKNOWN_LABEL_REMEDY,
  })
}
