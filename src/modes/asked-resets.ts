import { type ResetRequests, unmetRequests } from '../aurora/clone/reset-requests.ts'
import { type PullRequestReading, hasLabel, unreadablePullRequest } from '../demand.ts'
import type { Failure } from '../failure.ts'
import { githubReason } from '../github/reason.ts'
import type { CreateInputs } from '../inputs.ts'
import type { CloneRun } from './context.ts'

type ResetInputs = Pick<CreateInputs, 'resetLabel' | 'isResetByPush'>

export interface AskedResets {
  readonly requests: ResetRequests
  /** Why nobody can tell whether the label asks for fresh data. Nothing is reset for it then. */
  readonly doubt: Failure | undefined
}

/** The requests for fresh data as they stand now. `own`: what this run itself asks for. */
export async function askedResets(
  { labelsOn, owner }: Pick<CloneRun, 'labelsOn' | 'owner'>,
  reading: PullRequestReading,
  { resetLabel, isResetByPush, own }: ResetInputs & Readonly<{ own: ResetRequests }>,
): Promise<AskedResets> {
  if (reading.kind !== 'open') return { requests: own, doubt: undefined }
  const { headSha: commit } = reading
  const byPush = isResetByPush && commit !== undefined ? { commit } : {}
  const requests = { ...own, ...byPush }
  if (resetLabel === undefined || !hasLabel(reading.labels, resetLabel)) return { requests, doubt: undefined }
  const label = await labelsOn.putOnAt(resetLabel)
  return typeof label === 'string'
    ? { requests: { ...requests, label }, doubt: undefined }
    : { requests, doubt: unreadablePullRequest(owner.number ?? 0, label.because) }
}

/** Takes the reset label off, unless it was put on again since the request that was met. */
export async function takeOffResetLabel(
  { aws: { log }, labelsOn, pullRequest }: Pick<CloneRun, 'aws' | 'labelsOn' | 'pullRequest'>,
  resetLabel: string,
  met: ResetRequests,
): Promise<void> {
  const reading = await pullRequest.read(0)
  const name =
    reading.kind === 'open' ? reading.labels.find((label) => hasLabel([label], resetLabel)) : undefined
  if (name === undefined) return
  const label = await labelsOn.putOnAt(resetLabel)
  if (typeof label !== 'string' || unmetRequests({ label }, met).length > 0) return
  try {
    await labelsOn.takeOff(name)
    log.info(`Took the label "${name}" off: its request is met`)
  } catch (error) {
    // A person was faster.
    if ((error as { readonly status?: unknown }).status === 404) return
    log.warning(
      `The label "${name}" stays (${githubReason(error)}): give the job \`permissions: pull-requests: write\`, or take it off by hand. It does not reset the clone again.`,
    )
  }
}
