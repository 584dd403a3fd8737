import type { AwsRun } from '../aurora/api/aws-run.ts'
import { describeCluster, listClusters } from '../aurora/api/describe.ts'
import { asFailure } from '../aurora/api/explain.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import { incarnationsOf } from '../aurora/clone/incarnations.ts'
import { type OwnedClone, ownedClones } from '../aurora/clone/ownership.ts'
import { writeHold } from '../aurora/clone/renewal.ts'
import { type GoneOrder, type GoneResult, convergeGone } from '../aurora/gone/converge.ts'
import { HalfDeleted } from '../aurora/gone/delete-clone.ts'
import { deletionRefused } from '../aurora/gone/refusal.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { Log } from '../log.ts'
import type { Fate, Removal, RemovalReason } from '../outcome.ts'
import { type CloneRun, reportNow } from './context.ts'

export type ExplainedRemoval = Removal & { readonly failure?: Failure }

export interface RemoveOrder extends Omit<GoneOrder, 'clone' | 'isRequested'> {
  readonly clone: OwnedClone
  /** AWS has already accepted the deletion. */
  readonly isRequested?: boolean
  /** It is the incarnation that its comment is about. */
  readonly leads: boolean
  /** The reason for users; `undefined` if a user asked for the removal. */
  readonly reason: RemovalReason | undefined
  /** The value to write first to its hold tag; `undefined` leaves it unchanged. */
  readonly hold?: string | undefined
}

type Telling = Pick<CloneRun, 'aws' | 'region' | 'announce'> & Partial<Pick<CloneRun, 'expect'>>

/** How a removal ended, before its report is made. */
interface Ending extends Omit<ExplainedRemoval, 'clone'> {
  readonly fate: Fate
  /** Its comment stays as it is. */
  readonly isUntold?: boolean
}

/** Removes one clone. Never throws: a failure is part of the result, so that the other clones are removed too. */
export async function removeClone(run: Telling, order: RemoveOrder): Promise<ExplainedRemoval> {
  const { aws } = run
  const { reason, hold, leads, isRequested = false, clone: found, ...rest } = order
  let clone = found
  const tell = ({ fate, isUntold = false, ...removal }: Ending): ExplainedRemoval => {
    const report = reportNow(run, clone, { fate })
    if (isUntold || !leads) run.expect?.({ ...report, identityHash: '' })
    else run.announce(report)
    return { clone: report, ...removal }
  }
  const isDeleting = isRequested || clusterPhase(found.cluster.status) === 'deleting'
  // If this run is killed, the comment must not continue to say that the clone is ready.
  const fate = isDeleting ? removed('deleting', reason).fate : CUT_OFF
  if (leads) run.expect?.(reportNow(run, clone, { fate }))
  try {
    if (!isRequested) clone = await writeHold(aws, found, hold)
    const result = await convergeGone(aws, { ...rest, clone, isRequested })
    const isReplaced = isRequested && result.kind === 'gone' && (await hasSuccessor(aws, clone))
    return tell(endingOf(aws, clone, { result: isReplaced ? { ...result, isReplaced } : result, reason }))
  } catch (error) {
    const failure = removalFailure(error)
    const why = { because: failure.what, failure }
    // AWS had already accepted the deletion, so only the wait for its end failed.
    if (isDeleting) return tell({ ...removed('deleting', reason), ...why })
    if (failure instanceof Cancelled) return tell({ fate: CUT_OFF, result: 'cancelled', ...why })
    // The run ends with this error, so it needs no warning.
    aws.log.info(`Clone "${found.cluster.identifier}": ${failure.message}`)
    const state = await stateIfDeleted(aws, found)
    return tell(
      state === undefined
        ? { fate: undeleted(failure.what), result: 'failed', ...why }
        : removed(state, reason),
    )
  }
}

