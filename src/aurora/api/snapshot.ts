import type { DBCluster, DBInstance, Tag } from '@aws-sdk/client-rds'
import { quote } from '../../quotation.ts'

/** Tags of one resource. In a snapshot, `undefined` means unknown (AWS did not show them), never "none". */
export type Tags = Readonly<Record<string, string>>

/** One cluster as AWS described it, parsed once. A missing list differs from an empty one. */
export interface ClusterSnapshot {
  readonly identifier: string
  readonly arn: string
  /** `cluster-ABC…`: immutable. A new cluster under the same name has another one. */
  readonly resourceId: string
  readonly status: string
  readonly engine: string
  readonly engineVersion: string
  readonly endpoint: string | undefined
  readonly readerEndpoint: string | undefined
  readonly port: number | undefined
  readonly databaseName: string | undefined
  readonly masterUsername: string | undefined
  readonly secretArn: string | undefined
  /** `creating`, `active`, `rotating` or `impaired`. */
  readonly secretStatus: string | undefined
  /** The RDS Data API is on. */
  readonly hasDataApi: boolean
  readonly tags: Tags | undefined
  readonly members: readonly ClusterMember[]
  readonly cloneGroupId: string | undefined
  readonly deletionProtection: boolean
  readonly createdAtMs: number | undefined
  readonly hasPendingChanges: boolean
  readonly isReplica: boolean
  readonly isGlobalMember: boolean
  readonly subnetGroup: string | undefined
  readonly securityGroupIds: readonly string[]
  /** A group is being added or removed, so that the list is not in force yet. */
  readonly isMoving: boolean
  readonly parameterGroup: string | undefined
  readonly networkType: string | undefined
  readonly iamAuthentication: boolean
  readonly lifecycleSupport: string | undefined
  /** `undefined` if AWS does not say it. */
  readonly isEncrypted: boolean | undefined
  /** `none`, `sse-rds` or `sse-kms`. */
  readonly encryption: string | undefined
  /** The ARN of its key. */
  readonly kmsKeyId: string | undefined
  /** `undefined`: it has no Backtrack. */
  readonly backtrackWindowSeconds: number | undefined
  /** `undefined`: AWS does not say how far back it can go. */
  readonly earliestBacktrackAtMs: number | undefined
  /** `aurora-iopt1` is I/O-Optimized; AWS leaves out `aurora`. */
  readonly storageType: string | undefined
  readonly capacity: Capacity | undefined
  /** `false` for clusters that only an internet access gateway reaches. */
  readonly isInVpc: boolean
  readonly isLimitless: boolean
  /** The latest data that a restore is sure to have. */
  readonly latestRestorableAtMs: number | undefined
}

/** The range of a Serverless v2 cluster, in ACUs. */
export interface Capacity {
  readonly min: number
  readonly max: number
  /** The idle time after which it pauses; only with a minimum of 0. */
  readonly pausesAfterSeconds: number | undefined
}

export interface ClusterMember {
  readonly identifier: string
  readonly isWriter: boolean
  readonly parameterGroupStatus: string | undefined
}

export interface InstanceSnapshot {
  readonly identifier: string
  readonly clusterIdentifier: string | undefined
  readonly status: string
  readonly instanceClass: string | undefined
  readonly parameterGroup: string | undefined
  readonly hasPendingChanges: boolean
  readonly tags: Tags | undefined
}

