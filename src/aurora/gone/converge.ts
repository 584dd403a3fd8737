import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import { EMPTY_ANSWER, hasCode, isPassing } from './aws-call.ts'
import type { AwsRun, Pace } from './aws-run.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'
import { type AskIfUnwanted, type DeletionResult, deleteClone } from './delete-clone.ts'
import type { CloneIdentity } from './identity.ts'
import { describeCluster, listClusters } from './observe.ts'
import { type DeletionRefusal, type DeletionTarget, judgeDeletion } from './ownership.ts'
import { type GoneMemory, planGone } from './plan-gone.ts'
import { pollDelayMs } from './poll-delay.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { standingLog } from './standing-log.ts'

export interface GoneGoal {
  /** The cluster as the caller saw it last, and decided about. */
  readonly found: ClusterSnapshot
  readonly identity: CloneIdentity
  /** The configured source cluster, where one is known. */
  readonly source: string | undefined
  readonly askIfUnwanted: AskIfUnwanted
  /** AWS has accepted the deletion already; it may show the clone as before for a while. */
  readonly isRequested: boolean
  readonly waitUntilGone: boolean
  readonly pace: Pace
}

export type GoneResult =
  /** `isReplaced`: another cluster has its name now. */
  | { readonly kind: 'gone'; readonly isReplaced: boolean }
  | { readonly kind: 'deleting' }
  /** It is wanted again. Nothing was done, unless it is half deleted: then AWS is deleting its instances. */
  | { readonly kind: 'wanted'; readonly isHalf: boolean }
  | { readonly kind: 'refused'; readonly verdict: DeletionRefusal; readonly isHalf: boolean }

/** Brings one clone to gone, with the same loop as convergeReady. The deletion itself, and its guard, are in delete-clone.ts. */
export async function convergeGone(aws: AwsRun, goal: GoneGoal): Promise<GoneResult> {
  return await new GoneRun(aws, goal).settle()
}

/** So many empty answers in a row, after AWS accepted the deletion, are worth a listing (CloudFormation's handler meets them). */
const EMPTY_ANSWERS = 3

class GoneRun {
  readonly #aws: AwsRun
  readonly #goal: GoneGoal
  readonly #target: DeletionTarget
  readonly #say: (status: string) => void
  #memory: GoneMemory
  #isReplaced = false
  #cluster: ClusterSnapshot | undefined
  #isHalf = false
  /** Answers in a row that named no cluster. */
  #empty = 0

  constructor(aws: AwsRun, goal: GoneGoal) {
    this.#aws = aws
    this.#goal = goal
    const { found, identity, source, pace } = goal
    this.#target = { identifier: found.identifier, resourceId: found.resourceId, identity, source }
    this.#cluster = found
    this.#memory = { requested: goal.isRequested, startedAtMs: undefined }
    this.#say = standingLog({ log: aws.log, clock: aws.clock, ...pace })
  }

