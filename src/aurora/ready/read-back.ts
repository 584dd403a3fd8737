import type { CreateDBInstanceMessage, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import type { ClusterSnapshot, InstanceSnapshot } from '../api/snapshot.ts'
import { isOwnTag } from '../clone/tags.ts'

/** The calls that AWS accepted for a clone. */
export interface Asked {
  readonly restore: RestoreDBClusterToPointInTimeMessage
  /** `undefined`: another run made the writer. */
  readonly writer?: CreateDBInstanceMessage
}

/** A part of a clone that AWS made otherwise than it was asked to, by the input that sets it. */
export interface Difference {
  readonly input: string
  readonly asked: string
  readonly found: string
}

type Value = string | number | boolean | undefined

const NONE = 'none'

/**
 * What AWS describes otherwise than it was asked for, once the clone is ready. AWS's texts contradict each other about what a
 * restore takes over (RDS API, RestoreDBClusterToPointInTime). What was left to AWS, or what AWS does not describe, is no
 * difference. Pure.
 */
export function readBack(
  { restore, writer: asked }: Asked,
  { cluster, writer }: Readonly<{ cluster: ClusterSnapshot; writer: InstanceSnapshot }>,
): readonly Difference[] {
  const { ServerlessV2ScalingConfiguration: range = {} } = restore
  const { min, max, pausesAfterSeconds } = cluster.capacity ?? {}
  const rows: readonly (readonly [input: string, asked: Value, found: Value])[] = [
    ['instance-class', asked?.DBInstanceClass, writer.instanceClass],
    ['db-parameter-group-name', lower(asked?.DBParameterGroupName), lower(writer.parameterGroup)],
    ['min-acu', range.MinCapacity, cluster.capacity === undefined ? NONE : min],
    ['max-acu', range.MaxCapacity, cluster.capacity === undefined ? NONE : max],
    ['auto-pause-after', seconds(range.SecondsUntilAutoPause), seconds(pausesAfterSeconds)],
    ['db-subnet-group-name', lower(restore.DBSubnetGroupName), lower(cluster.subnetGroup)],
    ['vpc-security-group-ids', listed(restore.VpcSecurityGroupIds), listed(cluster.securityGroupIds)],
    [
      'db-cluster-parameter-group-name',
      lower(restore.DBClusterParameterGroupName),
      lower(cluster.parameterGroup),
    ],
    ['kms-key-id', keyId(restore.KmsKeyId), cluster.isEncrypted === false ? NONE : keyId(cluster.kmsKeyId)],
    ['iam-database-authentication', restore.EnableIAMDatabaseAuthentication, cluster.iamAuthentication],
    ['backtrack-window', seconds(restore.BacktrackWindow), seconds(cluster.backtrackWindowSeconds ?? 0)],
    ['the port', restore.Port, cluster.port],
    ['the network type', restore.NetworkType, cluster.networkType],
    ['the engine lifecycle support', restore.EngineLifecycleSupport, cluster.lifecycleSupport],
    ...(restore.Tags ?? [])
      .filter(({ Key = '' }) => !isOwnTag(Key))
      .map(({ Key = '', Value }) => [`tag ${Key}`, Value, cluster.tags?.[Key] ?? NONE] as const),
  ]
  return rows.flatMap(([input, wanted, found]) =>
    wanted === undefined || found === undefined || wanted === found
      ? []
      : [{ input, asked: String(wanted), found: String(found) }],
  )
}

/** RDS keeps names in lower case (RDS API, CreateDBClusterParameterGroup). */
function lower(name: string | undefined): string | undefined {
  return name?.toLowerCase()
}

function seconds(count: number | undefined): string | undefined {
  return count === undefined ? undefined : `${count}s`
}

function listed(ids: readonly string[] | undefined): string | undefined {
  return ids?.toSorted().join(', ')
}

/** AWS describes a key by its ARN, whose end is the key's id. Only a call to KMS could tell what an alias means. */
function keyId(key: string | undefined): string | undefined {
  return key === undefined || /(?:^|:)alias\//.test(key) ? undefined : key.split('/').at(-1)
}
