import type { ModifyDBClusterMessage, ModifyDBClusterResult } from '@aws-sdk/client-rds'
import { invalidCombination, refuseUnmodelled } from './aws-fault.ts'
import { backupRetentionPeriod, checkMasterUserPassword } from './cluster-settings.ts'
import { clusterOr404, describedCluster, refuseTakenIdentifier } from './clusters.ts'
import { parseIdentifier } from './identifiers.ts'
import { generatedPassword, managedSecret } from './managed-secret.ts'
import { isBacktracking } from './marked-moments.ts'
import { clusterParameterGroup } from './parameter-groups.ts'
import { rdsFault } from './protocol/model.ts'
import { parseServerlessV2Range } from './serverless.ts'
import { clusterStatus, putCluster } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord } from './records.ts'
import { activeSecurityGroups, securityGroups, subnetGroupOr404 } from './subnet-groups.ts'
import { rewritten, steps } from './timeline.ts'
import type { StatusStep, Timeline } from './timeline.ts'

type Request = ModifyDBClusterMessage

/** What this cloud can change; the rest is refused, lest a test believes that it happened. */
const MODELLED: ReadonlySet<string> = new Set<keyof Request>([
  'ApplyImmediately',
  'BackupRetentionPeriod',
  'CopyTagsToSnapshot',
  'DBClusterIdentifier',
  'DBClusterParameterGroupName',
  'DeletionProtection',
  'EnableIAMDatabaseAuthentication',
  'ManageMasterUserPassword',
  'MasterUserPassword',
  'MasterUserSecretKmsKeyId',
  'NewDBClusterIdentifier',
  'PreferredBackupWindow',
  'PreferredMaintenanceWindow',
  'RotateMasterUserPassword',
  'ServerlessV2ScalingConfiguration',
  'VpcSecurityGroupIds',
])

/** A cluster is changed while it is available; tags are another call. [aurora §2.5] */
function refuseUnlessModifiable(moment: Moment, cluster: ClusterRecord): void {
  const status = clusterStatus(moment, cluster)
  const isLeaving = cluster.deletionRequestedAt !== undefined
  if (status !== 'available' || isLeaving || isBacktracking(moment.now, cluster)) {
    throw rdsFault(
      'InvalidDBClusterStateFault',
      `DbCluster ${cluster.identifier} is not currently in the available state. Its status is ${status}.`,
    )
  }
}

/** A request whose cluster has been found, perhaps changed in part. */
interface Modification {
  readonly cluster: ClusterRecord
  readonly input: Request
}

// The password and the secret that may hold it. [aurora §10]

function refusePasswordRules(cluster: ClusterRecord, input: Request): void {
  const willBeManaged = input.ManageMasterUserPassword ?? cluster.managedSecret !== undefined
  const { MasterUserPassword: password, RotateMasterUserPassword: rotates } = input
  if (password !== undefined && willBeManaged) {
    throw invalidCombination("MasterUserPassword can't be set while RDS manages the master user password.")
  }
  if (password !== undefined) checkMasterUserPassword(cluster.engine, password)
  if (
    input.ManageMasterUserPassword === false &&
    cluster.managedSecret !== undefined &&
    password === undefined
  ) {
    throw invalidCombination(
      'MasterUserPassword must be specified when RDS stops managing the master user password.',
    )
  }
  if (rotates === true && (cluster.managedSecret === undefined || input.ApplyImmediately !== true)) {
    throw invalidCombination(
      'RotateMasterUserPassword requires a managed master user password and ApplyImmediately.',
    )
  }
  if (input.MasterUserSecretKmsKeyId !== undefined && !willBeManaged) {
    throw invalidCombination('MasterUserSecretKmsKeyId requires ManageMasterUserPassword.')
  }
}

function withPassword(moment: Moment, { cluster, input }: Modification): ClusterRecord {
  const isGenerated =
    input.RotateMasterUserPassword === true ||
    (input.ManageMasterUserPassword === true && cluster.managedSecret === undefined)
  const password = isGenerated ? generatedPassword() : input.MasterUserPassword
  if (password === undefined) return cluster
  const { newPassword, resettingMasterCredentialsMs } = moment.behaviour
  const isLate = newPassword === 'silently-late'
  const { masterPassword, masterPasswordFrom = -Infinity, formerMasterPasswords = [] } = cluster
  return {
    ...cluster,
    formerMasterPasswords: [...formerMasterPasswords, { password: masterPassword, from: masterPasswordFrom }],
    masterPassword: password,
    masterPasswordFrom: isLate ? moment.now + resettingMasterCredentialsMs : moment.now,
  }
}

function withSecret(moment: Moment, { cluster, input }: Modification): ClusterRecord {
  if (input.ManageMasterUserPassword === true && cluster.managedSecret === undefined) {
    const secret = managedSecret(moment, {
      clusterResourceId: cluster.resourceId,
      kmsKeyId: input.MasterUserSecretKmsKeyId,
    })
    return { ...cluster, managedSecret: secret }
  }
  if (input.ManageMasterUserPassword === false) {
    return { ...cluster, managedSecret: undefined }
  }
  if (input.RotateMasterUserPassword === true && cluster.managedSecret !== undefined) {
    return { ...cluster, managedSecret: { ...cluster.managedSecret, rotatedAt: moment.now } }
  }
  return cluster
}

