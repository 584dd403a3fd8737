import { DeleteDBClusterCommand, DeleteDBInstanceCommand, StartDBClusterCommand } from '@aws-sdk/client-rds'
import { Cancelled } from '../../failure.ts'
import { AwsCallError, hasCode, isDeniedToNew, isTransient, isUnreachable } from '../api/aws-call.ts'
import { type AwsRun, timeAtAws } from '../api/aws-run.ts'
import { UNKNOWN_TIME_MS } from '../api/aws-time.ts'
import { describeCluster, describeInstancesOf } from '../api/describe.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../api/snapshot.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import {
  type DeletionRefusal,
  type DeletionTarget,
  type OwnedClone,
  judgeDeletion,
} from '../clone/ownership.ts'

export interface CloneLook {
  readonly clone: OwnedClone
  readonly instances: readonly InstanceSnapshot[]
}

/** First reads what takes time (pull request, listing). Gives a rule that waits for nothing: `true`, the clone may go. */
export type AskIfUnwanted = () => Promise<(look: CloneLook) => boolean>

export type DeletionResult =
  /** AWS accepted the deletion of the cluster, now or before. */
  | { readonly kind: 'requested' }
  /** `isReplaced`: another cluster has its name now. */
  | { readonly kind: 'gone'; readonly isReplaced: boolean }
  /** AWS does not delete a stopped cluster, so this run asked AWS to start it. */
  | { readonly kind: 'starting' }
  /** By a fresh look, the caller wants to keep it. */
  | { readonly kind: 'wanted'; readonly writerIsGone: boolean }
  | { readonly kind: 'refused'; readonly verdict: DeletionRefusal; readonly writerIsGone: boolean }
  /** AWS did not answer, or does not accept the deletion in the cluster's present state. */
  | {
      readonly kind: 'not-yet'
      readonly refusal: AwsCallError
      readonly hasBegun: boolean
    }

export interface DeletionOrder {
  readonly target: DeletionTarget
  readonly askIfUnwanted: AskIfUnwanted
  /** When the run's time expires, by the runner's clock. */
  readonly deadlineMs: number
}

/** How long AWS may still count an instance whose deletion it has accepted (Terraform retries for two minutes). */
const MEMBERS_SETTLE_MS = 60_000
const MEMBERS_SETTLE_POLL_MS = 2_000
/** How long AWS may deny the deletion of a new clone's writer. */
const WRITER_LATER_MS = 120_000

/**
 * Deletes a clone: every instance, then the cluster at once (Aurora user guide, user-deletecluster: AWS accepts that while
 * the instances are being deleted).
 *
 * Only this file deletes, and it has the guard. Everything that waits comes first. Then the clone is read and judged before
 * each call, and nothing waits between a look and its call. A call is sent only for the clone that the caller decided about,
 * not held or protected, and still unwanted. The SDK does not repeat these calls, since a repeated one would follow an
 * old look. After the first instance, a cancelled run still finishes: half a deletion helps no one.
 */
export async function deleteClone(aws: AwsRun, order: DeletionOrder): Promise<DeletionResult> {
  return await new Deletion(aws, order).run()
}

/** AWS has accepted the deletion of an instance, and then the call failed that is the cause. */
export class HalfDeleted extends Error {
  constructor(cause: unknown) {
    super('The deletion failed half way', { cause })
  }
}

/** The next call of a deletion, sent right after the look that decided it. */
type Call =
  | { readonly kind: 'start' | 'delete-cluster'; readonly cluster: ClusterSnapshot }
  | { readonly kind: 'delete-instance'; readonly identifier: string }

class Deletion {
  readonly #aws: AwsRun
  readonly #order: DeletionOrder
  readonly #settledByMs: number
  /** Instances whose deletion AWS has accepted. */
  readonly #going = new Set<string>()
  /** AWS has accepted the deletion of an instance, or may have done so without an answer. */
  #hasBegun = false
  /** There may be instances that the cluster does not list as members. */
  #mayHaveOthers = true
  #createdAtMs = UNKNOWN_TIME_MS

