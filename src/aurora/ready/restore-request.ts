import type {
  CreateDBInstanceMessage,
  RestoreDBClusterToPointInTimeMessage,
  ServerlessV2ScalingConfiguration,
} from '@aws-sdk/client-rds'
import { Failure } from '../../failure.ts'
import { canonicalLabel, cleanTagValue, timeMs } from '../../tag-value.ts'
import { offersDataApi, pausesAutomatically } from '../api/engine-version.ts'
import type { ClusterSnapshot, Tags } from '../api/snapshot.ts'
import { writerIdentifier } from '../clone/identity.ts'
import { type OwnedClone, ownerOf } from '../clone/ownership.ts'
import { MAKE_QUARANTINE, preparationText } from '../clone/preparation.ts'
import { resetRequestsText } from '../clone/reset-requests.ts'
import { type CloneShape, SERVERLESS_CLASS, shapeDigest } from '../clone/shape.ts'
import { MANAGED, NONE, TAG, readTags, isOwnTag, ownershipTags, tagList } from '../clone/tags.ts'
import type { Making, ReadyOrder } from './order.ts'

export interface CloneOrder
  extends
    Pick<ReadyOrder, 'identifier' | 'identity'>,
    Pick<Making, 'source' | 'repository' | 'label' | 'hold' | 'shape' | 'ttlMs' | 'resets' | 'replaces'> {
  /** The source as AWS gets it: the ARN if another account shares the cluster, otherwise its identifier. */
  readonly sourceName: string
  /** AWS's time right before the call. */
  readonly createdAtMs: number
}

const DEFAULT_MAX_ACU = 4
const DEFAULT_AUTO_PAUSE_SECONDS = 300

/**
 * The restore call of a clone. For nearly every field that is left out, AWS uses a default and not the source's value (RDS
 * API, RestoreDBClusterToPointInTime, field by field). So the call sends what the clone shares with its source. It also has
 * all tags: a cluster with only some of them could never be proven ours.
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
  if (shape.kmsKeyId !== undefined && source.isEncrypted === false)
    throw new Failure({
      title: 'Invalid input',
      what: `kms-key-id is set, but source cluster "${source.identifier}" is not encrypted, and AWS takes no key for a clone of it.`,
      remedy: 'Leave kms-key-id out.',
    })
  if (shape.ownCredentials) refuseWithoutDataApi(source, shape)
  refuseBeforeClean(source, shape)
  const securityGroupIds = networkOf(source, shape)
  return {
    DBClusterIdentifier: order.identifier,
    SourceDBClusterIdentifier: order.sourceName,
    ...(shape.restoreToTime === undefined
      ? { RestoreType: 'copy-on-write', UseLatestRestorableTime: true }
      : { RestoreType: 'full-copy', RestoreToTime: shape.restoreToTime }),
    BackupRetentionPeriod: 1,
    DeletionProtection: false,
    EnableIAMDatabaseAuthentication: shape.iamAuthentication ?? source.iamAuthentication,
    VpcSecurityGroupIds: securityGroupIds.length === 0 ? undefined : [...securityGroupIds],
    DBSubnetGroupName: shape.subnetGroup ?? source.subnetGroup,
    DBClusterParameterGroupName: shape.clusterParameterGroup ?? source.parameterGroup,
    Port: source.port,
    NetworkType: source.networkType,
    EngineLifecycleSupport: source.lifecycleSupport,
    KmsKeyId: shape.kmsKeyId,
    BacktrackWindow: shape.backtrackWindowSeconds,
    ServerlessV2ScalingConfiguration:
      shape.instanceClass === SERVERLESS_CLASS ? serverlessRange(source, shape) : undefined,
    Tags: tagList(clusterTags(source, order, sourceParameterGroup)),
  }
}

/** The backups of a sanitised clone begin with the rows that it had before. */
function refuseBeforeClean({ identifier, tags = {} }: ClusterSnapshot, { restoreToTime }: CloneShape): void {
  const { preparation } = readTags(tags)
  if (preparation.kind === 'none' || restoreToTime === undefined) return
  const publishedAtMs = timeMs(tags[TAG.readyAt])
  if (publishedAtMs !== undefined && restoreToTime.getTime() > publishedAtMs) return
  throw new Failure({
    title: 'Invalid input',
    what: `restore-to-time is not later than the sanitising of source "${identifier}", so the clone would have the data from before.`,
    remedy: 'Leave restore-to-time out, or choose a time after the source was published.',
  })
}

/** A clone that is prepared begins in its quarantine. */
function networkOf(
  source: ClusterSnapshot,
  { securityGroupIds, quarantineGroupIds }: CloneShape,
): readonly string[] {
  const published = securityGroupIds ?? source.securityGroupIds
  const shared = (quarantineGroupIds ?? []).filter((id) => published.includes(id))
  if (shared.length > 0)
    throw new Failure({
      title: 'Invalid input',
      what: `quarantine-security-group-ids names ${shared.join(', ')}, which the published clone has, too: that is no quarantine.`,
      remedy: `Make a group without rules for incoming traffic: ${MAKE_QUARANTINE}`,
    })
  return quarantineGroupIds ?? published
}

