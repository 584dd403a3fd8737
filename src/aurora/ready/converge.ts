import { type UnwantedReason, unreadablePullRequest } from '../../demand.ts'
import { formatDuration } from '../../duration.ts'
import { Failure } from '../../failure.ts'
import { hasCode, isTransient } from '../api/aws-call.ts'
import type { AwsRun } from '../api/aws-run.ts'
import { describeCluster, describeInstancesOf } from '../api/describe.ts'
import { explainAwsError } from '../api/explain.ts'
import type { InstanceSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import { type OwnedClone, ownershipOf } from '../clone/ownership.ts'
import { FEW_TRIES, lacksTags, writeTags } from '../clone/renewal.ts'
import { standing, writerOf } from '../clone/writer.ts'
import { type Reconciler, type Turn, type Wait, converge, done, throwIfCancelled } from '../converge.ts'
import { explainReadyFailure } from './failure.ts'
import { demandAgeMs, gateOf, isMadeBy, isUnderWay, leavingDemandAgeMs } from './gate.ts'
import { type ReadyOrder, wishesOf } from './order.ts'
import {
  FRESH_MEMORY,
  type Observation,
  type ReadyMemory,
  type ReadyStep,
  type ReadyView,
  planReady,
  remember,
} from './plan.ts'
import { BRIEF_REST_MS, ReadySteps, type StepWait, type Taken } from './steps.ts'

/** `created`: this run made it. `wasShown`: AWS has shown it in a look, not only in its answer to our call. */
export type ReadyResult =
  | Readonly<{ kind: 'ready'; clone: OwnedClone; writer: InstanceSnapshot; created: boolean }>
  | Readonly<{ kind: 'creating'; clone: OwnedClone; created: boolean }>
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

class ReadyRun implements Reconciler<ReadyResult> {
  readonly logPrefix = ''
  readonly #aws: AwsRun
  readonly #order: ReadyOrder
  readonly #steps: ReadySteps
  #memory: ReadyMemory = FRESH_MEMORY
  #now: Observation = { cluster: undefined, instances: [] }
  #clone: OwnedClone | undefined
  /** The known state is AWS's answer to this run's last call. */
  #isAnswer = false

  constructor(aws: AwsRun, order: ReadyOrder) {
    this.#aws = aws
    this.#order = order
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
      const wasShown = !isForeign && (this.#memory.shown || this.#order.found !== undefined)
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
        throw explainReadyFailure(step.why, { ...this.#order, ...this.#now, detail: step.detail })
      case 'settled':
        return this.#ready()
      case 'wait':
        return await this.#waitOrLeave(step)
      case 'look-again':
        return await this.#waitOrLeave(CONFIRMATION)
      case 'restore':
      case 'create-writer':
      case 'start':
      case 'remove':
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

  #ready(): Turn<ReadyResult> {
    const [clone, writer] = [this.#clone, this.#writer]
    if (clone === undefined || writer === undefined) return { kind: 'look' }
    return done({ kind: 'ready', clone, writer, created: isMadeBy(this.#memory, clone) })
  }

  /** A run that does not wait leaves once AWS finishes by itself, if the pull request still wants the clone. */
  async #waitOrLeave(wait: StepWait): Promise<Turn<ReadyResult>> {
    const clone = this.#clone
    const isDone = !this.#order.waitUntilReady && wait.isBrief !== true && isUnderWay(this.#view())
    if (!isDone || clone === undefined) return wait
    const demand = await this.#order.demand(leavingDemandAgeMs(this.#view()))
    if (demand.kind === 'unwanted') return { kind: 'look' }
    return done({ kind: 'creating', clone, created: isMadeBy(this.#memory, clone) })
  }

  /** `false`: the clone is being deleted. */
  async #renew(clone: OwnedClone): Promise<boolean> {
    const wishes = wishesOf(this.#order, { extend: this.#order.found !== undefined })
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
    const { rds, signal } = this.#aws
    const { identifier } = this.#order
    this.#isAnswer = false
    const [cluster, instances] = await Promise.all([
      describeCluster(rds, identifier, signal),
      describeInstancesOf(rds, identifier, signal),
    ])
    this.#memory = { ...this.#memory, shown: this.#memory.shown || cluster !== undefined }
    this.#see({ cluster, instances })
  }

  #see(observation: Observation): void {
    const { cluster } = observation
    this.#now = observation
    this.#memory = remember(this.#memory, observation, this.#aws.clock.now())
    const ownership = cluster === undefined ? undefined : ownershipOf(cluster, this.#order.identity)
    this.#clone = ownership?.owned === true ? ownership.clone : undefined
  }

  get #writer(): InstanceSnapshot | undefined {
    const { cluster, instances } = this.#now
    return cluster === undefined ? undefined : writerOf(cluster, instances)
  }

  #view(): ReadyView {
    const { identity, making, waitUntilReady } = this.#order
    const clone = this.#clone
    return {
      ...this.#now,
      identity,
      fromThisSource: clone === undefined || this.#steps.isFromThisSource(clone),
      hasOtherShape: clone !== undefined && this.#steps.hasOtherShape(clone),
      mayRestore: making !== undefined,
      waitUntilReady,
      memory: this.#memory,
      nowMs: this.#aws.clock.now(),
      awsNowMs: this.#aws.awsNow(),
    }
  }

  timedOut = ({ waitingFor, refusal }: Wait): Failure => {
    if (refusal !== undefined) return explainAwsError(refusal)
    const { identifier, pace } = this.#order
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
    const { identifier } = this.#order
    const { cluster } = this.#now
    if (cluster !== undefined) return `Clone "${identifier}" stands at: ${standing(cluster, this.#writer)}.`
    return this.#memory.restoredAtMs === undefined
      ? `Clone "${identifier}" does not exist yet.`
      : `Clone "${identifier}" was requested; AWS does not show it yet.`
  }
}
