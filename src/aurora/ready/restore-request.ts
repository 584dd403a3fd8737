import { createHash } from 'node:crypto'
import type {
  CreateDBInstanceMessage,
  RestoreDBClusterToPointInTimeMessage,
  ServerlessV2ScalingConfiguration,
  Tag,
} from '@aws-sdk/client-rds'
import { Failure } from '../failure.ts'
import { canonicalLabel, cleanTagValue } from '../tag-value.ts'
import { pausesAutomatically } from './engine-version.ts'
import { type CloneIdentity, pullRequestNumber, writerIdentifier } from './identity.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { type Tags, TAG, ownershipTags } from './tags.ts'

/** What the user asked the clone to look like; absent means "as the source" or "as AWS's default", see below. */
export interface CloneShape {
  readonly instanceClass: string
  readonly minAcu: number | undefined
  readonly maxAcu: number | undefined
  readonly autoPauseAfterSeconds: number | undefined
  readonly subnetGroup: string | undefined
  readonly securityGroupIds: readonly string[] | undefined
  readonly clusterParameterGroup: string | undefined
  readonly parameterGroup: string | undefined
  readonly kmsKeyId: string | undefined
  readonly iamAuthentication: boolean | undefined
  readonly backtrackWindowSeconds: number | undefined
  readonly restoreToTime: Date | undefined
  readonly tags: Tags
}

/** Tells shapes apart that were asked for with other inputs; the user's tags are none of it. */
export function shapeDigest({ tags: _, ...shape }: CloneShape): string {
  const asked = Object.entries(shape)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 8)
}

export interface CloneOrder {
  readonly identifier: string
  readonly identity: CloneIdentity
  /** The source as it is named to AWS: its ARN where another account shares it, else its identifier. */
  readonly sourceReference: string
  /** `owner/name`, for people who read the tags. */
  readonly repository: string
  readonly sourceKey: string | undefined
  readonly label: string | undefined
  readonly hold: string | undefined
  readonly shape: CloneShape
  readonly ttlMs: number
  /** AWS's time of right before the call. */
  readonly createdAtMs: number
}

const DEFAULT_MAX_ACU = 4
const DEFAULT_AUTO_PAUSE_SECONDS = 300
const SERVERLESS_CLASS = 'db.serverless'

/**
 * The restore call of a clone.
 *
 * AWS falls back to defaults, not to the source's values, for nearly everything that is left out (RDS API,
 * RestoreDBClusterToPointInTime, field by field), so what the clone shall share with its source is read there and sent. All
 * tags go into this very call: a cluster that carries only some of them could never be told from somebody else's.
 */
export function restoreRequest(
  source: ClusterSnapshot,
  order: CloneOrder,
  sourceParameterGroup: string | undefined,
): RestoreDBClusterToPointInTimeMessage {
  const { shape } = order
  if (shape.backtrackWindowSeconds !== undefined && source.engine !== 'aurora-mysql')
    throw new Failure({
      title: 'Invalid input',
      what: `backtrack-window is set, but source cluster "${source.identifier}" is ${source.engine}: only Aurora MySQL has Backtrack.`,
      remedy: 'Leave backtrack-window out.',
    })
  const clusterParameterGroup = shape.clusterParameterGroup ?? source.parameterGroup
  const subnetGroup = shape.subnetGroup ?? source.subnetGroup
  return {
    DBClusterIdentifier: order.identifier,
    SourceDBClusterIdentifier: order.sourceReference,
    ...(shape.restoreToTime === undefined
      ? { RestoreType: 'copy-on-write', UseLatestRestorableTime: true }
      : { RestoreType: 'full-copy', RestoreToTime: shape.restoreToTime }),
    BackupRetentionPeriod: 1,
    DeletionProtection: false,
    EnableIAMDatabaseAuthentication: shape.iamAuthentication ?? source.iamAuthentication,
    VpcSecurityGroupIds: [...(shape.securityGroupIds ?? source.securityGroupIds)],
    Tags: tagList(clusterTags(source, order, sourceParameterGroup)),
    ...(subnetGroup === undefined ? {} : { DBSubnetGroupName: subnetGroup }),
    ...(clusterParameterGroup === undefined ? {} : { DBClusterParameterGroupName: clusterParameterGroup }),
    ...(source.port === undefined ? {} : { Port: source.port }),
    ...(source.networkType === undefined ? {} : { NetworkType: source.networkType }),
    ...(source.lifecycleSupport === undefined ? {} : { EngineLifecycleSupport: source.lifecycleSupport }),
    ...(shape.kmsKeyId === undefined ? {} : { KmsKeyId: shape.kmsKeyId }),
    ...(shape.backtrackWindowSeconds === undefined ? {} : { BacktrackWindow: shape.backtrackWindowSeconds }),
    ...(shape.instanceClass === SERVERLESS_CLASS
      ? { ServerlessV2ScalingConfiguration: serverlessRange(source, shape) }
      : {}),
  }
}

