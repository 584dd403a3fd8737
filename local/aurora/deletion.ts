import type {
  DeleteDBClusterMessage,
  DeleteDBClusterResult,
  DeleteDBInstanceMessage,
  DeleteDBInstanceResult,
} from '@aws-sdk/client-rds'
import { invalidCombination } from './aws-fault.ts'
import { clusterOr404, describedCluster } from './clusters.ts'
import { clusterOf, describedInstance, instanceOr404 } from './instances.ts'
import { rdsFault } from './protocol/model.ts'
import {
  clusterStatus,
  instanceStatus,
  instanceTimeline,
  membersOf,
  putCluster,
  putInstance,
} from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, InstanceRecord } from './records.ts'
import { GONE, firstTimeOf, rewritten } from './timeline.ts'
import type { Timeline } from './timeline.ts'

/** `deleting`, possibly seen late, then gone. [aurora §6.10, §12] */
function departure(moment: Moment, leaving: { goneAt: number; message: string }): Timeline {
  const from = moment.now + moment.behaviour.availableAfterDeleteMs
  return [
    { from, status: 'deleting' },
    {
      from: Math.max(from, leaving.goneAt),
      status: GONE,
      event: { message: leaving.message, categories: ['deletion'] },
    },
  ]
}

// Instances.

const FAILURE_STATUS = /fail|incompatible|inaccessible|insufficient|restore-error|storage-full/

export const isFailure = (status: string): boolean => FAILURE_STATUS.test(status)

/** Neither while it starts or stops, nor in a cluster that stands still. [aurora §6.7, §6.8] */
function refuseInstanceDeletion(moment: Moment, instance: InstanceRecord): void {
  if (instance.deletionRequestedAt !== undefined) {
    // [aurora §6.4]
    throw rdsFault('InvalidDBInstanceStateFault', `Instance ${instance.identifier} is already being deleted.`)
  }
  const status = instanceStatus(moment, instance)
  const isRefused =
    status === 'creating'
      ? moment.behaviour.deleteInstanceWhileCreating === 'refuse'
      : ['starting', 'stopped', 'stopping'].includes(status)
  if (isRefused) {
    throw rdsFault(
      'InvalidDBInstanceStateFault',
      `Instance ${instance.identifier} is not currently in the available state. Its status is ${status}.`,
    )
  }
}

/** A request whose instance has been found. */
interface InstanceDeletion {
  readonly instance: InstanceRecord
  readonly input: DeleteDBInstanceMessage
}

/** [aurora §6.3] */
function refuseInstanceSnapshotRules(moment: Moment, { instance, input }: InstanceDeletion): void {
  if (input.FinalDBSnapshotIdentifier !== undefined && clusterOf(moment, instance) !== undefined) {
    throw invalidCombination(
      'FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance',
    )
  }
  const status = instanceStatus(moment, instance)
  if (isFailure(status) && input.SkipFinalSnapshot !== true) {
    throw rdsFault(
      'InvalidDBInstanceStateFault',
      `Instance ${instance.identifier} is in ${status} state: it can only be deleted with SkipFinalSnapshot.`,
    )
  }
}

export function deleteDBInstance(input: DeleteDBInstanceMessage, moment: Moment): DeleteDBInstanceResult {
  const instance = instanceOr404(moment, input.DBInstanceIdentifier ?? '')
  refuseInstanceDeletion(moment, instance)
  refuseInstanceSnapshotRules(moment, { instance, input })
  const leaving = { goneAt: moment.now + moment.behaviour.deletingMs, message: 'DB instance deleted' }
  const deleted = putInstance(moment, {
    ...instance,
    later: rewritten(instance.later, departure(moment, leaving)),
    deletionRequestedAt: moment.now,
  })
  return { DBInstance: describedInstance(moment, deleted) }
}

// Clusters.

const invalidState = (message: string): Error => rdsFault('InvalidDBClusterStateFault', message)

/** [aurora §6.6 to §6.8] */
function refuseClusterDeletion(moment: Moment, cluster: ClusterRecord): void {
  const { identifier } = cluster
  if (cluster.deletionRequestedAt !== undefined) {
    throw invalidState(`DB cluster ${identifier} is already being deleted.`)
  }
  if (cluster.deletionProtection) {
    throw invalidCombination(
      'Cannot delete protected Cluster, please disable deletion protection and try again.',
    )
  }
  const status = clusterStatus(moment, cluster)
  if (status === 'stopped' || status === 'stopping')
    throw invalidState(`Db cluster ${identifier} is in ${status} state`)
  const isReady = status === 'available' || isFailure(status)
  const isAccepted =
    status === 'creating' ? moment.behaviour.deleteClusterWhileCreating === 'accept' : isReady
  if (!isAccepted) {
    throw invalidState(
      `DbCluster ${identifier} is not currently in the available state. Its status is ${status}.`,
    )
  }
}

/** [aurora §6.5] */
function refuseClusterSnapshotRules(input: DeleteDBClusterMessage): void {
  const skips = input.SkipFinalSnapshot === true
  const names = input.FinalDBSnapshotIdentifier !== undefined
  if (skips && names) {
    throw invalidCombination('FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is true.')
  }
  if (!skips && !names) {
    throw invalidCombination('FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.')
  }
}

/** The default takes what AWS Backup keeps into account; an explicit `true` does not (RDS API, DeleteDBCluster). */
function refuseBackupRules(moment: Moment, input: DeleteDBClusterMessage): void {
  if (!moment.behaviour.coveredByAwsBackup || input.DeleteAutomatedBackups !== true) return
  throw invalidCombination(
    `Automated backups of ${input.DBClusterIdentifier ?? ''} cannot be deleted: they are associated with the following ` +
      `AwsBackupRecoveryPointArn: arn:aws:backup:${moment.state.name}:${moment.state.accountId}:recovery-point:continuous`,
  )
}

/** [aurora §6.2] */
function refuseWhileInstancesStay({ behaviour }: Moment, members: readonly InstanceRecord[]): void {
  const { deleteClusterWithInstances } = behaviour
  if (
    members.some((member) => member.deletionRequestedAt === undefined) ||
    (members.length > 0 && deleteClusterWithInstances === 'refuse')
  ) {
    throw invalidState('Cluster cannot be deleted, it still contains DB instances in non-deleting state.')
  }
}

export function deleteDBCluster(input: DeleteDBClusterMessage, moment: Moment): DeleteDBClusterResult {
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  const members = membersOf(moment, cluster)
  refuseClusterDeletion(moment, cluster)
  refuseClusterSnapshotRules(input)
  refuseWhileInstancesStay(moment, members)
  refuseBackupRules(moment, input)
  // The answer still shows the old status. [aurora §6.1]
  const answer = describedCluster(moment, cluster)
  const membersGoneAt = members.map((member) =>
    firstTimeOf(instanceTimeline(moment.state, member), { status: GONE, since: moment.now }),
  )
  const goneAt = Math.max(moment.now + moment.behaviour.deletingMs, ...membersGoneAt)
  putCluster(moment, {
    ...cluster,
    timeline: rewritten(cluster.timeline, departure(moment, { goneAt, message: 'DB cluster deleted' })),
    deletionRequestedAt: moment.now,
  })
  return { DBCluster: answer }
}
