import {
  CreateDBInstanceCommand,
  RestoreDBClusterToPointInTimeCommand,
  type RestoreDBClusterToPointInTimeMessage,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { Failure } from '../../failure.ts'
import {
  type AwsCallError,
  hasCode,
  isDeniedToNew,
  isOutOfCapacity,
  isOverQuota,
  isTransient,
} from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { describeCluster, describeInstance, describeInstancesOf, listClusters } from '../api/describe.ts'
import {
  type ClusterSnapshot,
  type InstanceSnapshot,
  type Tags,
  clusterSnapshot,
  instanceSnapshot,
} from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import { writerIdentifier } from '../clone/identity.ts'
import { incarnationsOf } from '../clone/incarnations.ts'
import { type OwnedClone, ownershipOf } from '../clone/ownership.ts'
import { lacksTags, writeTags } from '../clone/renewal.ts'
import { isOfOtherShape } from '../clone/shape.ts'
import { findSource, isMadeFrom, mayBeShared } from '../clone/source.ts'
import { writerOf } from '../clone/writer.ts'
import { BRIEF_REST_MS, type Wait } from '../converge.ts'
import { deletionRefused } from '../gone/refusal.ts'
import { isMadeBy } from './gate.ts'
import { quotaExceeded } from './limits.ts'
import type { Listing, Making, ReadyOrder } from './order.ts'
import {
  FRESH_MEMORY,
  type Observation,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
  type ReplaceReason,
} from './plan.ts'
import { type Asked, readBack } from './read-back.ts'
import { removeUnused } from './replace.ts'
import { type RestoreDecision, decideRestore } from './restore-decision.ts'
import { writerRequest, writerTags } from './restore-request.ts'

export interface Taken {
  /** AWS's answer shows the new state, or the run must look again: at once, or after a wait. */
  readonly turn:
    { readonly kind: 'answered'; readonly observation: Observation } | { readonly kind: 'look' } | StepWait
  /** What the step adds to this run's memory. */
  readonly learned?: Partial<ReadyMemory>
}

export interface StepWait extends Wait {
  /** Another call follows within seconds, so a run that does not wait stays for it. */
  readonly isBrief?: boolean
}

const LOOK: Taken = { turn: { kind: 'look' } }

type Step = Extract<ReadyStep, { kind: 'restore' | 'create-writer' | 'start' | 'replace' }>

/** Consecutive calls that AWS did not answer, or throttled. */
const MAX_UNANSWERED = 35
/** Maximum age of a listing that decides about a restore; an older one is replaced. */
const LISTING_VALID_MS = 30_000

/**
 * The steps of the plan that change something at AWS. Before a call that uses the clone's name, the step looks again, unless it has AWS's
 * answer to this run's last call. A restore uses a listing that is at most 30 seconds old.
 */
export class ReadySteps {
  readonly #aws: AwsRun
  readonly #order: ReadyOrder
  readonly #throwIfCancelled: () => void
  #listing: Listing | undefined
  #asked: Asked | undefined

  constructor(aws: AwsRun, order: ReadyOrder, throwIfCancelled: () => void) {
    this.#aws = aws
    this.#order = order
    this.#throwIfCancelled = throwIfCancelled
    this.#listing = order.making?.listing
  }

  isFromThisSource({ source }: OwnedClone): boolean {
    const { making, identity } = this.#order
    if (making === undefined) return true
    const configured = findSource(this.#listing?.clusters ?? [], making.source, identity)
    return isMadeFrom(source, making.source, configured)
  }

  hasOtherShape(clone: OwnedClone): boolean {
    const { making } = this.#order
    return making !== undefined && isOfOtherShape(clone, making.shape)
  }

  async take(step: Step, view: ReadyView, isAnswer: boolean): Promise<Taken> {
    if (step.kind === 'restore') return await this.#restore(view)
    const ownership = view.cluster === undefined ? undefined : ownershipOf(view.cluster, view.identity)
    if (ownership?.owned !== true) return LOOK
    const { clone } = ownership
    if (step.kind === 'replace') return await this.#replace(view, clone, step)
    const isStill = async (): Promise<boolean> => isAnswer || (await this.#isStill(view, clone))
    try {
      if (step.kind === 'start') return await this.#start(clone, isStill)
      return await this.#createWriter(view, clone, isStill)
    } catch (error) {
      const later = this.#tagsLag(clone, error) ?? unansweredCall(error, view)
      if (later !== undefined) return later
      if (step.kind === 'create-writer') return await this.#writerRefused(clone, error)
      // Another client started it between our look and this call.
      if (hasCode(error, 'InvalidDBClusterStateFault')) return this.#started()
      throw error
    }
  }

  async #restore(view: ReadyView): Promise<Taken> {
    const decision = await this.#decideRestore(view)
    if (decision === undefined) return LOOK
    if (decision.kind === 'wait') return { turn: decision }
    this.#throwIfCancelled()
    const createdAtMs = this.#aws.awsNow()
    if (createdAtMs === undefined) throw noTime()
    const { memory } = view
    const request = decision.requestAt(createdAtMs)
    const restoreTimes = [...memory.restoreTimes, new Date(createdAtMs).toISOString()]
    // AWS may take it without an answer.
    this.#asked = { restore: request }
    try {
      // The SDK must not repeat this call: each try has its own time in its tags.
      const { DBCluster: answer = {} } = await this.#aws.once.send(
        new RestoreDBClusterToPointInTimeCommand(request),
      )
      this.#aws.log.info(
        `Cloning "${request.SourceDBClusterIdentifier ?? ''}" (${request.RestoreType ?? ''}) to "${view.identifier}"`,
      )
      return {
        turn: { kind: 'answered', observation: { cluster: asRequested(answer, request), instances: [] } },
        learned: {
          ...FRESH_MEMORY,
          restoreTimes,
          renewedResourceId: memory.renewedResourceId,
          removed: memory.removed,
          restores: memory.restores + 1,
          restoredAtMs: this.#aws.clock.now(),
          sawUnready: true,
        },
      }
    } catch (error) {
      // A refused try made nothing, so its time proves nothing: a concurrent run's tags may have the same time.
      const maybe = { restoreTimes, maybeRestoredAtMs: this.#aws.clock.now(), shown: false }
      return await this.#restoreRefused(decision.whyRefused(error) ?? error, view, maybe)
    }
  }

  /** `maybe`: what this run remembers if AWS may have accepted the restore. */
  async #restoreRefused(error: unknown, view: ReadyView, maybe: Partial<ReadyMemory>): Promise<Taken> {
    // Either the answer to our own try was lost, or a concurrent run made the cluster: the tags tell which.
    if (hasCode(error, 'DBClusterAlreadyExistsFault')) {
      const restoredAtMs = this.#aws.clock.now()
      return { ...LOOK, learned: { restoredAtMs, shown: false, sawUnready: true, unanswered: 0 } }
    }
    const unanswered = unansweredCall(error, view)
    if (unanswered !== undefined) return { ...unanswered, learned: { ...maybe, ...unanswered.learned } }
    const former = await this.#formerThatCounts(error)
    if (former !== undefined) return former
    // The source is busy for a moment, such as by a failover: a run that does not wait stays for that, too.
    const isBrief = hasCode(error, 'InvalidDBClusterStateFault')
    if (!isBrief && !(isOutOfCapacity(error) && this.#order.waitUntilReady)) throw this.explained(error)
    return wait(`waiting to clone: ${error.message}`, { refusal: error, isBrief })
  }

  /** Decides about a restore from a fresh listing; `undefined` if the mode may not restore. `leaving`: it counts as being deleted. */
  async #decideRestore(
    { identity, identifier, waitUntilReady }: ReadyView,
    leaving?: OwnedClone,
  ): Promise<RestoreDecision | undefined> {
    const { making } = this.#order
    if (making === undefined) return undefined
    const { atMs, clusters } = await this.#freshListing(LISTING_VALID_MS)
    const listing = {
      atMs,
      clusters: clusters.map((cluster) =>
        cluster.resourceId === leaving?.cluster.resourceId ? { ...cluster, status: 'deleting' } : cluster,
      ),
    }
    const nowMs = this.#aws.awsNow()
    const question = { ...making, identity, identifier, listing, waitUntilReady, nowMs }
    return await decideRestore(this.#aws.rds, question)
  }

  async #freshListing(maxAgeMs: number): Promise<Listing> {
    const { rds, clock, signal } = this.#aws
    const nowMs = clock.now()
    if (this.#listing !== undefined && nowMs - this.#listing.atMs <= maxAgeMs) return this.#listing
    const { source } = this.#order.making ?? {}
    const includeShared = source?.kind === 'cluster' && mayBeShared(source.name)
    this.#listing = { atMs: nowMs, clusters: await listClusters(rds, { includeShared, signal }) }
    return this.#listing
  }

  /** Says what AWS made otherwise than this run has asked for. */
  tellDifferences({ cluster }: OwnedClone, writer: InstanceSnapshot): void {
    const differences = this.#asked === undefined ? [] : readBack(this.#asked, { cluster, writer })
    for (const { input, asked, found } of differences)
      this.#aws.log.warning(
        `AWS made clone "${cluster.identifier}" otherwise than asked: ${input} is "${found}", not "${asked}".`,
      )
  }

  /** The incarnations of the clone that AWS lists now, but for those that it is to replace. */
  async incarnations(): Promise<readonly OwnedClone[]> {
    const replaced = this.#order.making?.replaces ?? 0
    return (await this.#allIncarnations()).filter(({ identity }) => identity.incarnation > replaced)
  }

  async #allIncarnations(): Promise<readonly OwnedClone[]> {
    return incarnationsOf((await this.#freshListing(0)).clusters, this.#order.identity)
  }

  /** AWS counts a cluster until it is gone, so a quota may be free again soon. */
  async #formerThatCounts(error: unknown): Promise<Taken | undefined> {
    if (!isOverQuota(error) || !this.#order.waitUntilReady) return undefined
    const former = (await this.#allIncarnations()).find(
      ({ cluster }) => clusterPhase(cluster.status) === 'deleting',
    )
    if (former === undefined) return undefined
    return wait(`waiting for the former clone "${former.cluster.identifier}" to be gone: ${error.message}`, {
      refusal: error,
    })
  }

  async #createWriter(view: ReadyView, found: OwnedClone, isStill: () => Promise<boolean>): Promise<Taken> {
    const { making } = this.#order
    const isOwn = making === undefined || isMadeBy(view.memory, found)
    const wishes = isOwn ? {} : { making: await this.#writerTags(found, making) }
    const lacks = lacksTags(found, wishes, undefined)
    if (!(await (lacks ? this.#isStill(view, found) : isStill()))) return LOOK
    const clone = lacks ? await writeTags(this.#aws, found, wishes) : found
    if (clone === undefined || (lacks && !(await this.#isStill(view, clone)))) return LOOK
    const { cluster } = clone
    const request = writerRequest(clone, making?.shape.tags)
    const { DBInstance: answer = {} } = await this.#aws.once.send(new CreateDBInstanceCommand(request))
    if (this.#asked !== undefined) this.#asked = { ...this.#asked, writer: request }
    this.#aws.log.info(
      `Creating its writer "${request.DBInstanceIdentifier ?? ''}" (${request.DBInstanceClass ?? ''})`,
    )
    return {
      turn: { kind: 'answered', observation: { cluster, instances: [instanceSnapshot(answer)] } },
      learned: { writerRequestedAtMs: this.#aws.clock.now(), unanswered: 0 },
    }
  }

  /** Another run began the clone, maybe with other inputs: its writer and the user's tags are those of this run. */
  async #writerTags(clone: OwnedClone, { source, shape }: Making): Promise<Tags> {
    const { clusters } = await this.#freshListing(LISTING_VALID_MS)
    const { cluster } = findSource(clusters, source, clone.identity) ?? {}
    const parameterGroup =
      shape.parameterGroup ??
      (cluster === undefined
        ? clone.parameterGroup
        : writerOf(cluster, await describeInstancesOf(this.#aws.rds, cluster.identifier))?.parameterGroup)
    return writerTags(clone, { ...shape, parameterGroup })
  }

  async #writerRefused({ cluster }: OwnedClone, error: unknown): Promise<Taken> {
    if (hasCode(error, 'DBInstanceAlreadyExistsFault')) {
      await this.#refuseForeignWriter(cluster, error)
      return wait('waiting for AWS to show the writer', {}, { writerRequestedAtMs: this.#aws.clock.now() })
    }
    if (hasCode(error, 'DBClusterNotFoundFault'))
      return wait('waiting for AWS to show the new cluster', { isBrief: true })
    // AWS's guide requires an available cluster; its knowledge centre says that instances queue. So a refusal is waited out.
    if (hasCode(error, 'InvalidDBClusterStateFault') && !/scaling configuration/i.test(error.message))
      return wait(
        `waiting for the cluster to take its writer (cluster ${cluster.status})`,
        {},
        { writerRefused: true },
      )
    const former = await this.#formerThatCounts(error)
    if (former !== undefined) return former
    if (isOutOfCapacity(error) && this.#order.waitUntilReady)
      return wait(`waiting for capacity: ${error.message}`, { refusal: error })
    throw this.explained(error)
  }

  /** Says what fills a quota, where a listing shows it. Other errors stay as they are. */
  explained<E>(error: E): E | Failure {
    const { making, identity } = this.#order
    if (!isOverQuota(error) || this.#listing === undefined) return error
    const { server, repositoryId } = identity
    return quotaExceeded(error, this.#listing.clusters, {
      server,
      repositoryId,
      nowMs: this.#aws.awsNow(),
      mayBeShared: making?.source.kind === 'cluster' && mayBeShared(making.source.name),
    })
  }

  async #refuseForeignWriter({ identifier }: ClusterSnapshot, cause: AwsCallError): Promise<void> {
    const instance = await describeInstance(this.#aws.rds, writerIdentifier(identifier)).catch(
      (error: unknown) => {
        if (!isTransient(error)) throw error
        return undefined
      },
    )
    if (instance === undefined || instance.clusterIdentifier === identifier) return
    throw new Failure({
      title: 'Cluster not owned',
      what: `An instance named "${instance.identifier}" exists already and belongs to "${instance.clusterIdentifier ?? 'no cluster'}", so clone "${identifier}" cannot have its writer.`,
      remedy: 'Rename or remove that instance, or choose another identifier-prefix.',
      cause,
    })
  }

  async #start({ cluster }: OwnedClone, isStill: () => Promise<boolean>): Promise<Taken> {
    if (!(await isStill())) return LOOK
    this.#aws.log.info(`Clone "${cluster.identifier}" is stopped; starting it`)
    await this.#aws.once.send(new StartDBClusterCommand({ DBClusterIdentifier: cluster.identifier }))
    return this.#started()
  }

  #started(): Taken {
    return wait('waiting for the clone to start', {}, { startedAtMs: this.#aws.clock.now() })
  }

  /** Removes a clone that nobody can have used. The next turn makes another beside it. */
  async #replace(
    view: ReadyView,
    clone: OwnedClone,
    { reason, detail }: Extract<Step, { kind: 'replace' }>,
  ): Promise<Taken> {
    const { identifier, resourceId } = clone.cluster
    // Throws if no other clone can be made.
    await this.#decideRestore(view, clone)
    this.#throwIfCancelled()
    const why = REPLACED[reason].replace('DETAIL', detail)
    const result = await removeUnused(this.#aws, clone, { pace: this.#order.pace, reason })
    if (result.kind === 'gone' || result.kind === 'deleting') {
      this.#aws.log.warning(`Clone "${identifier}" ${why}; it was removed and is made anew.`)
      return {
        turn: { kind: 'answered', observation: view },
        learned: { removed: [...view.memory.removed, resourceId] },
      }
    }
    if (reason === 'other-inputs') return { ...LOOK, learned: { keptResourceId: resourceId } }
    if (result.kind === 'refused') throw deletionRefused(identifier, result.verdict)
    return wait('no longer failed; checking again', { isBrief: true })
  }

  /** Looks once more, since the call uses only the name: it must belong to the same clone in the same state. */
  async #isStill({ identity }: ReadyView, { cluster }: OwnedClone): Promise<boolean> {
    const { rds, signal } = this.#aws
    const seen = await describeCluster(rds, cluster.identifier, signal)
    this.#throwIfCancelled()
    return (
      seen?.resourceId === cluster.resourceId &&
      ownershipOf(seen, identity).owned &&
      clusterPhase(seen.status) === clusterPhase(cluster.status)
    )
  }

  /** The role's policy may use the clone's tags, which AWS may not see yet. */
  #tagsLag({ createdAtMs }: OwnedClone, error: unknown): Taken | undefined {
    return isDeniedToNew(error, { createdAtMs, nowMs: timeAtAws(this.#aws) })
      ? retrySoon("waiting for AWS to apply the tags of the new clone to the role's policy", error)
      : undefined
  }
}

const REPLACED: Readonly<Record<ReplaceReason, string>> = {
  failed: 'failed before it was ever ready (DETAIL)',
  'other-inputs': 'was begun with other inputs and never had an instance',
  'half-prepared': 'was left half prepared by a run that has ended',
}

function wait(
  waitingFor: string,
  how: Omit<StepWait, 'kind' | 'waitingFor'> = {},
  learned: Partial<ReadyMemory> = {},
): Taken {
  return { turn: { kind: 'wait', waitingFor, ...how }, learned: { unanswered: 0, ...learned } }
}

/** The SDK does not repeat these calls: each needs its own look, or its own time. */
function unansweredCall(error: unknown, { memory }: ReadyView): Taken | undefined {
  if (!isTransient(error)) return undefined
  // A failed look before the call does not count.
  const unanswered = memory.unanswered + (error.operation.startsWith('Describe') ? 0 : 1)
  if (unanswered >= MAX_UNANSWERED) return undefined
  return retrySoon(`waiting for AWS: ${error.message}`, error, unanswered)
}

function retrySoon(waitingFor: string, refusal: AwsCallError, unanswered = 0): Taken {
  return wait(waitingFor, { refusal, isBrief: true, restMs: BRIEF_REST_MS }, { unanswered })
}

/** A clone without a time has no known age, so it would never be removed. */
function noTime(): Failure {
  return new Failure({
    title: 'AWS not reachable',
    what: "AWS's answers have no Date header, so its time is unknown. A proxy may remove that header. Nothing was created.",
    remedy: 'Let the proxy between the runner and AWS pass the Date header, then run again.',
  })
}

/** The answer to our restore with the request's tags, which some servers do not repeat. */
function asRequested(
  answer: Parameters<typeof clusterSnapshot>[0],
  { DBClusterIdentifier, Tags: TagList }: RestoreDBClusterToPointInTimeMessage,
): ClusterSnapshot {
  return clusterSnapshot({ ...answer, DBClusterIdentifier, TagList })
}