  constructor(aws: AwsRun, order: DeletionOrder) {
    this.#aws = aws
    this.#order = order
    this.#settledByMs = Math.min(aws.clock.now() + MEMBERS_SETTLE_MS, order.deadlineMs)
  }

  async run(): Promise<DeletionResult> {
    const isUnwanted = await this.#order.askIfUnwanted()
    for (;;) {
      try {
        const next = await this.#lookAndJudge(isUnwanted)
        if ('result' in next) return next.result
        const result = await this.#send(next.call)
        if (result !== undefined) return result
      } catch (error) {
        const later = this.#whyLater(error)
        if (later === undefined) throw this.#hasBegun ? new HalfDeleted(error) : error
        if (!this.#hasBegun || this.#aws.clock.now() >= this.#settledByMs) return this.#notYet(later)
        await this.#aws.clock.sleep(MEMBERS_SETTLE_POLL_MS)
      }
    }
  }

  async #lookAndJudge(
    isUnwanted: (look: CloneLook) => boolean,
  ): Promise<{ readonly result: DeletionResult } | { readonly call: Call }> {
    const { rds, signal } = this.#aws
    const { target } = this.#order
    // Read the cluster last, since its state decides the call.
    const instances = this.#mayHaveOthers ? await describeInstancesOf(rds, target.identifier) : []
    const cluster = await describeCluster(rds, target.identifier)
    if (cluster === undefined) return { result: { kind: 'gone', isReplaced: false } }
    const verdict = judgeDeletion(cluster, target, timeAtAws(this.#aws))
    if (!verdict.allowed && verdict.kind === 'not-owned') {
      // Another cluster may take the name as soon as it is free.
      const isOther = this.#hasBegun && cluster.resourceId !== target.resourceId
      // The state of another cluster says nothing about the clone.
      const refused = { kind: 'refused', verdict, writerIsGone: this.#hasBegun } as const
      return { result: isOther ? { kind: 'gone', isReplaced: true } : refused }
    }
    const look = { clone: verdict.clone, instances }
    // A hold or protection cannot stop a deletion that AWS has accepted.
    if (clusterPhase(cluster.status) === 'deleting') return { result: { kind: 'requested' } }
    const writerIsGone = this.#isWriterGone(look)
    if (!verdict.allowed) return { result: { kind: 'refused', verdict, writerIsGone } }
    if (!isUnwanted(look)) return { result: { kind: 'wanted', writerIsGone } }
    if (signal.aborted && !this.#hasBegun)
      throw new Cancelled(`Clone "${cluster.identifier}" stands at: cluster ${cluster.status}.`)
    this.#createdAtMs = look.clone.createdAtMs
    return { call: this.#nextCall(look) }
  }

  /** Deletes readers first and the writer last. A cluster that AWS is creating may not list its members yet. */
  #nextCall({ clone: { cluster }, instances }: CloneLook): Call {
    if (clusterPhase(cluster.status) === 'stopped') return { kind: 'start', cluster }
    for (const { identifier, status } of instances)
      if (instancePhase(status) === 'deleting') this.#going.add(identifier)
    const members = cluster.members.toSorted((a, b) => Number(a.isWriter) - Number(b.isWriter))
    const known = new Set(members.map(({ identifier }) => identifier))
    const others = instances.filter(
      ({ identifier }) => !known.has(identifier) && !this.#going.has(identifier),
    )
    this.#mayHaveOthers = others.length > 0
    const next = [...members, ...others].find(({ identifier }) => !this.#going.has(identifier))
    return next === undefined
      ? { kind: 'delete-cluster', cluster }
      : { kind: 'delete-instance', identifier: next.identifier }
  }

  async #send(call: Call): Promise<DeletionResult | undefined> {
    switch (call.kind) {
      case 'start':
        return await this.#start(call.cluster)
      case 'delete-instance':
        return await this.#deleteInstance(call.identifier)
      case 'delete-cluster':
        return await this.#deleteCluster(call.cluster)
    }
  }

  /** A stopped cluster cannot be deleted (Aurora user guide, aurora-cluster-stop-start). */
  async #start({ identifier }: ClusterSnapshot): Promise<DeletionResult> {
    const { once, log } = this.#aws
    log.info(`Clone "${identifier}" is stopped, and AWS deletes only running clusters; starting it`)
    try {
      await once.send(new StartDBClusterCommand({ DBClusterIdentifier: identifier }))
    } catch (error) {
      if (!hasCode(error, 'InvalidDBClusterStateFault', 'DBClusterNotFoundFault')) throw error
    }
    return { kind: 'starting' }
  }

  async #deleteInstance(identifier: string): Promise<DeletionResult | undefined> {
    try {
      await this.#aws.once.send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          // A member has no snapshot of its own, and a failed instance cannot be deleted without this (RDS API, DeleteDBInstance).
          SkipFinalSnapshot: true,
        }),
      )
    } catch (error) {
      if (hasCode(error, 'InvalidDBInstanceStateFault', 'InvalidDBClusterStateFault')) {
        if (!isBeingDeleted(error)) return this.#notYet(error)
      } else if (!hasCode(error, 'DBInstanceNotFoundFault')) {
        this.#hasBegun ||= error instanceof AwsCallError && isUnreachable(error)
        throw error
      }
    }
    this.#going.add(identifier)
    this.#hasBegun = true
    return undefined
  }

  async #deleteCluster({ identifier }: ClusterSnapshot): Promise<DeletionResult | undefined> {
    const { once, clock } = this.#aws
    try {
      await once.send(
        // AWS deletes automated backups by itself, and refuses to be told so if AWS Backup keeps them (RDS API,
        // DeleteDBCluster, DeleteAutomatedBackups).
        new DeleteDBClusterCommand({ DBClusterIdentifier: identifier, SkipFinalSnapshot: true }),
      )
      return { kind: 'requested' }
    } catch (error) {
      if (hasCode(error, 'DBClusterNotFoundFault')) return { kind: 'gone', isReplaced: false }
      if (!hasCode(error, 'InvalidDBClusterStateFault')) throw error
      if (isBeingDeleted(error)) return { kind: 'requested' }
      const mayPass = /non-deleting state/i.test(error.message)
      if (!mayPass || clock.now() >= this.#settledByMs) return this.#notYet(error)
      // AWS has not noticed the deletions yet, or the cluster does not list an instance as a member.
      this.#mayHaveOthers = true
      await clock.sleep(MEMBERS_SETTLE_POLL_MS)
      return undefined
    }
  }

  /** The cluster keeps its data, but its writer is deleted or being deleted. */
  #isWriterGone({ clone: { cluster, hasBeenReady }, instances }: CloneLook): boolean {
    return (
      this.#hasBegun ||
      (hasBeenReady && cluster.members.length === 0 && instances.length === 0) ||
      instances.some(({ status }) => instancePhase(status) === 'deleting')
    )
  }

  #notYet(refusal: AwsCallError): DeletionResult {
    return { kind: 'not-yet', refusal, hasBegun: this.#hasBegun }
  }

  #whyLater(error: unknown): AwsCallError | undefined {
    const nowMs = timeAtAws(this.#aws)
    // The writer is made only after AWS sees the cluster's tags. Then AWS must see the writer's own tags, too.
    const writerCreatedAtMs = this.#createdAtMs + WRITER_LATER_MS
    return isTransient(error) || isDeniedToNew(error, { createdAtMs: writerCreatedAtMs, nowMs })
      ? error
      : undefined
  }
}

function isBeingDeleted({ message }: AwsCallError): boolean {
  return /already being deleted/i.test(message)
}