/**
 * Without a range the cluster takes no `db.serverless` instance (Aurora user guide, aurora-managing-clone). It goes down to
 * zero, paused when nobody uses it, where the engine can do that.
 */
function serverlessRange(source: ClusterSnapshot, shape: CloneShape): ServerlessV2ScalingConfiguration {
  const canPause = pausesAutomatically(source.engine, source.engineVersion)
  const min = shape.minAcu ?? (canPause ? 0 : 0.5)
  const max = shape.maxAcu ?? Math.max(DEFAULT_MAX_ACU, min)
  if (min === 0 && !canPause)
    throw new Failure({
      title: 'Invalid input',
      what: `min-acu is 0, but ${source.engine} ${source.engineVersion} of source cluster "${source.identifier}" cannot pause.`,
      remedy: 'Set min-acu to 0.5 or more, or upgrade the source.',
    })
  if (min > max)
    throw new Failure({
      title: 'Invalid input',
      what: `min-acu (${min}) is more than max-acu (${max}).`,
      remedy: 'Set max-acu to at least min-acu.',
    })
  if (min !== 0 && shape.autoPauseAfterSeconds !== undefined)
    throw new Failure({
      title: 'Invalid input',
      what: `auto-pause-after is set, but the clone's minimum is ${min} ACU: only a minimum of 0 can pause.`,
      remedy: 'Leave auto-pause-after out, or set min-acu to 0 on an engine version that supports it.',
    })
  return {
    MinCapacity: min,
    MaxCapacity: max,
    ...(min === 0
      ? { SecondsUntilAutoPause: shape.autoPauseAfterSeconds ?? DEFAULT_AUTO_PAUSE_SECONDS }
      : {}),
  }
}

/**
 * The writer of a clone, from the cluster's own tags: whichever run comes to make it, it is the same. The class and the
 * parameter group were decided when the clone was restored.
 */
export function writerRequest(cluster: ClusterSnapshot): CreateDBInstanceMessage {
  const tags = cluster.tags ?? {}
  const parameterGroup = tags[TAG.parameterGroup]
  return {
    DBInstanceIdentifier: writerIdentifier(cluster.identifier),
    DBClusterIdentifier: cluster.identifier,
    Engine: cluster.engine,
    DBInstanceClass: tags[TAG.instanceClass] ?? SERVERLESS_CLASS,
    // AWS would make it public in the subnet group named `default` (RDS API, CreateDBInstance, PubliclyAccessible).
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    EnablePerformanceInsights: false,
    MonitoringInterval: 0,
    // Instances do not inherit their cluster's tags. A hold is a person's word about the cluster and stays there.
    Tags: tagList(
      Object.fromEntries(Object.entries(tags).filter(([key]) => key !== TAG.hold && !key.startsWith('aws:'))),
    ),
    ...(parameterGroup === undefined ? {} : { DBParameterGroupName: parameterGroup }),
  }
}

function clusterTags(
  source: ClusterSnapshot,
  order: CloneOrder,
  sourceParameterGroup: string | undefined,
): Tags {
  const { identity, shape } = order
  const number = pullRequestNumber(identity.key)
  const parameterGroup = shape.parameterGroup ?? sourceParameterGroup
  const createdAt = new Date(order.createdAtMs).toISOString()
  return {
    ManagedBy: 'aurora-clone-action',
    Ephemeral: 'true',
    Environment: number === undefined ? identity.key : `PR-${number}`,
    SourceCluster: source.identifier,
    ...shape.tags,
    ...ownershipTags(identity, order.identifier),
    [TAG.repository]: cleanTagValue(order.repository),
    [TAG.source]: source.identifier,
    [TAG.sourceResourceId]: source.resourceId,
    [TAG.createdAt]: createdAt,
    [TAG.dataAsOf]: shape.restoreToTime?.toISOString() ?? createdAt,
    [TAG.expiresAt]: new Date(order.createdAtMs + order.ttlMs).toISOString(),
    [TAG.instanceClass]: shape.instanceClass,
    [TAG.shape]: shapeDigest(shape),
    ...(order.sourceKey === undefined ? {} : { [TAG.sourceKey]: order.sourceKey }),
    ...(order.label === undefined ? {} : { [TAG.label]: canonicalLabel(order.label) }),
    ...(order.hold === undefined ? {} : { [TAG.hold]: order.hold }),
    ...(parameterGroup === undefined ? {} : { [TAG.parameterGroup]: parameterGroup }),
  }
}

function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
