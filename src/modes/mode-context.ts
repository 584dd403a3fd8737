import type { AwsRun, Pace } from '../aurora/aws-run.ts'
import type { CloneIdentity } from '../aurora/identity.ts'
import type { PullRequestReading } from '../demand.ts'
import type { LivePullRequest } from '../github/pull-request.ts'
import type { CloneReport } from '../outcome.ts'

/** What every mode works with. Nothing in it writes outputs, comments or summaries: a mode returns its Outcome. */
export interface ModeContext {
  readonly aws: AwsRun
  readonly region: string
  readonly owner: CloneOwner
  /** `owner/name`, for people who read tags. */
  readonly repositoryFullName: string
  readonly repositoryName: string
  readonly event: { readonly action: string; readonly label: string | undefined }
  readonly pullRequest: LivePullRequest
  /** Tells people how a clone stands. Returns at once and never fails. */
  readonly announce: (clone: CloneReport) => void
  readonly startedAtMs: number
}

/** Whom the clones of this run belong to. */
export interface CloneOwner extends Pick<CloneIdentity, 'server' | 'repositoryId' | 'key'> {
  readonly generation: string | undefined
  /** The pull request, if the key is one's. */
  readonly number: number | undefined
}

export function identityOf(owner: CloneOwner, name: string): CloneIdentity {
  const { server, repositoryId, key, generation = '' } = owner
  return { server, repositoryId, key, name, generation }
}

/** For messages: `pull request #42`, or `nightly (generation 20261121)`. */
export function ownerName({ key, generation, number }: CloneOwner): string {
  if (number !== undefined) return `pull request #${number}`
  return generation === undefined ? key : `${key} (generation ${generation})`
}

export function logReading({ aws, owner }: ModeContext, reading: PullRequestReading): void {
  if (owner.number === undefined) return
  const state = reading.kind === 'unreadable' ? `cannot be read: ${reading.because}` : `is ${reading.kind}`
  aws.log.info(`Pull request #${owner.number} ${state}`)
}

export function paceOf(
  { startedAtMs }: Pick<ModeContext, 'startedAtMs'>,
  inputs: { readonly waitTimeoutMs: number; readonly pollIntervalMs: number },
): Pace {
  return { startedAtMs, limitMs: inputs.waitTimeoutMs, pollIntervalMs: inputs.pollIntervalMs }
}
