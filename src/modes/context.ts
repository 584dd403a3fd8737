import { type AwsRun, timeAtAws } from '../aurora/api/aws-run.ts'
import type { InstanceSnapshot } from '../aurora/api/snapshot.ts'
import { reportClone } from '../aurora/clone/clone-report.ts'
import { type CloneIdentity, FIRST_INCARNATION } from '../aurora/clone/identity.ts'
import type { Milestones } from '../aurora/clone/milestones.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import type { ResetRequests } from '../aurora/clone/reset-requests.ts'
import type { Pace } from '../aurora/pace.ts'
import type { LabelsOn, RepositoryLabels } from '../github/labels.ts'
import type { LivePullRequest, LivePullRequests } from '../github/pull-request.ts'
import type { CloneModeInputs } from '../inputs.ts'
import type { CloneReport, Fate, Pausing } from '../outcome.ts'
import type { SanitisingReport } from '../sanitise/order.ts'
import type { ReadFiles } from '../sanitise/read-order.ts'

/** What every mode uses. A mode returns an Outcome; it writes no outputs, comments or summaries. */
export interface Run {
  readonly aws: AwsRun
  readonly region: string
  /** Reports the state of a clone, also in its comment. Returns at once and never fails. */
  readonly announce: (clone: CloneReport) => void
  readonly labels: RepositoryLabels
  readonly startedAtMs: number
}

/** For the modes that are about one pull request or key. */
export interface CloneRun extends Run {
  /** Prepares the comment of a clone. The report is used only if the run ends before another one is announced. */
  readonly expect: (clone: CloneReport) => void
  readonly owner: CloneOwner
  /** `owner/name`, for people who read tags. */
  readonly repositoryFullName: string
  readonly repositoryName: string
  readonly event: { readonly action: string; readonly label: string | undefined }
  readonly pullRequest: LivePullRequest
  readonly labelsOn: LabelsOn
  /** What mode `reset` asks for in this run: the comment of its event, otherwise the workflow run. */
  readonly resetRequest: ResetRequests
  /** Corrects the comments of this closed pull request, except those of clones with these identity hashes. */
  readonly retireOthers: (identityHashes: readonly string[]) => void
  /** `GITHUB_RUN_ID`: all jobs and attempts of one workflow run have the same. */
  readonly workflowRun: string
  /** Files of the team: of the default branch where there is a pull request, otherwise of the workspace. */
  readonly readFiles: ReadFiles
  /** Waits, for a limited time, until comments are written. `false`: the run writes none. Never fails. */
  readonly told: () => Promise<boolean>
}

/** For the mode that is about all clones of a repository or an account. */
export interface SweepRun extends Run, Pick<CloneIdentity, 'server' | 'repositoryId'> {
  readonly pullRequests: LivePullRequests
  /** Says in the comment of a clone, if it has one, that it expires within a day. Returns at once and never fails. */
  readonly announceExpiry: (clone: CloneReport) => void
}

/** The owner of the clones of this run. */
export interface CloneOwner extends Pick<CloneIdentity, 'server' | 'repositoryId' | 'key'> {
  readonly generation: string | undefined
  /** `undefined`: the key is not a pull request's. */
  readonly number: number | undefined
}

export function identityOf(
  { server, repositoryId, key, generation = '' }: CloneOwner,
  { cloneName: name, identifierPrefix: prefix }: Pick<CloneModeInputs, 'cloneName' | 'identifierPrefix'>,
): CloneIdentity {
  return { server, repositoryId, prefix, key, name, generation, incarnation: FIRST_INCARNATION }
}

/** For messages: `pull request #42`, or `nightly (generation 20261121)`. */
export function ownerName({ key, generation, number }: CloneOwner): string {
  if (number !== undefined) return `pull request #${number}`
  return generation === undefined ? key : `${key} (generation ${generation})`
}

export function paceOf(
  { startedAtMs }: Pick<Run, 'startedAtMs'>,
  { waitTimeoutMs: limitMs, pollIntervalMs }: Pick<CloneModeInputs, 'waitTimeoutMs' | 'pollIntervalMs'>,
): Pace {
  return { startedAtMs, limitMs, pollIntervalMs }
}

const HASTE_MS = 20_000

/**
 * The pace of a removal that begins now. `inHaste`: the run leaves within seconds, also if AWS does not accept the deletion yet. The
 * sweep deletes the clone then.
 */
export function removalPaceOf(
  pace: Pace,
  { inHaste, nowMs }: Readonly<{ inHaste: boolean; nowMs: number }>,
): Pace {
  return { ...pace, startedAtMs: nowMs, limitMs: inHaste ? Math.min(pace.limitMs, HASTE_MS) : pace.limitMs }
}

/** The report of a clone as it is now. */
export function reportNow(
  { aws, region }: Pick<Run, 'aws' | 'region'>,
  clone: OwnedClone,
  about: Readonly<{
    fate: Fate
    writer?: InstanceSnapshot | undefined
    pausing?: Pausing | undefined
    isHandedOver?: boolean
    former?: OwnedClone | undefined
    resetLabel?: string | undefined
    resetProblem?: string
    sanitising?: SanitisingReport | undefined
    milestones?: Milestones | undefined
  }>,
): CloneReport {
  return reportClone(clone, { writer: undefined, ...about, region, nowMs: timeAtAws(aws) })
}