// Everything else.

function withParameterGroup(moment: Moment, { cluster, input }: Modification): ClusterRecord {
  const name = input.DBClusterParameterGroupName
  if (name === undefined) return cluster
  const parameterGroup = clusterParameterGroup({ state: moment.state, owner: cluster, name })
  return { ...cluster, parameterGroup, parameterGroupChangedAt: moment.now }
}

function withServerlessV2Range(cluster: ClusterRecord, input: Request): ClusterRecord {
  const configuration = input.ServerlessV2ScalingConfiguration
  if (configuration === undefined) return cluster
  return { ...cluster, serverlessV2: parseServerlessV2Range({ configuration, ...cluster }) }
}

function withSecurityGroups(moment: Moment, { cluster, input }: Modification): ClusterRecord {
  const ids = input.VpcSecurityGroupIds
  if (ids === undefined || ids.length === 0) return cluster
  const group = subnetGroupOr404(moment.state, cluster.subnetGroup)
  return {
    ...cluster,
    vpcSecurityGroupIds: securityGroups({ state: moment.state, group, requested: ids }),
    formerSecurityGroups: {
      ids: activeSecurityGroups(cluster, moment.now),
      until: moment.now + moment.behaviour.changingSecurityGroupsMs,
    },
  }
}

function withPlainSettings(cluster: ClusterRecord, input: Request): ClusterRecord {
  return {
    ...cluster,
    backupRetentionPeriod: backupRetentionPeriod(
      input.BackupRetentionPeriod ?? cluster.backupRetentionPeriod,
    ),
    copyTagsToSnapshot: input.CopyTagsToSnapshot ?? cluster.copyTagsToSnapshot,
    deletionProtection: input.DeletionProtection ?? cluster.deletionProtection,
    iamDatabaseAuthentication: input.EnableIAMDatabaseAuthentication ?? cluster.iamDatabaseAuthentication,
    preferredBackupWindow: input.PreferredBackupWindow ?? cluster.preferredBackupWindow,
    preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? cluster.preferredMaintenanceWindow,
  }
}

/** Only at once is modelled; what the cluster was called is free again. [aurora §3] */
function withName(moment: Moment, { cluster, input }: Modification): ClusterRecord {
  if (input.NewDBClusterIdentifier === undefined) return cluster
  if (input.ApplyImmediately !== true)
    throw invalidCombination('The local cloud renames a cluster only with ApplyImmediately.')
  const identifier = parseIdentifier('NewDBClusterIdentifier', input.NewDBClusterIdentifier)
  refuseTakenIdentifier(moment, identifier)
  return { ...cluster, identifier, renamed: { from: cluster.identifier, at: moment.now } }
}

/** What a change passes through; protection, groups and the like change without a trace in the status. */
function statusesOf(moment: Moment, input: Request): readonly StatusStep[] {
  const { modifyingMs, newPassword, resettingMasterCredentialsMs } = moment.behaviour
  const changesPassword =
    input.MasterUserPassword !== undefined ||
    input.ManageMasterUserPassword === true ||
    input.RotateMasterUserPassword === true
  return [
    ...(changesPassword && newPassword === 'shown-in-status'
      ? [{ status: 'resetting-master-credentials', forMs: resettingMasterCredentialsMs }]
      : []),
    ...(input.NewDBClusterIdentifier === undefined ? [] : [{ status: 'renaming', forMs: modifyingMs }]),
    ...(input.EnableIAMDatabaseAuthentication === undefined
      ? []
      : [{ status: 'update-iam-db-auth', forMs: modifyingMs }]),
    ...(input.ServerlessV2ScalingConfiguration === undefined
      ? []
      : [{ status: 'modifying', forMs: modifyingMs }]),
  ]
}

function changed(moment: Moment, { cluster: { timeline }, input }: Modification): Timeline {
  const through = statusesOf(moment, input)
  if (through.length === 0) return timeline
  const event = {
    message: 'Finished applying modification to DB cluster',
    categories: ['configuration change'],
  }
  return rewritten(timeline, steps({ from: moment.now, through, last: { status: 'available', event } }))
}

export function modifyDBCluster(input: Request, moment: Moment): ModifyDBClusterResult {
  refuseUnmodelled(
    'ModifyDBCluster',
    Object.keys(input).filter((member) => !MODELLED.has(member)),
  )
  const cluster = clusterOr404(moment, input.DBClusterIdentifier ?? '')
  refuseUnlessModifiable(moment, cluster)
  refusePasswordRules(cluster, input)
  const settled = withPlainSettings(cluster, input)
  const secured = withSecurityGroups(moment, {
    cluster: withSecret(moment, { cluster: withPassword(moment, { cluster: settled, input }), input }),
    input,
  })
  const grouped = withParameterGroup(moment, { cluster: secured, input })
  const named = withName(moment, { cluster: grouped, input })
  const ranged = withServerlessV2Range(named, input)
  const modified = putCluster(moment, { ...ranged, timeline: changed(moment, { cluster, input }) })
  return { DBCluster: describedCluster(moment, modified) }
}