/** A password of the clone's own counts only after a login with it, which the Data API makes. T classes do not have it. */
function refuseWithoutDataApi(
  { identifier, engine, engineVersion }: ClusterSnapshot,
  { instanceClass }: CloneShape,
): void {
  const isOfT = /^db\.t\d/.test(instanceClass)
  if (!isOfT && offersDataApi(engine, engineVersion)) return
  throw new Failure({
    title: 'Invalid input',
    what: isOfT
      ? `master-credentials is managed, but instance-class ${instanceClass} does not have the RDS Data API.`
      : `master-credentials is managed, but ${engine} ${engineVersion} of source cluster "${identifier}" does not have the RDS Data API.`,
    remedy: isOfT
      ? 'Choose another instance-class, or leave master-credentials out.'
      : 'Upgrade the source, or leave master-credentials out.',
  })
}

/**
 * Without a range, AWS refuses `db.serverless` (Aurora user guide, aurora-managing-clone). The minimum is 0 if the engine can
 * pause.
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
 * The writer of a clone, from the clone's tags, which are those of the run that makes it (see `writerTags`). `tags`: the tags of
 * this run's user; `undefined` if the mode has none.
 */
export function writerRequest(clone: OwnedClone, tags: Tags | undefined): CreateDBInstanceMessage {
  const { cluster, instanceClass = SERVERLESS_CLASS, parameterGroup } = clone
  const found = tagList(cluster.tags ?? {})
  return {
    DBInstanceIdentifier: writerIdentifier(cluster.identifier),
    DBClusterIdentifier: cluster.identifier,
    Engine: cluster.engine,
    DBInstanceClass: instanceClass,
    // AWS would make it public in the subnet group named `default` (RDS API, CreateDBInstance, PubliclyAccessible).
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    MonitoringInterval: 0,
    // Instances do not inherit the cluster's tags. A hold concerns the cluster and stays there.
    Tags: [
      ...(tags === undefined
        ? found.filter(({ Key }) => !isOwnTag(Key) && !Key.startsWith('aws:'))
        : tagList(tagsForPeople(clone, clone.source.name ?? '', tags))),
      ...found.filter(({ Key }) => isOwnTag(Key) && Key !== TAG.hold),
    ],
    DBParameterGroupName: parameterGroup,
  }
}

/** What a run that makes the writer needs in the clone's tags. An earlier run with other inputs may have begun the clone. */
export function writerTags(
  clone: OwnedClone,
  { instanceClass, parameterGroup, tags }: Pick<CloneShape, 'instanceClass' | 'parameterGroup' | 'tags'>,
): Tags {
  return {
    ...tags,
    [TAG.instanceClass]: instanceClass,
    ...(parameterGroup === clone.parameterGroup ? {} : { [TAG.parameterGroup]: parameterGroup ?? NONE }),
  }
}

/**
 * The time up to which the clone is sure to have the data of its source. AWS does not say whether a copy-on-write clone has the data of
 * the moment or of the latest restorable time, which is the earlier one.
 */
function dataAsOf({ latestRestorableAtMs }: ClusterSnapshot, { shape, createdAtMs }: CloneOrder): Date {
  return shape.restoreToTime ?? new Date(Math.min(createdAtMs, latestRestorableAtMs ?? createdAtMs))
}

function clusterTags(
  source: ClusterSnapshot,
  order: CloneOrder,
  sourceParameterGroup: string | undefined,
): Tags {
  const { identity, shape } = order
  const parameterGroup = shape.parameterGroup ?? sourceParameterGroup
  const createdAt = new Date(order.createdAtMs).toISOString()
  return {
    ...tagsForPeople(order, source.identifier, shape.tags),
    ...ownershipTags(identity, order.identifier),
    [TAG.repository]: cleanTagValue(order.repository),
    [TAG.source]: source.identifier,
    [TAG.sourceResourceId]: source.resourceId,
    [TAG.createdAt]: createdAt,
    [TAG.dataAsOf]: dataAsOf(source, order).toISOString(),
    [TAG.expiresAt]: new Date(order.createdAtMs + order.ttlMs).toISOString(),
    [TAG.instanceClass]: shape.instanceClass,
    [TAG.shape]: shapeDigest(shape),
    ...(order.source.kind === 'key' ? { [TAG.sourceKey]: order.source.key } : {}),
    ...(order.label === undefined ? {} : { [TAG.label]: canonicalLabel(order.label) }),
    ...(order.hold === undefined ? {} : { [TAG.hold]: order.hold }),
    ...(parameterGroup === undefined ? {} : { [TAG.parameterGroup]: parameterGroup }),
    ...resetTags(order),
    ...(shape.ownCredentials ? { [TAG.credentials]: MANAGED } : {}),
    ...(shape.isPrepared ? { [TAG.sanitised]: preparationText({ kind: 'pending' }) } : {}),
  }
}

function resetTags({ resets, replaces }: CloneOrder): Tags {
  const met = resetRequestsText(resets)
  return {
    ...(met === '' ? {} : { [TAG.resets]: met }),
    ...(replaces === 0 ? {} : { [TAG.replaces]: String(replaces) }),
  }
}

/** The user's tags, and those that AWS's bills and consoles are filtered by. */
function tagsForPeople(clone: Pick<OwnedClone, 'identity'>, source: string, tags: Tags): Tags {
  const { pullRequest, key } = ownerOf(clone)
  const own = {
    ManagedBy: 'aurora-clone-action',
    Ephemeral: 'true',
    Environment: pullRequest === undefined ? key : `PR-${pullRequest}`,
    SourceCluster: source,
  }
  // Condition keys of IAM do not tell upper from lower case (IAM user guide, "Controlling access using tags").
  const replaced = new Set(Object.keys(tags).map((name) => name.toLowerCase()))
  const rest = Object.entries(own).filter(([name]) => !replaced.has(name.toLowerCase()))
  return { ...Object.fromEntries(rest), ...tags }
}
