import { DeleteDBClusterCommand, DeleteDBInstanceCommand, StartDBClusterCommand } from '@aws-sdk/client-rds'
import { Cancelled } from '../failure.ts'
import { AwsCallError, hasCode, isDeniedToNew, isPassing, isUnreachable } from './aws-call.ts'
import type { AwsRun } from './aws-run.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'
import { describeCluster, describeInstancesOf } from './observe.ts'
import { type DeletionRefusal, type DeletionTarget, judgeDeletion, ownershipOf } from './ownership.ts'
import type { ClusterSnapshot, InstanceSnapshot } from './snapshot.ts'
import { clusterPhase, instancePhase } from './statuses.ts'
import { TAG } from './tags.ts'

/** A clone as AWS shows it at one moment. */
export interface CloneLook {
  readonly cluster: ClusterSnapshot
  readonly instances: readonly InstanceSnapshot[]
}

/**
 * Asks whatever has to wait for an answer (the pull request, a listing), and resolves to a rule that judges every look at the clone
 * from then on at once: `true` while it is to go.
 */
export type AskIfUnwanted = () => Promise<(look: CloneLook) => boolean>

export type DeletionResult =
  /** AWS accepted the deletion of the cluster, or was at it already. */
  | { readonly kind: 'requested' }
  /** `isReplaced`: another cluster has its name now. */
  | { readonly kind: 'gone'; readonly isReplaced: boolean }
  /** AWS does not delete a stopped cluster, and was asked to start it. */
  | { readonly kind: 'starting' }
  /** Looked at afresh, the caller wants to keep it. */
  | { readonly kind: 'wanted'; readonly isHalf: boolean }
  | { readonly kind: 'refused'; readonly verdict: DeletionRefusal; readonly isHalf: boolean }
  /** AWS did not answer, or does not take the deletion in the cluster's present state: later. */
  | { readonly kind: 'not-yet'; readonly because: string; readonly hasBegun: boolean }

export interface DeletionOrder {
  readonly target: DeletionTarget
  readonly askIfUnwanted: AskIfUnwanted
  /** When the run's time is up, by the runner's clock. */
  readonly deadlineMs: number
}

/** For how long AWS may still count an instance whose deletion it has just accepted (Terraform retries for two minutes). */
const MEMBERS_SETTLE_MS = 60_000
const MEMBERS_SETTLE_POLL_MS = 2_000
/** For how long AWS may deny the writer of a new clone. */
const WRITER_LATER_MS = 120_000

/**
 * Deletes a clone: every instance, then the cluster straight away (Aurora user guide, user-deletecluster: the cluster may go as
 * soon as its instances are being deleted).
 *
 * This is the only place that deletes, and the guard stands right here. What has to wait comes first. Then the clone is read and
 * judged again before each call, and nothing that waits stands between a look and its call: unless it is provably the clone that
 * the caller decided about, and neither held nor protected, and still unwanted, nothing happens. The SDK does not repeat these
 * calls, since a repeated one would follow an old look. Once the first instance goes, a cancelled run finishes the pair all the
 * same: half a deletion helps no one.
 */
export async function deleteClone(aws: AwsRun, order: DeletionOrder): Promise<DeletionResult> {
  return await new Deletion(aws, order).run()
}

/** The next call of a deletion, made right after the look that it follows from. */
type Call =
  | { readonly kind: 'start' | 'delete-cluster'; readonly cluster: ClusterSnapshot }
  | { readonly kind: 'delete-instance'; readonly identifier: string }

