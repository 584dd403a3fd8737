import type { AwsRun, Pace } from '../aurora/aws-run.ts'
import type { CloneIdentity } from '../aurora/identity.ts'
import type { RepositoryLabels } from '../github/labels.ts'
import type { LivePullRequest, LivePullRequests } from '../github/pull-request.ts'
import type { CloneReport } from '../outcome.ts'

/** What every mode works with. Nothing in it writes outputs, comments or summaries: a mode returns its Outcome. */
export interface RunContext {
  readonly aws: AwsRun
  readonly region: string
  /** Tells people how a clone stands. Returns at once and never fails. */
  readonly announce: (clone: CloneReport) => void
  readonly labels: RepositoryLabels
  readonly startedAtMs: number
}

export interface Expecting {
  /** Gets ready to tell how a clone stands: soon, or when the run ends before that. */
  readonly expect: (clone: CloneReport) => void
}

/** For the modes that are about one pull request or key. */
export interface ModeContext extends RunContext, Expecting {
  readonly owner: CloneOwner
  /** `owner/name`, for people who read tags. */
  readonly repositoryFullName: string
  readonly repositoryName: string
  readonly event: { readonly action: string; readonly label: string | undefined }
  readonly pullRequest: LivePullRequest
  /** Puts comments right on clones of this closed pull request that are not among these, by the hashes of their identities. */
  readonly retireOthers: (identityHashes: readonly string[]) => void
  /** Resolves when what was announced is written, or took too long; to whether people are told at all. Never fails. */
  readonly told: () => Promise<boolean>
}

/** For the mode that is about all clones of a repository, or of a whole account. */
export interface SweepContext extends RunContext, Pick<CloneIdentity, 'server' | 'repositoryId'> {
  readonly pullRequests: LivePullRequests
}

/** Whom the clones of this run belong to. */
export interface CloneOwner extends Pick<CloneIdentity, 'server' | 'repositoryId' | 'key'> {
  readonly generation: string | undefined
  /** The pull request, if the key is one's. */
  readonly number: number | undefined
}

export function identityOf(
  { server, repositoryId, key, generation = '' }: CloneOwner,
  {
    cloneName: name,
    identifierPrefix: prefix,
  }: { readonly cloneName: string; readonly identifierPrefix: string },
): CloneIdentity {
  return { server, repositoryId, prefix, key, name, generation }
}

/** A workflow whose prefix was changed still finds the clones that it made before. */
export function underEveryPrefix({ prefix: _, ...others }: CloneIdentity): Omit<CloneIdentity, 'prefix'> {
  return others
}

/** For messages: `pull request #42`, or `nightly (generation 20261121)`. */
export function ownerName({ key, generation, number }: CloneOwner): string {
  if (number !== undefined) return `pull request #${number}`
  return generation === undefined ? key : `${key} (generation ${generation})`
}

export function paceOf(
  { startedAtMs }: Pick<ModeContext, 'startedAtMs'>,
  inputs: { readonly waitTimeoutMs: number; readonly pollIntervalMs: number },
): Pace {
  return { startedAtMs, limitMs: inputs.waitTimeoutMs, pollIntervalMs: inputs.pollIntervalMs }
}