/** RDS keeps identifiers in lower case, however the caller wrote them (RDS API, CreateDBCluster). */
export function clusterSnapshot(cluster: DBCluster): ClusterSnapshot {
  return {
    identifier: (cluster.DBClusterIdentifier ?? '').toLowerCase(),
    arn: cluster.DBClusterArn ?? '',
    resourceId: cluster.DbClusterResourceId ?? '',
    status: statusOf(cluster.Status),
    engine: cluster.Engine ?? '',
    engineVersion: cluster.EngineVersion ?? '',
    endpoint: cluster.Endpoint,
    readerEndpoint: cluster.ReaderEndpoint,
    port: cluster.Port,
    databaseName: cluster.DatabaseName,
    masterUsername: cluster.MasterUsername,
    secretArn: cluster.MasterUserSecret?.SecretArn,
    secretStatus: cluster.MasterUserSecret?.SecretStatus,
    hasDataApi: cluster.HttpEndpointEnabled === true,
    tags: tagsOf(cluster.TagList),
    members: (cluster.DBClusterMembers ?? []).map((member) => ({
      identifier: (member.DBInstanceIdentifier ?? '').toLowerCase(),
      isWriter: member.IsClusterWriter === true,
      parameterGroupStatus: member.DBClusterParameterGroupStatus,
    })),
    cloneGroupId: cluster.CloneGroupId,
    // Unknown counts as on.
    deletionProtection: cluster.DeletionProtection !== false,
    createdAtMs: msOf(cluster.ClusterCreateTime),
    hasPendingChanges: hasEntries(cluster.PendingModifiedValues),
    isReplica: (cluster.ReplicationSourceIdentifier ?? '') !== '',
    isGlobalMember: (cluster.GlobalClusterIdentifier ?? '') !== '',
    subnetGroup: cluster.DBSubnetGroup,
    isMoving: (cluster.VpcSecurityGroups ?? []).some(({ Status: status = 'active' }) => status !== 'active'),
    securityGroupIds: (cluster.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
    parameterGroup: cluster.DBClusterParameterGroup,
    networkType: cluster.NetworkType,
    iamAuthentication: cluster.IAMDatabaseAuthenticationEnabled === true,
    lifecycleSupport: cluster.EngineLifecycleSupport,
    isEncrypted: cluster.StorageEncrypted,
    encryption: cluster.StorageEncryptionType,
    kmsKeyId: cluster.KmsKeyId,
    backtrackWindowSeconds: cluster.BacktrackWindow,
    earliestBacktrackAtMs: msOf(cluster.EarliestBacktrackTime),
    storageType: cluster.StorageType,
    capacity: capacityOf(cluster),
    isInVpc: cluster.VPCNetworkingEnabled !== false,
    isLimitless: cluster.ClusterScalabilityType === 'limitless',
    latestRestorableAtMs: msOf(cluster.LatestRestorableTime),
  }
}

/** Only then can AWS take it back to an earlier time (Aurora user guide, "Backtracking an Aurora DB cluster"). */
export function hasBacktrack({ backtrackWindowSeconds = 0 }: ClusterSnapshot): boolean {
  return backtrackWindowSeconds > 0
}

function msOf(time: Date | undefined): number | undefined {
  return time?.getTime()
}

function capacityOf({ ServerlessV2ScalingConfiguration: range }: DBCluster): Capacity | undefined {
  const { MinCapacity: min, MaxCapacity: max, SecondsUntilAutoPause: pausesAfterSeconds } = range ?? {}
  return min === undefined || max === undefined ? undefined : { min, max, pausesAfterSeconds }
}

export function instanceSnapshot(instance: DBInstance): InstanceSnapshot {
  return {
    identifier: (instance.DBInstanceIdentifier ?? '').toLowerCase(),
    clusterIdentifier: instance.DBClusterIdentifier?.toLowerCase(),
    status: statusOf(instance.DBInstanceStatus),
    instanceClass: instance.DBInstanceClass,
    parameterGroup: instance.DBParameterGroups?.[0]?.DBParameterGroupName,
    hasPendingChanges: hasEntries(instance.PendingModifiedValues),
    tags: tagsOf(instance.TagList),
  }
}

/** Quoted and short, since messages repeat it. */
function statusOf(status: string | undefined): string {
  return status === undefined ? 'unknown' : quote(status, 60)
}

function tagsOf(list: readonly Tag[] | undefined): Tags | undefined {
  if (list === undefined) return undefined
  return Object.fromEntries(
    list.flatMap(({ Key: key, Value: value }) => (key === undefined ? [] : [[key, value ?? '']])),
  )
}

/** AWS answers `{}` for "nothing pending", and the SDK fills absent members with `undefined`. */
function hasEntries(values: object | undefined): boolean {
  return values !== undefined && Object.values(values).some((value) => value !== undefined)
}
