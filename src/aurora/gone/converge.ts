import { formatDuration } from '../../duration.ts'
import { Failure } from '../../failure.ts'
import { EMPTY_ANSWER, hasCode, isDenied, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { describeCluster, listClusters } from '../api/describe.ts'
import { explainAwsError } from '../api/explain.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import {
  type DeletionRefusal,
  type DeletionTarget,
  type OwnedClone,
  judgeDeletion,
} from '../clone/ownership.ts'
import { type Reconciler, type Turn, type Wait, converge, done, throwIfCancelled } from '../converge.ts'
import type { Pace } from '../pace.ts'
import { type AskIfUnwanted, deleteClone } from './delete-clone.ts'
import { type GoneMemory, planGone } from './plan.ts'

export interface GoneOrder {
  /** The clone as the caller last saw it and decided about. */
  readonly clone: Pick<OwnedClone, 'cluster' | 'identity'>
  readonly source: string | undefined
  readonly askIfUnwanted: AskIfUnwanted
  /** AWS has already accepted the deletion, but may show the old state for a while. */
  readonly isRequested: boolean
  readonly waitUntilGone: boolean
  readonly pace: Pace
}

export type GoneResult =
  /** `isReplaced`: another cluster has its name now. */
  | { readonly kind: 'gone'; readonly isReplaced: boolean }
  | { readonly kind: 'deleting' }
  /** The clone is wanted again. If its writer is gone, AWS is deleting its instances; otherwise nothing was done. */
  | { readonly kind: 'wanted'; readonly writerIsGone: boolean }
  | { readonly kind: 'refused'; readonly verdict: DeletionRefusal; readonly writerIsGone: boolean }

/** Brings one clone to *gone*. The deletion and its guard are in delete-clone.ts. */
export async function convergeGone(aws: AwsRun, order: GoneOrder): Promise<GoneResult> {
  return await converge(aws, order.pace, new GoneRun(aws, order))
}

/** Consecutive empty answers that call for a listing, after AWS accepted the deletion (CloudFormation's handler meets them). */
const EMPTY_ANSWERS = 3

class GoneRun implements Reconciler<GoneResult> {
  readonly #aws: AwsRun
  readonly #order: GoneOrder
  readonly #target: DeletionTarget
  /** Several clones share one log. */
  readonly logPrefix: string
  #memory: GoneMemory
  #isReplaced = false
  #cluster: ClusterSnapshot | undefined
  #writerIsGone = false
  /** Consecutive answers that named no cluster. */
  #empty = 0

  constructor(aws: AwsRun, order: GoneOrder) {
    this.#aws = aws
    this.#order = order
    const { identifier, resourceId } = order.clone.cluster
    this.#target = { identifier, resourceId, identity: order.clone.identity, source: order.source }
    this.logPrefix = `${identifier}: `
    this.#cluster = order.clone.cluster
    this.#memory = { requested: order.isRequested, startedAtMs: undefined }
  }

  turn = async (): Promise<Turn<GoneResult>> => {
    const cluster = this.#cluster
    const step = planGone({
      cluster,
      verdict: cluster === undefined ? undefined : judgeDeletion(cluster, this.#target, timeAtAws(this.#aws)),
      memory: this.#memory,
      waitUntilGone: this.#order.waitUntilGone,
      nowMs: this.#aws.clock.now(),
    })
    switch (step.kind) {
      case 'settled':
        return done(
          step.how === 'gone' ? { kind: 'gone', isReplaced: this.#isReplaced } : { kind: 'deleting' },
        )
      case 'refuse':
        return done({ kind: 'refused', verdict: step.verdict, writerIsGone: this.#writerIsGone })
      case 'wait':
        return step
      case 'delete':
        throwIfCancelled(this.#aws, this)
        return await this.#delete()
    }
  }

  async #delete(): Promise<Turn<GoneResult>> {
    const { pace, askIfUnwanted, waitUntilGone } = this.#order
    const deadlineMs = pace.startedAtMs + pace.limitMs
    const result = await deleteClone(this.#aws, { target: this.#target, askIfUnwanted, deadlineMs })
    switch (result.kind) {
      case 'gone':
        return done(result)
      case 'refused':
      case 'wanted':
        return done({ ...result, writerIsGone: result.writerIsGone || this.#writerIsGone })
      case 'starting':
        this.#memory = { ...this.#memory, startedAtMs: this.#aws.clock.now() }
        return wait('waiting for the clone to start')
      case 'requested':
        this.#aws.log.info(`Deleting "${this.#target.identifier}"`)
        this.#memory = { ...this.#memory, requested: true }
        return waitUntilGone ? wait('waiting for AWS to finish the deletion') : done({ kind: 'deleting' })
      case 'not-yet':
        this.#writerIsGone ||= result.hasBegun
        return {
          ...wait(`waiting for the clone to be deletable: ${result.refusal.message}`),
          ...(isDenied(result.refusal) ? { refusal: result.refusal } : {}),
        }
    }
  }

  look = async (): Promise<void> => {
    const { rds, signal } = this.#aws
    try {
      const seen = await describeCluster(rds, this.#target.identifier, signal)
      this.#empty = 0
      // Another cluster may take the name as soon as it is free.
      this.#isReplaced =
        this.#isBeingDeleted() && seen !== undefined && seen.resourceId !== this.#target.resourceId
      this.#cluster = this.#isReplaced ? undefined : seen
    } catch (error) {
      this.#empty = hasCode(error, EMPTY_ANSWER) ? this.#empty + 1 : 0
      const isWorthAListing = this.#memory.requested && this.#empty >= EMPTY_ANSWERS && !signal.aborted
      if (!isWorthAListing || (await this.#isListed())) throw error
      this.#cluster = undefined
    }
  }

  /** Whether a complete listing shows the clone. Without a listing it may exist. */
  async #isListed(): Promise<boolean> {
    const { rds, signal } = this.#aws
    try {
      const clusters = await listClusters(rds, { includeShared: false, signal })
      return clusters.some(({ identifier }) => identifier === this.#target.identifier)
    } catch (error) {
      if (!isTransient(error)) throw error
      return true
    }
  }

  /** AWS has accepted a deletion by this run or an earlier one. */
  #isBeingDeleted(): boolean {
    return this.#memory.requested || this.#cluster?.status === 'deleting'
  }

  timedOut = ({ waitingFor, refusal }: Wait): Failure => {
    const { identifier } = this.#target
    if (refusal !== undefined) return explainAwsError(refusal)
    const limit = formatDuration(this.#order.pace.limitMs)
    return this.#isBeingDeleted()
      ? new Failure({
          title: 'Timed out',
          what: `Clone "${identifier}" was not gone within ${limit} (${waitingFor}).`,
          remedy: 'AWS continues to delete it. Nothing else is needed.',
        })
      : new Failure({
          title: 'Timed out',
          what: `Clone "${identifier}" could not be deleted within ${limit} (${waitingFor}). It keeps its tags, so that a later destroy or sweep finds it.`,
          remedy: 'Run mode destroy again when the cluster is available.',
        })
  }

  standing = (): string => {
    const { identifier } = this.#target
    return this.#isBeingDeleted()
      ? `AWS has accepted the deletion of clone "${identifier}" and continues with it.`
      : `Clone "${identifier}" stands at: ${this.#cluster === undefined ? 'gone' : `cluster ${this.#cluster.status}`}.`
  }
}

function wait(waitingFor: string): Wait {
  return { kind: 'wait', waitingFor }
}