function removalFailure(error: unknown): Failure {
  if (!(error instanceof HalfDeleted)) return asFailure(error)
  const cause = asFailure(error.cause)
  const { title, what, remedy } = cause
  return new Failure({
    title,
    what: `${what} AWS is already deleting the writer instance of the clone.`,
    remedy,
    cause,
  })
}

function endingOf(
  { log }: AwsRun,
  { cluster: { identifier, status }, hasBeenReady }: OwnedClone,
  { result, reason }: Readonly<{ result: GoneResult; reason: RemovalReason | undefined }>,
): Ending {
  const name = `Clone "${identifier}"`
  switch (result.kind) {
    case 'gone':
      // The cluster that replaced it uses the same comment, so this run leaves it.
      return { ...removed('destroyed', reason), isUntold: result.isReplaced }
    case 'deleting':
      return removed('deleting', reason)
    case 'wanted': {
      if (result.writerIsGone) return withoutWriter(log, 'kept', `${name} is wanted again`)
      log.info(`${name} is wanted again and was kept`)
      const isReady = hasBeenReady && clusterPhase(status) === 'available'
      const fate: Fate = { state: isReady ? 'ready' : 'creating' }
      return { fate, result: 'kept', because: 'it is wanted again', isUntold: true }
    }
    case 'refused': {
      const { kind, because } = result.verdict
      const what = `${name} was not deleted`
      log.warning(`${what}: ${because}`)
      if (result.writerIsGone)
        return withoutWriter(log, kind === 'held' ? 'held' : 'refused', `${what} (${because})`)
      if (kind === 'held') return { fate: { state: 'held' }, result: 'held', because }
      const failure = deletionRefused(identifier, result.verdict)
      return { fate: undeleted(because, kind === 'protected'), result: 'refused', because, failure }
    }
  }
}

function removed(state: 'deleting' | 'destroyed', removalReason: RemovalReason | undefined): Ending {
  return { fate: { state, removalReason }, result: state, because: undefined }
}

function undeleted(because: string, isProtected = false): Fate {
  return { state: 'undeleted', undeleted: { because, isProtected } }
}

const CUT_OFF = undeleted('the run was cut off before it was done')

/** The writer is being deleted, so neither "ready" nor the endpoint may be reported. */
function withoutWriter(log: Log, result: 'kept' | 'held' | 'refused', what: string): Ending {
  const failure = new Failure({
    title: 'Clone without a writer',
    what: `${what}. Its data is kept, but AWS is already deleting its writer instance.`,
    remedy: 'Run mode auto or create while its pull request is open: it recreates the writer.',
  })
  log.warning(failure.message)
  return { fate: { state: 'failed' }, result, because: failure.what, failure }
}

/** The state of the clone if another run has deleted it, or has requested that. */
async function stateIfDeleted(
  { rds }: AwsRun,
  { cluster: { identifier, resourceId } }: OwnedClone,
): Promise<'deleting' | 'destroyed' | undefined> {
  try {
    const now = await describeCluster(rds, identifier)
    if (now === undefined) return 'destroyed'
    return now.resourceId === resourceId && clusterPhase(now.status) === 'deleting' ? 'deleting' : undefined
  } catch {
    return undefined
  }
}

/** Whether another incarnation was made while this one was being deleted. Its run writes the comment. */
async function hasSuccessor({ rds }: AwsRun, { identity }: OwnedClone): Promise<boolean> {
  try {
    const clusters = await listClusters(rds, { includeShared: false })
    return incarnationsOf(clusters, identity).some(
      ({ cluster }) => clusterPhase(cluster.status) !== 'deleting',
    )
  } catch {
    return false
  }
}

/** The clones of the same key and name, listed again: a generation may have become ready, failed or gone since. */
export async function seriesNow(
  { rds, signal }: AwsRun,
  { identity: { server, repositoryId, key, name } }: OwnedClone,
): Promise<readonly OwnedClone[]> {
  const clusters = await listClusters(rds, { includeShared: false, signal })
  return ownedClones(clusters, { server, repositoryId, key, name })
}