  async settle(): Promise<GoneResult> {
    for (;;) {
      const step = this.#plan()
      if (step.kind === 'settled')
        return step.how === 'gone' ? { kind: 'gone', isReplaced: this.#isReplaced } : { kind: 'deleting' }
      if (step.kind === 'refuse') return { kind: 'refused', verdict: step.verdict, isHalf: this.#isHalf }
      let status: string
      if (step.kind === 'wait') status = step.status
      else {
        this.#throwIfCancelled()
        const result = await this.#delete()
        if (typeof result !== 'string') return result
        status = result
      }
      await this.#pause(status)
      await this.#look()
    }
  }

  #plan() {
    const { clock, awsNow } = this.#aws
    const cluster = this.#cluster
    return planGone({
      cluster,
      verdict:
        cluster === undefined ? undefined : judgeDeletion(cluster, this.#target, awsNow() ?? UNKNOWN_TIME_MS),
      memory: this.#memory,
      waitUntilGone: this.#goal.waitUntilGone,
      nowMs: clock.now(),
    })
  }

  /** The end of it, or what is waited for. */
  async #delete(): Promise<GoneResult | string> {
    const { pace, askIfUnwanted } = this.#goal
    const result: DeletionResult = await deleteClone(this.#aws, {
      target: this.#target,
      askIfUnwanted,
      deadlineMs: pace.startedAtMs + pace.limitMs,
    })
    switch (result.kind) {
      case 'gone':
        return result
      case 'refused':
      case 'wanted':
        return { ...result, isHalf: result.isHalf || this.#isHalf }
      case 'starting':
        this.#memory = { ...this.#memory, startedAtMs: this.#aws.clock.now() }
        return 'waiting for the clone to start'
      case 'requested':
        this.#aws.log.info(`Deleting "${this.#target.identifier}"`)
        this.#memory = { ...this.#memory, requested: true }
        return this.#goal.waitUntilGone ? 'waiting for AWS to finish the deletion' : { kind: 'deleting' }
      case 'not-yet':
        this.#isHalf ||= result.hasBegun
        return `waiting for the clone to be deletable: ${result.because}`
    }
  }

  async #pause(status: string): Promise<void> {
    const { clock, signal } = this.#aws
    const { pace } = this.#goal
    this.#say(`${this.#target.identifier}: ${status}`)
    const leftMs = pace.startedAtMs + pace.limitMs - clock.now()
    if (leftMs <= 0) throw this.#timedOut(status)
    await clock.sleep(Math.min(pollDelayMs(pace.pollIntervalMs), leftMs), signal)
    this.#throwIfCancelled()
  }

  async #look(): Promise<void> {
    const { rds, signal, log } = this.#aws
    try {
      const seen = await describeCluster(rds, this.#target.identifier, signal)
      this.#empty = 0
      // The name may be taken again the moment it is free: that is not the one that was deleted.
      this.#isReplaced = this.#isGoing() && seen !== undefined && seen.resourceId !== this.#target.resourceId
      this.#cluster = this.#isReplaced ? undefined : seen
    } catch (error) {
      this.#throwIfCancelled()
      if (!isPassing(error)) throw error
      this.#empty = hasCode(error, EMPTY_ANSWER) ? this.#empty + 1 : 0
      if (this.#memory.requested && this.#empty >= EMPTY_ANSWERS && !(await this.#isListed()))
        this.#cluster = undefined
      else log.warning(`AWS did not answer this time (${error.operation}: ${error.message}); asking again.`)
    }
  }

  /** In a complete listing, or maybe: without one, who knows. */
  async #isListed(): Promise<boolean> {
    const { rds, signal } = this.#aws
    try {
      const clusters = await listClusters(rds, { includeShared: false, signal })
      return clusters.some(({ identifier }) => identifier === this.#target.identifier)
    } catch (error) {
      if (!isPassing(error)) throw error
      return true
    }
  }

  /** AWS has accepted the deletion, of this run or of an earlier one. */
  #isGoing(): boolean {
    return this.#memory.requested || this.#cluster?.status === 'deleting'
  }

  #timedOut(status: string): Failure {
    const { identifier } = this.#target
    const limit = formatDuration(this.#goal.pace.limitMs)
    return this.#isGoing()
      ? new Failure({
          title: 'Timed out',
          what: `Clone "${identifier}" was not gone within ${limit} (${status}).`,
          remedy: 'AWS goes on deleting it; nothing else is needed.',
        })
      : new Failure({
          title: 'Timed out',
          what: `Clone "${identifier}" could not be deleted within ${limit} (${status}). It keeps its tags, so that a later destroy or sweep finds it.`,
          remedy: 'Run mode destroy again when the cluster is available.',
        })
  }

  #throwIfCancelled(): void {
    if (!this.#aws.signal.aborted) return
    const { identifier } = this.#target
    throw new Cancelled(
      this.#isGoing()
        ? `AWS has accepted the deletion of clone "${identifier}" and goes on with it.`
        : `Clone "${identifier}" stands at: ${this.#cluster === undefined ? 'gone' : `cluster ${this.#cluster.status}`}.`,
    )
  }
}
