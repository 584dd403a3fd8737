import { type UnwantedReason, unreadablePullRequest } from '../../demand.ts'
import { formatDuration } from '../../duration.ts'
import { Failure, messageOf } from '../../failure.ts'
import { hasCode, isTransient } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { describeCluster, describeInstancesOf } from '../api/describe.ts'
import { asFailure } from '../api/explain.ts'
import type { InstanceSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import { type CloneIdentity, cloneIdentifier } from '../clone/identity.ts'
import { leadingIncarnations, nextIncarnation } from '../clone/incarnations.ts'
import { type OwnedClone, ownershipOf } from '../clone/ownership.ts'
import { FEW_TRIES, lacksTags, writeHold, writeTags } from '../clone/renewal.ts'
import { standing, writerOf } from '../clone/writer.ts'
import {
  BRIEF_REST_MS,
  type Reconciler,
  type Turn,
  type Wait,
  converge,
  done,
  throwIfCancelled,
} from '../converge.ts'
import { explainReadyFailure } from './failure.ts'
import { demandAgeMs, gateOf, isMadeBy, isUnderWay, leavingDemandAgeMs } from './gate.ts'
import { type ReadyOrder, wishesOf } from './order.ts'
import {
  FRESH_MEMORY,
  type Observation,
  type ReadyFailure,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
  planReady,
  remember,
} from './plan.ts'
import { clusterHolds, pollShare, waitsForWriter } from './polling.ts'
import { ReadySteps, type StepWait, type Taken } from './steps.ts'

/**
 * `created`: this run made it. `requestedAtMs`: when AWS accepted its restore, by the runner's clock. `wasShown`: AWS has shown it
 * in a look, not only in its answer to our call.
 */
export type ReadyResult =
  | Readonly<{ kind: 'ready'; clone: OwnedClone; writer: InstanceSnapshot; created: boolean }>
  | Readonly<{ kind: 'creating'; clone: OwnedClone; created: boolean; requestedAtMs: number | undefined }>
  | Readonly<{ kind: 'unwanted'; reason: UnwantedReason; clone: OwnedClone | undefined; wasShown: boolean }>

const UNTIL_SHOWN: Wait = { kind: 'wait', waitingFor: 'waiting for AWS to show the clone, to remove it' }
/** The rest before a second look confirms that the clone is ready: statuses flap (seen in ACK's end-to-end tests). */
const CONFIRMATION: Wait = { kind: 'wait', waitingFor: 'ready, confirming', restMs: 500 }

/** Brings one clone to *ready*. Throws a Failure with the reason, or an error of AWS. */
export async function convergeReady(aws: AwsRun, order: ReadyOrder): Promise<ReadyResult> {
  const run = new ReadyRun(aws, order)
  await run.firstLook()
  return await converge(aws, order.pace, run)
}

interface Target {
  readonly identity: CloneIdentity
  readonly identifier: string
  /** A listing showed it. */
  readonly wasListed: boolean
}

class ReadyRun implements Reconciler<ReadyResult> {
  readonly logPrefix = ''
  readonly #aws: AwsRun
  readonly #order: ReadyOrder
  readonly #steps: ReadySteps
  /** The incarnation that this run works on. */
  #target: Target
  /** This run has looked for other incarnations that are in use. */
  #sawOthers = false
  /** Clusters that a look showed being deleted. A listing may be older. */
  readonly #left = new Set<string>()
  #memory: ReadyMemory = FRESH_MEMORY
  #now: Observation = { cluster: undefined, instances: [] }
  #clone: OwnedClone | undefined
  #clusterSeenAtMs = 0
  /** The known state is AWS's answer to this run's last call. */
  #isAnswer = false

  constructor(aws: AwsRun, order: ReadyOrder) {
    this.#aws = aws
    this.#order = order
    const { identity, identifier, found } = order
    this.#target = { identity, identifier, wasListed: found !== undefined }
    this.#steps = new ReadySteps(aws, order, () => {
      throwIfCancelled(aws, this)
    })
  }

  async firstLook(): Promise<void> {
    const { found } = this.#order
    const instances = found === undefined ? [] : await describeInstancesOf(this.#aws.rds, found.identifier)
    this.#see({ cluster: found, instances })
  }

  turn = async (): Promise<Turn<ReadyResult>> => {
    if (this.#clone !== undefined) this.#order.announce(this.#clone, this.#writer)
    const step = planReady(this.#view())
    throwIfCancelled(this.#aws, this)
    const gate = gateOf(step, await this.#order.demand(demandAgeMs(step)), this.#view())
    if (gate.kind === 'unwanted') {
      // A cluster that is no longer provably ours is not gone: nothing is told of it.
      const isForeign = this.#clone === undefined && this.#now.cluster !== undefined
      const wasShown = !isForeign && (this.#memory.shown || this.#target.wasListed)
      return done({ kind: 'unwanted', reason: gate.reason, clone: this.#clone, wasShown })
    }
    if (gate.kind === 'unwanted-hidden') return this.#isAnswer ? { kind: 'look' } : UNTIL_SHOWN
    if (gate.kind === 'undecided') throw unreadablePullRequest(this.#order.pullRequest ?? 0, gate.because)
    // Reading the pull request took time.
    throwIfCancelled(this.#aws, this)
    if (gate.kind === 'renew' && !(await this.#renew(gate.clone)))
      return { kind: 'wait', waitingFor: 'the clone is being deleted; checking again', restMs: BRIEF_REST_MS }
    return await this.#take(step)
  }

  async #take(step: ReadyStep): Promise<Turn<ReadyResult>> {
    switch (step.kind) {
      case 'fail':
        throw this.#failure(step.why, step.detail)
      case 'settled':
        return await this.#ready()
      case 'move-on':
        return await this.#moveOn()
      case 'wait':
        return await this.#waitOrLeave({ ...step, pollShare: pollShare(this.#clusterAgeMs()) })
      case 'look-again':
        return await this.#waitOrLeave(CONFIRMATION)
      case 'restore':
      case 'create-writer':
      case 'start':
      case 'replace':
        return await this.#learn(await this.#steps.take(step, this.#view(), this.#isAnswer))
    }
  }

  async #learn({ turn, learned }: Taken): Promise<Turn<ReadyResult>> {
    this.#memory = { ...this.#memory, ...learned }
    if (turn.kind === 'look') return turn
    if (turn.kind === 'wait') return await this.#waitOrLeave(turn)
    this.#see(turn.observation)
    this.#isAnswer = true
    return { kind: 'answered' }
  }

  async #ready(): Promise<Turn<ReadyResult>> {
    const [clone, writer] = [this.#clone, this.#writer]
    if (clone === undefined || writer === undefined) return { kind: 'look' }
    if (!(await this.#mayHandOut(clone))) return { kind: 'answered' }
    const created = isMadeBy(this.#memory, clone)
    if (created && !clone.hasBeenReady) this.#steps.tellDifferences(clone, writer)
    return done({ kind: 'ready', clone, writer, created })
  }

  #failure(why: ReadyFailure, detail: string): Failure {
    return explainReadyFailure(why, { ...this.#order, ...this.#target, ...this.#now, detail })
  }

  /** The cluster is being deleted. Goes on with the incarnation that another run has made, or with a new one. */
  async #moveOn(): Promise<Turn<ReadyResult>> {
    const { identity, identifier } = this.#target
    if (this.#now.cluster !== undefined) this.#left.add(this.#now.cluster.resourceId)
    const clones = await this.#steps.incarnations()
    const [leading] = leadingIncarnations(clones.filter((clone) => !this.#isLeaving(clone)))
    if (leading !== undefined) return await this.#adopt(leading)
    const { making } = this.#order
    if (making === undefined)
      throw this.#failure('being-deleted', `cluster ${this.#now.cluster?.status ?? 'gone'}`)
    const next = { ...identity, incarnation: nextIncarnation([...clones, { identity }]) }
    const name = cloneIdentifier({ repository: making.repositoryName, identity: next })
    this.#aws.log.info(`"${identifier}" is being deleted; the next one is "${name}"`)
    this.#turnTo({ identity: next, identifier: name, wasListed: false })
    this.#see({ cluster: undefined, instances: [] })
    return { kind: 'answered' }
  }

  #isLeaving({ cluster }: OwnedClone): boolean {
    const { resourceId, status } = cluster
    const { removed } = this.#memory
    return clusterPhase(status) === 'deleting' || removed.includes(resourceId) || this.#left.has(resourceId)
  }

  async #adopt({ cluster, identity }: OwnedClone): Promise<Turn<ReadyResult>> {
    const { identifier } = cluster
    this.#aws.log.info(`Going on with "${identifier}", which another run has made`)
    const instances = await describeInstancesOf(this.#aws.rds, identifier)
    this.#turnTo({ identity, identifier, wasListed: true })
    // Its run may have other inputs. If each replaced the other's, there would be no end.
    this.#memory = { ...this.#memory, keptResourceId: cluster.resourceId }
    this.#see({ cluster, instances })
    return { kind: 'answered' }
  }

  #turnTo(target: Target): void {
    const { restores, restoreTimes, removed, keptResourceId } = this.#memory
    this.#target = target
    this.#isAnswer = false
    this.#memory = { ...FRESH_MEMORY, restores, restoreTimes, removed, keptResourceId, sawUnready: true }
  }

  /**
   * Whether this run may hand out the clone. A concurrent run that saw another listing may have made another incarnation, and
   * handed it out. So a run that made one looks once at all of them, and goes on with the other one. The sweep removes its own.
   */
  async #mayHandOut(clone: OwnedClone): Promise<boolean> {
    if (this.#sawOthers || clone.isHandedOut || !isMadeBy(this.#memory, clone)) return true
    const { resourceId, identifier } = clone.cluster
    const others = (await this.#steps.incarnations()).filter(
      (other) => other.isHandedOut && other.cluster.resourceId !== resourceId && !this.#isLeaving(other),
    )
    const [other] = leadingIncarnations(others)
    this.#sawOthers = true
    if (other === undefined) return true
    this.#aws.log.warning(
      `Concurrent runs made two clones. "${other.cluster.identifier}" is in use; the sweep deletes "${identifier}".`,
    )
    await this.#release(clone)
    await this.#adopt(other)
    return false
  }

  /** Nobody has used this clone, so its hold protects nothing. */
  async #release(clone: OwnedClone): Promise<void> {
    try {
      await writeHold(this.#aws, clone, 'false')
    } catch (error) {
      this.#aws.log.warning(`The hold of "${clone.cluster.identifier}" stays: ${messageOf(error)}`)
    }
  }

  /** A run that does not wait leaves once AWS finishes by itself, if the pull request still wants the clone. */
  async #waitOrLeave(wait: StepWait): Promise<Turn<ReadyResult>> {
    const clone = this.#clone
    const isDone = !this.#order.waitUntilReady && wait.isBrief !== true && isUnderWay(this.#view())
    if (!isDone || clone === undefined) return wait
    const demand = await this.#order.demand(leavingDemandAgeMs(this.#view()))
    if (demand.kind === 'unwanted') return { kind: 'look' }
    if (!(await this.#mayHandOut(clone))) return { kind: 'answered' }
    const { restoredAtMs: requestedAtMs } = this.#memory
    return done({ kind: 'creating', clone, created: isMadeBy(this.#memory, clone), requestedAtMs })
  }

  /** `false`: the clone is being deleted. */
  async #renew(clone: OwnedClone): Promise<boolean> {
    const wishes = wishesOf(this.#order, { extend: this.#target.wasListed })
    const renewedResourceId = clone.cluster.resourceId
    if (!lacksTags(clone, wishes, this.#aws.awsNow())) {
      this.#memory = { ...this.#memory, renewedResourceId }
      return true
    }
    try {
      const renewed = await writeTags(this.#aws, { ...clone, mostTries: FEW_TRIES }, wishes)
      if (renewed === undefined || clusterPhase(renewed.cluster.status) === 'deleting') return false
      this.#clone = renewed
      this.#now = { ...this.#now, cluster: renewed.cluster }
      this.#memory = { ...this.#memory, renewedResourceId }
    } catch (error) {
      // The clone is gone, or its tags are written after the next look: AddTagsToResource lists this fault (RDS API).
      if (!isTransient(error) && !hasCode(error, 'DBClusterNotFoundFault', 'InvalidDBClusterStateFault'))
        throw error
    }
    return true
  }

  look = async (): Promise<void> => {
    const { rds, signal, clock } = this.#aws
    const { identifier } = this.#target
    this.#isAnswer = false
    if (waitsForWriter(this.#now) && clusterHolds(this.#clusterSeenAtMs, clock.now())) {
      const seen = { ...this.#now, instances: await describeInstancesOf(rds, identifier, signal) }
      if (waitsForWriter(seen)) {
        this.#see(seen)
        return
      }
    }
    const [cluster, instances] = await Promise.all([
      describeCluster(rds, identifier, signal),
      describeInstancesOf(rds, identifier, signal),
    ])
    this.#clusterSeenAtMs = clock.now()
    this.#memory = { ...this.#memory, shown: this.#memory.shown || cluster !== undefined }
    this.#see({ cluster, instances })
  }

  #clusterAgeMs(): number {
    return timeAtAws(this.#aws) - (this.#now.cluster?.createdAtMs ?? Infinity)
  }

  #see(observation: Observation): void {
    const { cluster } = observation
    this.#now = observation
    this.#memory = remember(this.#memory, observation, this.#aws.clock.now())
    const ownership = cluster === undefined ? undefined : ownershipOf(cluster, this.#target.identity)
    this.#clone = ownership?.owned === true ? ownership.clone : undefined
  }

  get #writer(): InstanceSnapshot | undefined {
    const { cluster, instances } = this.#now
    return cluster === undefined ? undefined : writerOf(cluster, instances)
  }

  #view(): ReadyView {
    const { making, waitUntilReady, preparer, sanitisingDigest } = this.#order
    const { identity, identifier } = this.#target
    const clone = this.#clone
    return {
      ...this.#now,
      identity,
      identifier,
      fromThisSource: clone === undefined || this.#steps.isFromThisSource(clone),
      hasOtherShape: clone !== undefined && this.#steps.hasOtherShape(clone),
      mayRestore: making !== undefined,
      waitUntilReady,
      preparer,
      sanitisingDigest,
      awsNowMs: timeAtAws(this.#aws),
      memory: this.#memory,
      nowMs: this.#aws.clock.now(),
    }
  }

  timedOut = ({ waitingFor, refusal }: Wait): Failure => {
    if (refusal !== undefined) return asFailure(this.#steps.explained(refusal))
    const { pace } = this.#order
    const { identifier } = this.#target
    return new Failure({
      title: 'Timed out',
      what: `Clone "${identifier}" was not ready within ${formatDuration(pace.limitMs)} (${waitingFor}).`,
      remedy:
        this.#now.cluster === undefined
          ? 'Run again, with a longer wait-timeout if necessary.'
          : 'AWS continues with it: run the job again, which continues to wait, with a longer wait-timeout if necessary.',
    })
  }

  standing = (): string => {
    const { identifier } = this.#target
    const { cluster } = this.#now
    if (cluster !== undefined) return `Clone "${identifier}" stands at: ${standing(cluster, this.#writer)}.`
    return this.#memory.restoredAtMs === undefined
      ? `Clone "${identifier}" does not exist yet.`
      : `Clone "${identifier}" was requested; AWS does not show it yet.`
  }
}