class Deletion {
  readonly #aws: AwsRun
  readonly #order: DeletionOrder
  readonly #settledByMs: number
  /** Instances whose deletion AWS has accepted. */
  readonly #going = new Set<string>()
  /** AWS has, or without an answer may have, accepted the deletion of an instance. */
  #hasBegun = false
  /** There may be instances that the cluster does not list as its members. */
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
        if (later === undefined) throw error
        if (!this.#hasBegun || this.#aws.clock.now() >= this.#settledByMs) return this.#notYet(later)
        await this.#aws.clock.sleep(MEMBERS_SETTLE_POLL_MS)
      }
    }
  }

  async #lookAndJudge(
    isUnwanted: (look: CloneLook) => boolean,
  ): Promise<{ readonly result: DeletionResult } | { readonly call: Call }> {
    const { rds, awsNow, signal } = this.#aws
    const { target } = this.#order
    // The cluster comes last: its look is what the call follows from.
    const instances = this.#mayHaveOthers ? await describeInstancesOf(rds, target.identifier) : []
    const cluster = await describeCluster(rds, target.identifier)
    if (cluster === undefined) return { result: { kind: 'gone', isReplaced: false } }
    const look = { cluster, instances }
    const verdict = judgeDeletion(cluster, target, awsNow() ?? UNKNOWN_TIME_MS)
    // How another cluster stands says nothing of the clone.
    const isHalf = !verdict.allowed && verdict.kind === 'not-owned' ? this.#hasBegun : this.#isHalf(look)
    const isGoing = clusterPhase(cluster.status) === 'deleting'
    // A hold or protection that came after AWS took the deletion keeps nothing.
    if (isGoing && (verdict.allowed || verdict.kind !== 'not-owned')) return { result: { kind: 'requested' } }
    if (!verdict.allowed) {
      // The name may be taken again the moment it is free: that is not the one that was being deleted.
      const isOther = this.#hasBegun && cluster.resourceId !== target.resourceId
      return { result: isOther ? { kind: 'gone', isReplaced: true } : { kind: 'refused', verdict, isHalf } }
    }
    if (!isUnwanted(look)) return { result: { kind: 'wanted', isHalf } }
    if (signal.aborted && !this.#hasBegun)
      throw new Cancelled(`Clone "${cluster.identifier}" stands at: cluster ${cluster.status}.`)
    const ownership = ownershipOf(cluster)
    if (ownership.owned) this.#createdAtMs = ownership.createdAtMs
    return { call: this.#nextCall(look) }
  }

  /** Readers first, the writer last. A cluster that is still being made may not list its members yet. */
  #nextCall({ cluster, instances }: CloneLook): Call {
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
        if (!isBeingDeleted(error)) return this.#notYet(error.message)
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
        // Automated backups go by themselves, unless AWS Backup keeps them: then AWS refuses to be told so (RDS API,
        // DeleteDBCluster, DeleteAutomatedBackups).
        new DeleteDBClusterCommand({ DBClusterIdentifier: identifier, SkipFinalSnapshot: true }),
      )
      return { kind: 'requested' }
    } catch (error) {
      if (hasCode(error, 'DBClusterNotFoundFault')) return { kind: 'gone', isReplaced: false }
      if (!hasCode(error, 'InvalidDBClusterStateFault')) throw error
      if (isBeingDeleted(error)) return { kind: 'requested' }
      const mayPass = /non-deleting state/i.test(error.message)
      if (!mayPass || clock.now() >= this.#settledByMs) return this.#notYet(error.message)
      // Either AWS has not noticed yet, or there is an instance that the cluster did not list as its member.
      this.#mayHaveOthers = true
      await clock.sleep(MEMBERS_SETTLE_POLL_MS)
      return undefined
    }
  }

  /** It keeps its data, but its writer is going or gone. */
  #isHalf({ cluster, instances }: CloneLook): boolean {
    const wasReady = cluster.tags?.[TAG.readyAt] !== undefined
    return (
      this.#hasBegun ||
      (wasReady && cluster.members.length === 0 && instances.length === 0) ||
      instances.some(({ status }) => instancePhase(status) === 'deleting')
    )
  }

  #notYet(because: string): DeletionResult {
    return { kind: 'not-yet', because, hasBegun: this.#hasBegun }
  }

  #whyLater(error: unknown): string | undefined {
    const nowMs = this.#aws.awsNow() ?? UNKNOWN_TIME_MS
    // Its writer may be made only when the tags of the cluster count, and then has tags of its own that have to.
    const createdAtMs = this.#createdAtMs + WRITER_LATER_MS
    return isPassing(error) || isDeniedToNew(error, { createdAtMs, nowMs }) ? error.message : undefined
  }
}

function isBeingDeleted({ message }: AwsCallError): boolean {
  return /already being deleted/i.test(message)
}
