import {
  CreateDBInstanceCommand,
  RestoreDBClusterToPointInTimeCommand,
  type RestoreDBClusterToPointInTimeMessage,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import type { Demand, UnwantedReason } from '../demand.ts'
import { formatDuration } from '../duration.ts'
import { Cancelled, Failure, failureKind } from '../failure.ts'
import {
  type AwsRun,
  FRESH_DEMAND_MS,
  type Observation,
  type Pace,
  type RestoreDecision,
  mayBeHidden,
} from './aws-run.ts'
import { AwsCallError, hasCode, isCapacity, isDeniedToNew, isPassing } from './aws-call.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'
import { explainAwsError } from './explain.ts'
import { type CloneIdentity, writerIdentifier } from './identity.ts'
import { ownershipOf } from './ownership.ts'
import { describeCluster, describeInstance, describeInstancesOf } from './observe.ts'
import {
  FRESH_MEMORY,
  type ReadyFailure,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
  isReplaceable,
  planReady,
  remember,
  standing,
  writerOf,
} from './plan-ready.ts'
import { pollDelayMs } from './poll-delay.ts'
import { writerRequest } from './restore-request.ts'
import { type ClusterSnapshot, type InstanceSnapshot, clusterSnapshot, instanceSnapshot } from './snapshot.ts'
import { standingLog } from './standing-log.ts'
import { clusterPhase } from './statuses.ts'
import { TAG } from './tags.ts'

export interface ReadyGoal {
  readonly identifier: string
  readonly identity: CloneIdentity
  /** The cluster as the listing showed it. */
  readonly found: ClusterSnapshot | undefined
  readonly isFromThisSource: (cluster: ClusterSnapshot) => boolean
  /** It was ordered with other inputs than this run has. */
  readonly hasOtherShape: (cluster: ClusterSnapshot) => boolean
  /** Decides about a restore with fresh eyes, and throws what makes it impossible; absent where the mode may not restore. */
  readonly decideRestore: (() => Promise<RestoreDecision>) | undefined
  /** Says by its tags that a clone is wanted, before this run waits for it; gives the cluster with them, unless it is gone. */
  readonly claim: (cluster: ClusterSnapshot) => Promise<ClusterSnapshot | undefined>
  /** Removes a clone that failed before it was ever ready; `false`: it was not to be removed any more. */
  readonly removeFailed: (cluster: ClusterSnapshot) => Promise<boolean>
  /** Removes a clone that was begun with other inputs; `false`: it has an instance, is held or protected. */
  readonly removeBegun: (cluster: ClusterSnapshot) => Promise<boolean>
  /** The live pull request, from a look that is at most `maxAgeMs` old. */
  readonly demand: (maxAgeMs: number) => Promise<Demand>
  readonly refuseUnknownDemand: (because: string) => Failure
  readonly explainFailure: (
    why: ReadyFailure,
    detail: string,
    cluster: ClusterSnapshot | undefined,
  ) => Failure
  /** Called with every look that shows the clone. */
  readonly announce: (cluster: ClusterSnapshot, writer: InstanceSnapshot | undefined) => void
  /** Stay until it is ready; otherwise only until nothing more can be sent. */
  readonly waitUntilReady: boolean
  readonly pace: Pace
}

export type ReadyResult =
  | {
      readonly kind: 'ready'
      readonly cluster: ClusterSnapshot
      readonly writer: InstanceSnapshot
      /** This run made it. */
      readonly created: boolean
    }
  | { readonly kind: 'creating'; readonly cluster: ClusterSnapshot; readonly created: boolean }
  | {
      readonly kind: 'unwanted'
      readonly because: UnwantedReason
      readonly cluster: ClusterSnapshot | undefined
      /** AWS has shown it, in more than its answer to our own call. */
      readonly wasShown: boolean
    }

type Mutation = Extract<ReadyStep, { kind: 'restore' | 'create-writer' | 'start' | 'remove' }>

interface Pause {
  readonly kind: 'pause'
  readonly status: string
  readonly error?: AwsCallError
  /** There is still something to send, seconds from now: a run that does not wait stays for that too. */
  readonly isBrief?: boolean
  /** How long, where that is not the poll interval. */
  readonly restMs?: number
}

/** What came of one call: AWS's answer shows the new state, or a new look is due, at once or after a pause. */
type Acted =
  { readonly kind: 'answered'; readonly observation: Observation } | { readonly kind: 'look' } | Pause

const WAITING_DEMAND_MS = 60_000
/** Before a call is sent again that AWS may take in a moment. */
const BRIEF_REST_MS = 2_000
/** Calls in a row that AWS did not answer, or throttled. */
const MAX_UNANSWERED = 6
/** Between the look that found the clone ready and the one that confirms it: statuses flap (seen in ACK's end-to-end tests). */
const CONFIRM_AFTER_MS = 500

/**
 * Brings one clone to ready: look at AWS, ask the plan for the next step, do that one step, look again, until settled, out of
 * time or cancelled. It starts from what is there, so it does not matter where an earlier run stopped.
 */
export async function convergeReady(aws: AwsRun, goal: ReadyGoal): Promise<ReadyResult> {
  return await new ReadyRun(aws, goal).settle()
}

class ReadyRun {
  readonly #aws: AwsRun
  readonly #goal: ReadyGoal
  readonly #say: (status: string) => void
  #memory: ReadyMemory = FRESH_MEMORY
  #now: Observation = { cluster: undefined, instances: [] }
  /** Resource id of the clone that has been claimed. */
  #claimed: string | undefined
  /** What is known comes from AWS's answer to the call that this run has just made. */
  #isAnswer = false
  /** The times in the tags of the restores that this run has sent. */
  readonly #createdAt = new Set<string>()
  #unanswered = 0

  constructor(aws: AwsRun, goal: ReadyGoal) {
    this.#aws = aws
    this.#goal = goal
    this.#say = standingLog({ log: aws.log, clock: aws.clock, ...goal.pace })
  }

  async settle(): Promise<ReadyResult> {
    this.#see(await this.#firstLook())
    for (;;) {
      const step = this.#plan()
      const unwanted = await this.#stopIfUnwanted(step)
      if (unwanted !== undefined) {
        if (!this.#isHidden()) return unwanted
        await this.#lookAgain()
        if (this.#isHidden())
          await this.#pause({ kind: 'pause', status: 'waiting for AWS to show the clone, to remove it' })
        continue
      }
      if (step.kind === 'fail') throw this.#goal.explainFailure(step.why, step.detail, this.#now.cluster)
      const { cluster, instances } = this.#now
      const writer = cluster === undefined ? undefined : writerOf(cluster, instances)
      if (step.kind === 'settled' && cluster !== undefined && writer !== undefined)
        return { kind: 'ready', cluster, writer, created: this.#hasMade(cluster) }

      if (!(await this.#claimBefore(step))) {
        await this.#pause({
          kind: 'pause',
          status: 'the clone is going; looking again',
          restMs: BRIEF_REST_MS,
        })
        await this.#lookAgain()
        continue
      }
      const acted = await this.#act(step)
      if (acted.kind === 'answered') {
        this.#see(acted.observation)
        this.#isAnswer = true
        continue
      }
      if (acted.kind === 'pause') {
        const isDone =
          !this.#goal.waitUntilReady &&
          acted.isBrief !== true &&
          cluster !== undefined &&
          isUnderWay(cluster, writer)
        if (!isDone) await this.#pause(acted)
        else if (await this.#isWantedSinceRestore())
          return { kind: 'creating', cluster, created: this.#hasMade(cluster) }
      }
      await this.#lookAgain()
    }
  }

  async #lookAgain(): Promise<void> {
    this.#isAnswer = false
    const seen = await this.#look()
    if (seen === undefined) return
    this.#memory = { ...this.#memory, shown: this.#memory.shown || seen.cluster !== undefined }
    this.#see(seen)
  }

  /** AWS accepted our restore but does not show the cluster yet: until it does, it can be neither found nor removed. */
  #isHidden(): boolean {
    const { restoredAtMs, shown } = this.#memory
    return !shown && mayBeHidden(restoredAtMs, this.#aws.clock.now())
  }

  #see(observation: Observation): void {
    this.#now = observation
    this.#memory = remember(this.#memory, observation, this.#aws.clock.now())
  }

  #plan(): ReadyStep {
    const { cluster, instances } = this.#now
    if (cluster !== undefined) this.#goal.announce(cluster, writerOf(cluster, instances))
    return planReady(this.#view())
  }

  #view(): ReadyView {
    const { cluster, instances } = this.#now
    return {
      cluster,
      instances,
      identity: this.#goal.identity,
      fromThisSource: cluster === undefined || this.#goal.isFromThisSource(cluster),
      hasOtherShape: cluster !== undefined && this.#goal.hasOtherShape(cluster),
      mayRestore: this.#goal.decideRestore !== undefined,
      memory: this.#memory,
      nowMs: this.#aws.clock.now(),
      awsNowMs: this.#aws.awsNow(),
    }
  }

  #hasMade({ tags = {} }: ClusterSnapshot): boolean {
    return this.#createdAt.has(tags[TAG.createdAt] ?? '')
  }

  /** The live pull request has the last word before every call that changes something, every minute, and when done. */
  async #stopIfUnwanted(step: ReadyStep): Promise<ReadyResult | undefined> {
    this.#throwIfCancelled()
    const waits = step.kind === 'wait' || step.kind === 'look-again'
    const demand = await this.#goal.demand(waits ? WAITING_DEMAND_MS : FRESH_DEMAND_MS)
    if (demand.kind === 'unwanted')
      return {
        kind: 'unwanted',
        because: demand.because,
        cluster: this.#now.cluster,
        wasShown: this.#memory.shown || this.#goal.found !== undefined,
      }
    const changes = !waits && step.kind !== 'settled' && step.kind !== 'fail'
    if (demand.kind === 'unknown' && changes) throw this.#goal.refuseUnknownDemand(demand.because)
    // That look took time too.
    this.#throwIfCancelled()
    return undefined
  }

  /** A sweep beside this run goes by the tags, not by what this run has in mind. `false`: the clone is going, as it turned out. */
  async #claimBefore(step: ReadyStep): Promise<boolean> {
    const { cluster } = this.#now
    const isToStay = ['start', 'create-writer', 'wait'].includes(step.kind)
    if (cluster === undefined || !isToStay || clusterPhase(cluster.status) === 'deleting') return true
    // One that this run has just asked for has its whole life before it.
    if (!this.#goal.waitUntilReady || this.#claimed === cluster.resourceId || this.#hasMade(cluster))
      return true
    // AWS may show what this run has removed as it was for a while.
    if (this.#memory.removedResourceId === cluster.resourceId) return true
    if ((await this.#goal.demand(WAITING_DEMAND_MS)).kind !== 'wanted') return true
    try {
      const claimed = await this.#goal.claim(cluster)
      if (claimed === undefined || clusterPhase(claimed.status) === 'deleting') return false
      this.#now = { ...this.#now, cluster: claimed }
      this.#claimed = cluster.resourceId
    } catch (error) {
      // Gone meanwhile, or written after the next look: AddTagsToResource has this fault in its list (RDS API).
      if (!isPassing(error) && !hasCode(error, 'DBClusterNotFoundFault', 'InvalidDBClusterStateFault'))
        throw error
    }
    return true
  }

  async #act(step: ReadyStep): Promise<Acted> {
    switch (step.kind) {
      case 'wait':
        return { kind: 'pause', status: step.status }
      case 'look-again':
        return { kind: 'pause', status: 'ready, confirming', restMs: CONFIRM_AFTER_MS }
      case 'restore':
      case 'create-writer':
      case 'start':
      case 'remove':
        return await this.#mutate(step)
      case 'settled':
      case 'fail':
        throw new Error(`${step.kind} is an end, not a step to take`)
    }
  }

  async #mutate(step: Mutation): Promise<Acted> {
    const { cluster } = this.#now
    if (step.kind === 'restore') return await this.#restore()
    if (cluster === undefined) return { kind: 'look' }
    if (step.kind === 'create-writer') return await this.#createWriter(cluster)
    if (step.kind === 'start') return await this.#start(cluster)
    this.#aws.log.warning(
      `Clone "${cluster.identifier}" failed before it was ever ready (${step.because}); it is removed and made again.`,
    )
    const removed = await this.#goal.removeFailed(cluster)
    if (!removed) return { kind: 'pause', status: 'no longer failed; looking again', isBrief: true }
    this.#memory = { ...this.#memory, removedResourceId: cluster.resourceId }
    return { kind: 'look' }
  }

  async #restore(): Promise<Acted> {
    const decision = await this.#goal.decideRestore?.()
    if (decision === undefined) return { kind: 'look' }
    if (decision.kind === 'wait') return { kind: 'pause', status: decision.status }
    this.#throwIfCancelled()
    const createdAtMs = this.#aws.awsNow()
    if (createdAtMs === undefined) throw noTime()
    const request = decision.requestAt(createdAtMs)
    const createdAt = new Date(createdAtMs).toISOString()
    this.#createdAt.add(createdAt)
    try {
      // Not repeated by the SDK: each try has its own time in its tags.
      const { DBCluster: answer = {} } = await this.#counted(() =>
        this.#aws.once.send(new RestoreDBClusterToPointInTimeCommand(request)),
      )
      this.#aws.log.info(
        `Cloning "${request.SourceDBClusterIdentifier ?? ''}" (${request.RestoreType ?? ''}) to "${this.#goal.identifier}"`,
      )
      this.#memory = {
        ...FRESH_MEMORY,
        removedResourceId: this.#memory.removedResourceId,
        restores: this.#memory.restores + 1,
        restoredAtMs: this.#aws.clock.now(),
        sawUnready: true,
      }
      return { kind: 'answered', observation: { cluster: asRequested(answer, request), instances: [] } }
    } catch (error) {
      // A refusal says that this try made nothing: a run beside this one may have the very same time in its tags.
      if (!isPassing(error)) this.#createdAt.delete(createdAt)
      return this.#restoreRefused(error)
    }
  }

  #restoreRefused(error: unknown): Acted {
    // Our own try whose answer was lost, or a run beside this one: whose it is, its tags tell.
    if (hasCode(error, 'DBClusterAlreadyExistsFault')) {
      this.#memory = {
        ...this.#memory,
        restoredAtMs: this.#aws.clock.now(),
        shown: false,
        sawUnready: true,
      }
      return { kind: 'look' }
    }
    const unanswered = this.#unansweredCall(error)
    if (unanswered !== undefined) return unanswered
    const later = isCapacity(error) || hasCode(error, 'InvalidDBClusterStateFault')
    if (later && this.#goal.waitUntilReady)
      return { kind: 'pause', status: `waiting to restore: ${error.message}`, error }
    throw error
  }

  async #createWriter(cluster: ClusterSnapshot): Promise<Acted> {
    try {
      const request = writerRequest(cluster)
      if (!(await this.#isStill(cluster))) return { kind: 'look' }
      const { DBInstance: answer = {} } = await this.#counted(() =>
        this.#aws.once.send(new CreateDBInstanceCommand(request)),
      )
      this.#aws.log.info(
        `Creating its writer "${request.DBInstanceIdentifier ?? ''}" (${request.DBInstanceClass ?? ''})`,
      )
      this.#memory = { ...this.#memory, writerRequestedAtMs: this.#aws.clock.now() }
      return { kind: 'answered', observation: { cluster, instances: [instanceSnapshot(answer)] } }
    } catch (error) {
      if (hasCode(error, 'DBInstanceAlreadyExistsFault')) {
        await this.#refuseForeignWriter(cluster, error)
        this.#memory = { ...this.#memory, writerRequestedAtMs: this.#aws.clock.now() }
        return { kind: 'pause', status: 'waiting for AWS to show the writer' }
      }
      if (hasCode(error, 'DBClusterNotFoundFault'))
        return { kind: 'pause', status: 'waiting for AWS to show the new cluster', isBrief: true }
      // AWS's guide says that instances come after the cluster is available; its knowledge centre, that they are queued.
      // Refused means the former.
      if (hasCode(error, 'InvalidDBClusterStateFault') && !/scaling configuration/i.test(error.message)) {
        this.#memory = { ...this.#memory, writerRefused: true }
        return {
          kind: 'pause',
          status: `waiting for the cluster to take its writer (cluster ${cluster.status})`,
        }
      }
      const later = this.#tagsLag(cluster, error) ?? this.#unansweredCall(error)
      if (later !== undefined) return later
      if (await this.#replaced(cluster, error)) return { kind: 'look' }
      if (isCapacity(error) && this.#goal.waitUntilReady)
        return { kind: 'pause', status: `waiting for capacity: ${error.message}`, error }
      throw error
    }
  }

  async #counted<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await send()
      this.#unanswered = 0
      return answer
    } catch (error) {
      this.#unanswered = isPassing(error) ? this.#unanswered + 1 : 0
      throw error
    }
  }

  /** The SDK does not repeat the calls of this run: each follows a look, or the time, of its own. */
  #unansweredCall(error: unknown): Pause | undefined {
    return isPassing(error) && this.#unanswered < MAX_UNANSWERED
      ? {
          kind: 'pause',
          status: `waiting for AWS: ${error.message}`,
          error,
          isBrief: true,
          restMs: BRIEF_REST_MS,
        }
      : undefined
  }

  /**
   * Whether a call that goes by the clone's name may be sent at once: AWS has just shown it in the answer to our restore, or shows in
   * one more look that the name is still that of the same clone, in the same state. Otherwise all of it is looked at again.
   */
  async #isStill(cluster: ClusterSnapshot): Promise<boolean> {
    if (this.#isAnswer) return true
    const { rds, signal } = this.#aws
    const seen = await describeCluster(rds, cluster.identifier, signal)
    this.#throwIfCancelled()
    return (
      seen?.resourceId === cluster.resourceId &&
      ownershipOf(seen, this.#goal.identity).owned &&
      clusterPhase(seen.status) === clusterPhase(cluster.status)
    )
  }

  /** The role's policy goes by the tags of the clone, which AWS may not see yet. */
  #tagsLag(cluster: ClusterSnapshot, error: unknown): Pause | undefined {
    const ownership = ownershipOf(cluster)
    const nowMs = this.#aws.awsNow() ?? UNKNOWN_TIME_MS
    if (!ownership.owned || !isDeniedToNew(error, { createdAtMs: ownership.createdAtMs, nowMs }))
      return undefined
    return {
      kind: 'pause',
      status: 'waiting for AWS to let the role at the new clone',
      error,
      isBrief: true,
      restMs: BRIEF_REST_MS,
    }
  }

  /** AWS refuses the writer as the clone was begun, and this run asks for another: then the clone is begun anew. */
  async #replaced(cluster: ClusterSnapshot, refusal: unknown): Promise<boolean> {
    if (
      !(refusal instanceof AwsCallError) ||
      failureKind(explainAwsError(refusal).title).isCorrectable !== true
    )
      return false
    if (!isReplaceable(this.#view())) return false
    // Not before it is known that a new one can be made.
    const decision = await this.#goal.decideRestore?.().catch(() => undefined)
    if (decision?.kind !== 'restore') return false
    this.#throwIfCancelled()
    this.#aws.log.warning(
      `Clone "${cluster.identifier}" was begun with other inputs, and AWS refuses its writer; it is removed and made again.`,
    )
    if (!(await this.#goal.removeBegun(cluster))) return false
    this.#memory = { ...this.#memory, removedResourceId: cluster.resourceId }
    return true
  }

  async #refuseForeignWriter(cluster: ClusterSnapshot, cause: AwsCallError): Promise<void> {
    const instance = await describeInstance(this.#aws.rds, writerIdentifier(cluster.identifier))
    if (instance === undefined || instance.clusterIdentifier === cluster.identifier) return
    throw new Failure({
      title: 'Cluster not owned',
      what: `An instance named "${instance.identifier}" exists already and belongs to "${instance.clusterIdentifier ?? 'no cluster'}", so clone "${cluster.identifier}" cannot have its writer.`,
      remedy: 'Rename or remove that instance, or choose another identifier-prefix.',
      cause,
    })
  }

  async #start(cluster: ClusterSnapshot): Promise<Acted> {
    try {
      if (!(await this.#isStill(cluster))) return { kind: 'look' }
      this.#aws.log.info(`Clone "${cluster.identifier}" is stopped; starting it`)
      const command = new StartDBClusterCommand({ DBClusterIdentifier: cluster.identifier })
      await this.#counted(() => this.#aws.once.send(command))
    } catch (error) {
      const later = this.#tagsLag(cluster, error) ?? this.#unansweredCall(error)
      if (later !== undefined) return later
      // Started by somebody else between our look and this call.
      if (!hasCode(error, 'InvalidDBClusterStateFault')) throw error
    }
    this.#memory = { ...this.#memory, startedAtMs: this.#aws.clock.now() }
    return { kind: 'pause', status: 'waiting for the clone to start' }
  }

  /** A destroy that ran before our restore was accepted saw nothing to remove: a look from then does not count. */
  async #isWantedSinceRestore(): Promise<boolean> {
    const { restoredAtMs } = this.#memory
    const maxAgeMs = restoredAtMs === undefined ? WAITING_DEMAND_MS : this.#aws.clock.now() - restoredAtMs
    return (await this.#goal.demand(maxAgeMs)).kind !== 'unwanted'
  }

  async #firstLook(): Promise<Observation> {
    const { found } = this.#goal
    if (found === undefined) return { cluster: undefined, instances: [] }
    return { cluster: found, instances: await describeInstancesOf(this.#aws.rds, found.identifier) }
  }

  /** `undefined`: AWS did not answer this time, and what was seen before is no second look. */
  async #look(): Promise<Observation | undefined> {
    const { rds, signal, log } = this.#aws
    const { identifier } = this.#goal
    try {
      const [cluster, instances] = await Promise.all([
        describeCluster(rds, identifier, signal),
        describeInstancesOf(rds, identifier, signal),
      ])
      return { cluster, instances }
    } catch (error) {
      this.#throwIfCancelled()
      if (!isPassing(error)) throw error
      log.warning(`AWS did not answer this time (${error.operation}: ${error.message}); asking again.`)
      return undefined
    }
  }

  async #pause(acted: Pause): Promise<void> {
    const { clock, signal } = this.#aws
    const { pace } = this.#goal
    this.#say(acted.status)
    const leftMs = pace.startedAtMs + pace.limitMs - clock.now()
    if (leftMs <= 0) throw this.#timedOut(acted)
    await clock.sleep(Math.min(acted.restMs ?? pollDelayMs(pace.pollIntervalMs), leftMs), signal)
    this.#throwIfCancelled()
  }

  #timedOut({ status, error }: Pause): Failure {
    if (error !== undefined) return explainAwsError(error)
    const limit = formatDuration(this.#goal.pace.limitMs)
    return new Failure({
      title: 'Timed out',
      what: `Clone "${this.#goal.identifier}" was not ready within ${limit} (${status}).`,
      remedy:
        this.#now.cluster === undefined
          ? 'Run again, with a longer wait-timeout if need be.'
          : 'AWS goes on with it: run the job again, which waits on, with a longer wait-timeout if need be.',
    })
  }

  #throwIfCancelled(): void {
    if (!this.#aws.signal.aborted) return
    const { cluster, instances } = this.#now
    throw new Cancelled(
      cluster === undefined
        ? this.#memory.restoredAtMs === undefined
          ? `Clone "${this.#goal.identifier}" does not exist yet.`
          : `Clone "${this.#goal.identifier}" was asked for; AWS does not show it yet.`
        : `Clone "${cluster.identifier}" stands at: ${standing(cluster, writerOf(cluster, instances))}.`,
    )
  }
}

/** Everything that can be sent has been: AWS finishes by itself. Not so while a former cluster or writer blocks the name. */
function isUnderWay(cluster: ClusterSnapshot, writer: InstanceSnapshot | undefined): boolean {
  return clusterPhase(cluster.status) !== 'deleting' && writer?.status !== 'deleting'
}

/** A clone whose age no one can tell would never be removed. */
function noTime(): Failure {
  return new Failure({
    title: 'AWS not reachable',
    what: 'AWS did not say what time it is there: its answers have no Date header, which a proxy may take out. Nothing was created.',
    remedy: 'Let the proxy between the runner and AWS pass the Date header on, then run again.',
  })
}

/** The answer to our own restore, with the tags that went into the request: not every server repeats them. */
function asRequested(
  answer: Parameters<typeof clusterSnapshot>[0],
  request: RestoreDBClusterToPointInTimeMessage,
): ClusterSnapshot {
  return clusterSnapshot({
    ...answer,
    DBClusterIdentifier: request.DBClusterIdentifier,
    TagList: request.Tags,
  })
}
