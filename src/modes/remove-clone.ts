import { reportClone } from '../aurora/clone-report.ts'
import { type GoneResult, convergeGone } from '../aurora/converge-gone.ts'
import type { Pace } from '../aurora/aws-run.ts'
import { UNKNOWN_TIME_MS } from '../aurora/aws-time.ts'
import type { AskIfUnwanted } from '../aurora/delete-clone.ts'
import { asFailure } from '../aurora/explain.ts'
import { describeCluster } from '../aurora/observe.ts'
import type { OwnedClone } from '../aurora/ownership.ts'
import { writeHold } from '../aurora/renewal.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { clusterPhase } from '../aurora/statuses.ts'
import { TAG } from '../aurora/tags.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { CloneReport, CloneState, Removal, RemovalReason, Undeleted } from '../outcome.ts'
import { deletionRefused } from './deletion-refused.ts'
import type { Expecting, RunContext } from './mode-context.ts'

export type ExplainedRemoval = Removal & { readonly failure?: Failure }

export interface RemovalOrder {
  readonly clone: OwnedClone
  /** What people are told; `undefined` where somebody asked for the removal. */
  readonly because: RemovalReason | undefined
  /** The configured source cluster, where one is known. */
  readonly source: string | undefined
  /** AWS has accepted the deletion already. */
  readonly isRequested?: boolean
  readonly waitUntilGone: boolean
  readonly pace: Pace
  readonly askIfUnwanted: AskIfUnwanted
  /** What its hold tag is to say before anything is removed; `undefined` leaves it as it is. */
  readonly hold?: string | undefined
}

/** Removes one clone of several. Never throws: one clone's failure does not keep the others, and is told with them. */
export async function removeClone(
  { aws, region, announce, expect }: Pick<RunContext, 'aws' | 'region' | 'announce'> & Partial<Expecting>,
  { clone, because: removedBecause, source, hold, isRequested = false, ...goal }: RemovalOrder,
): Promise<ExplainedRemoval> {
  const { identity } = clone
  let { cluster } = clone
  const reportAs = (state: CloneState, undeleted?: Undeleted): CloneReport =>
    reportClone({
      cluster,
      writer: undefined,
      state,
      region,
      nowMs: aws.awsNow() ?? UNKNOWN_TIME_MS,
      removedBecause,
      undeleted,
    })
  const tell = (state: CloneState, undeleted?: Undeleted): CloneReport => {
    const report = reportAs(state, undeleted)
    announce(report)
    return report
  }
  /** Its writer is going: it is not ready, and its endpoint is not to be given. */
  const half = (how: 'kept' | 'held' | 'refused', what: string): ExplainedRemoval => {
    const failure = new Failure({
      title: 'Clone without a writer',
      what: `Clone "${cluster.identifier}" ${what} and keeps its data, but AWS is deleting its writer already.`,
      remedy: 'Run mode auto or create while its pull request is open: it makes a new writer.',
    })
    aws.log.warning(failure.message)
    return { clone: tell('failed'), result: how, because: failure.what, failure }
  }
  const kept = (): CloneReport => reportAs(wasReady(cluster) ? 'ready' : 'creating')
  // Whatever ends this run from outside: the clone is on its way out, and its comment must not go on to say that it is ready.
  const isDeleting = isRequested || clusterPhase(cluster.status) === 'deleting'
  expect?.(reportAs(isDeleting ? 'deleting' : 'undeleted', CUT_OFF))
  let result: GoneResult
  try {
    if (!isRequested) cluster = await writeHold(aws, { cluster, identity }, hold)
    result = await convergeGone(aws, { found: cluster, identity, source, isRequested, ...goal })
  } catch (error) {
    const failure = asFailure(error)
    const because = failure.what
    // AWS had accepted the deletion already: that stands, whatever became of the wait for its end.
    if (isDeleting) return { clone: tell('deleting'), result: 'deleting', because, failure }
    if (failure instanceof Cancelled)
      return {
        clone: tell('undeleted', CUT_OFF),
        result: 'cancelled',
        because,
        failure,
      }
    aws.log.warning(`Clone "${cluster.identifier}": ${failure.message}`)
    const going = await isGoing(aws, clone)
    if (going !== undefined) return { clone: tell(going), result: going, because: undefined }
    return { clone: tell('undeleted', { because, isProtected: false }), result: 'failed', because, failure }
  }
  switch (result.kind) {
    case 'gone':
      if (!result.isReplaced) return { clone: tell('destroyed'), result: 'destroyed', because: undefined }
      // What has its name now has its comment, too.
      expect?.(untold(reportAs('destroyed')))
      return { clone: reportAs('destroyed'), result: 'destroyed', because: undefined }
    case 'deleting':
      return { clone: tell('deleting'), result: 'deleting', because: undefined }
    case 'wanted':
      if (result.isHalf) return half('kept', 'is wanted again')
      aws.log.info(`Clone "${cluster.identifier}" is wanted again and was kept`)
      expect?.(untold(kept()))
      return { clone: kept(), result: 'kept', because: 'it is wanted again' }
    case 'refused': {
      const { kind, because } = result.verdict
      aws.log.warning(`Clone "${cluster.identifier}" was not deleted: ${because}`)
      if (result.isHalf) return half(kind === 'held' ? 'held' : 'refused', `stays (${because})`)
      if (kind === 'held') return { clone: tell('held'), result: 'held', because }
      return {
        clone: tell('undeleted', { because, isProtected: kind === 'protected' }),
        result: 'refused',
        because,
        failure: deletionRefused(cluster.identifier, result.verdict),
      }
    }
  }
}

const CUT_OFF: Undeleted = { because: 'the run was cut off before it was done', isProtected: false }

/** For the outputs alone: no comment is written of it. */
function untold(clone: CloneReport): CloneReport {
  return { ...clone, identityHash: '' }
}

function wasReady({ status, tags }: ClusterSnapshot): boolean {
  return clusterPhase(status) === 'available' && tags?.[TAG.readyAt] !== undefined
}

/** Whether another run has done what this one failed to do. */
async function isGoing(
  { rds }: RunContext['aws'],
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
