import type {
  RestoreDBClusterToPointInTimeMessage,
  RestoreDBClusterToPointInTimeResult,
} from '@aws-sdk/client-rds'
import { AwsFault, invalidCombination, invalidValue, refuseUnmodelled } from './aws-fault.ts'
import {
  backtrackWindow,
  backupRetentionPeriod,
  engineLifecycleSupport,
  logExports,
  port,
  storageType,
} from './cluster-settings.ts'
import {
  addCluster,
  creationTimeline,
  describedCluster,
  newClusterIdentity,
  refuseUnlessRoomFor,
} from './clusters.ts'
import type { ClusterIdentity } from './clusters.ts'
import { engineNamed } from './engines.ts'
import { nameOf, parseArn, parseIdentifier } from './identifiers.ts'
import { restoreKmsKey } from './kms.ts'
import { masterPasswordInForce } from './marked-moments.ts'
import { clusterParameterGroup } from './parameter-groups.ts'
import { rdsFault } from './protocol/model.ts'
import { parseServerlessV2Range } from './serverless.ts'
import { clusterStatus, findCluster, liveClusters, membersOf, putCluster } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, Copy, Tags } from './records.ts'
import { networkType, refuseUnlessCovering, securityGroups, subnetGroupOr404 } from './subnet-groups.ts'
import { withTags } from './tags.ts'
import { GONE } from './timeline.ts'

type Request = RestoreDBClusterToPointInTimeMessage

/** A request whose source has been found. */
interface Restore {
  readonly moment: Moment
  readonly source: ClusterRecord
  readonly input: Request
}

// What the request may say at all.

const RESTORE_TYPES: readonly string[] = ['full-copy', 'copy-on-write']

/** A full copy where nothing is said. [aurora §1.1] */
function restoreType({ RestoreType: type = 'full-copy' }: Request): string {
  if (!RESTORE_TYPES.includes(type)) {
    throw invalidValue(`Invalid restore type: ${type}. Must be ${RESTORE_TYPES.join(' or ')}.`)
  }
  return type
}

/** [aurora §1.1] */
function refuseImpossibleTime(input: Request): void {
  const isLatest = input.UseLatestRestorableTime === true
  if (isLatest && input.RestoreToTime !== undefined) {
    throw invalidCombination('RestoreToTime and UseLatestRestorableTime cannot both be specified.')
  }
  if (!isLatest && input.RestoreToTime === undefined) {
    throw invalidCombination('Either RestoreToTime or UseLatestRestorableTime must be specified.')
  }
  if (input.RestoreToTime !== undefined && restoreType(input) === 'copy-on-write') {
    throw invalidCombination(
      "RestoreToTime can't be specified if the RestoreType parameter is copy-on-write.",
    )
  }
}

function refuseTimeOutsideWindow({ moment, source, input }: Restore): void {
  const time = input.RestoreToTime?.getTime()
  if (time !== undefined && (time < source.createdAt || time > moment.now)) {
    throw invalidValue(
      `The specified restore time is not within the restorable window of ${source.identifier}: ` +
        `${new Date(source.createdAt).toISOString()} to ${new Date(moment.now).toISOString()}.`,
    )
  }
}

/** [aurora §1.1, boto3 #4634] */
const ONLY_FOR_LIMITLESS: readonly (keyof Request)[] = [
  'EnablePerformanceInsights',
  'PerformanceInsightsKMSKeyId',
  'PerformanceInsightsRetentionPeriod',
  'MonitoringInterval',
  'MonitoringRoleArn',
]

/** Of Serverless v1 and of Multi-AZ clusters that are not Aurora. [aurora §1.1] */
const NOT_FOR_AURORA: readonly (keyof Request)[] = [
  'DBClusterInstanceClass',
  'EngineMode',
  'Iops',
  'PubliclyAccessible',
  'RdsCustomClusterConfiguration',
  'ScalingConfiguration',
]

/** What AWS takes here and this cloud has nothing for. */
const NOT_MODELLED: readonly (keyof Request)[] = [
  'AssociatedRoles',
  'Domain',
  'DomainIAMRoleName',
  'OptionGroupName',
  'TagSpecifications',
]

function refuseForeignFields(input: Request): void {
  if (ONLY_FOR_LIMITLESS.some((field) => input[field] !== undefined)) {
    throw invalidCombination(
      'You can enable Performance Insights or set the Enhanced Monitoring interval only when restoring from a source ' +
        'Aurora Limitless DB cluster',
    )
  }
  for (const field of NOT_FOR_AURORA) {
    if (input[field] !== undefined) throw invalidCombination(`${field} isn't supported for this DB cluster.`)
  }
}

// The source.

function sourceNotFound(name: string): AwsFault {
  const message = `The source cluster could not be found or cannot be accessed: ${name}`
  return rdsFault('DBClusterNotFoundFault', message)
}

/** By identifier, ARN or resource id. Clones never leave their Region. [aurora §1.1, §2.1] */
function sourceCluster(moment: Moment, input: Request): ClusterRecord {
  const { SourceDBClusterIdentifier: named, SourceDbClusterResourceId: resourceId } = input
  if (named !== undefined && resourceId !== undefined) {
    throw invalidCombination(
      'Specify either SourceDBClusterIdentifier or SourceDbClusterResourceId, not both.',
    )
  }
  if (resourceId !== undefined) {
    const source = liveClusters(moment).find((cluster) => cluster.resourceId === resourceId)
    if (source === undefined) throw sourceNotFound(resourceId)
    return source
  }
  if (named === undefined) {
    throw invalidCombination('SourceDBClusterIdentifier or SourceDbClusterResourceId must be specified.')
  }
  const arn = parseArn(named)
  if (arn !== undefined && arn.region !== moment.state.name) {
    throw invalidValue(`The source DB cluster ${named} must be in the same AWS Region as the clone.`)
  }
  const isOwn = arn === undefined || arn.accountId === moment.state.accountId
  const source = isOwn ? findCluster(moment, nameOf(named)) : undefined
  if (source === undefined) throw sourceNotFound(named)
  return source
}

const CLONEABLE: ReadonlySet<string> = new Set([
  'available',
  'backing-up',
  'maintenance',
  'modifying',
  'resetting-master-credentials',
  'storage-optimization',
])

/** The exact fault for a source that is stopped or has no instance is an open question. [aurora §14.3] */
function unusableSource(moment: Moment, message: string): AwsFault {
  return moment.behaviour.unusableSourceFault === 'InvalidParameterCombination'
    ? invalidCombination(message)
    : rdsFault('InvalidDBClusterStateFault', message)
}

/** [aurora §2.1] */
function refuseUnusableSource(moment: Moment, source: ClusterRecord, type: string): void {
  const { identifier, engine } = source
  if (engineNamed(engine)?.isAurora !== true) {
    throw invalidCombination(
      `DB cluster ${identifier} runs ${engine}, which can't be restored by Amazon Aurora.`,
    )
  }
  const status = clusterStatus(moment, source)
  const isOff = status === 'stopped' || status === 'stopping'
  // From the backups, which need neither a server nor an instance. (Aurora user guide, aurora-cluster-stop-start)
  if (type === 'full-copy' && isOff) return
  if (isOff) {
    throw unusableSource(moment, `The source DB cluster ${identifier} is in ${status} state.`)
  }
  if (!CLONEABLE.has(status) || source.deletionRequestedAt !== undefined) {
    throw rdsFault(
      'InvalidDBClusterStateFault',
      `The source DB cluster ${identifier} is not currently in the available state. Its status is ${status}.`,
    )
  }
  if (type === 'copy-on-write' && membersOf(moment, source).length === 0) {
    throw unusableSource(moment, `The source DB cluster ${identifier} must have at least one DB instance.`)
  }
}

/** [aurora §14.3] */
function refuseSecondCloneAtOnce(moment: Moment, source: ClusterRecord): void {
  const isBusy = liveClusters(moment).some(
    (cluster) => cluster.copiedFrom === source.resourceId && clusterStatus(moment, cluster) === 'creating',
  )
  if (isBusy && moment.behaviour.cloneWhileAnotherIsBeingMade === 'refuse') {
    throw rdsFault(
      'InvalidDBClusterStateFault',
      `Another clone of DB cluster ${source.identifier} is being created.`,
    )
  }
}

// Copy-on-write, or silently not.

/** Whether a clone still takes one of the places. [aurora §2.1, §14.2] */
function holdsSlot(moment: Moment, clone: ClusterRecord): boolean {
  if (clone.copy !== 'copy-on-write') return false
  return moment.behaviour.deletedCloneFreesItsSlot === 'when-gone'
    ? clusterStatus(moment, clone) !== GONE
    : clone.deletionRequestedAt === undefined
}

/** All that share the source's pages, or only its own clones. [aurora §2.1, §14.2] */
function copyOnWriteClones(moment: Moment, source: ClusterRecord): readonly ClusterRecord[] {
  const counts = (clone: ClusterRecord): boolean =>
    moment.behaviour.clonesOfClonesCount
      ? clone.family === source.family
      : clone.copiedFrom === source.resourceId
  return [...moment.state.clusters.values()].filter(
    (cluster) => counts(cluster) && holdsSlot(moment, cluster),
  )
}

/** With all places taken the next clone is a full copy, and nothing says so. [aurora §2.1] */
function kindOfCopy({ moment, source, input }: Restore): Exclude<Copy, 'original'> {
  if (restoreType(input) === 'full-copy') return 'full-copy'
  const isFull = copyOnWriteClones(moment, source).length >= moment.behaviour.copyOnWriteLimit
  return isFull ? 'full-copy' : 'copy-on-write'
}

/** Cloning gives source and clone one group; a restore to a point in time only passes it on. [aurora §2.2] */
function cloneGroupId(source: ClusterRecord, input: Request): string | undefined {
  if (source.cloneGroupId !== undefined || restoreType(input) === 'full-copy') return source.cloneGroupId
  return `clone-group-${source.resourceId.replace(/^cluster-/, '').toLowerCase()}`
}

// Values for the new cluster.

/** Tags in the request replace the source's; without any the source's travel. [aurora §1.3] */
const tagsFor = (source: ClusterRecord, { Tags: requested }: Request): Tags =>
  requested === undefined || requested.length === 0 ? source.tags : withTags({}, requested)

function serverlessV2Range(source: ClusterRecord, input: Request): Pick<ClusterRecord, 'serverlessV2'> {
  const configuration = input.ServerlessV2ScalingConfiguration
  if (configuration === undefined) return {}
  return { serverlessV2: parseServerlessV2Range({ configuration, ...source }) }
}

/** The words of AWS: awsdocs/amazon-aurora-user-guide#63. */
function restoreBacktrackWindow({ moment, source, input }: Restore): number {
  const window = backtrackWindow(source.engine, input.BacktrackWindow)
  const isRefused = moment.behaviour.backtrackWithoutThatOfTheSource === 'refuse'
  if (window > 0 && source.backtrackWindow === 0 && isRefused) {
    throw invalidCombination('Backtrack cannot currently be enabled for this cluster')
  }
  return window
}

/** [aurora §1.1, §14.7] */
function internetAccessGateway({ moment, source, input }: Restore): boolean {
  if (input.EnableInternetAccessGateway !== true) return false
  const isPossible =
    source.engine === 'aurora-postgresql' &&
    input.EnableVPCNetworking === false &&
    input.EnableIAMDatabaseAuthentication === true
  if (!isPossible || moment.behaviour.internetAccessGatewayOnClones === 'refuse') {
    throw invalidCombination("EnableInternetAccessGateway isn't supported for this DB cluster.")
  }
  return true
}

/**
 * Whatever the request leaves out falls back to a default, not to the source's value; tags, backup retention, key and
 * what belongs to the data are the exceptions. [aurora §1.3]
 */
function newCluster({ moment, source, input }: Restore, identity: ClusterIdentity): ClusterRecord {
  const { state, behaviour } = moment
  const group = subnetGroupOr404(state, input.DBSubnetGroupName ?? 'default')
  refuseUnlessCovering(group, source.availabilityZones)
  const copy = kindOfCopy({ moment, source, input })
  const groupId = cloneGroupId(source, input)
  return {
    ...identity,
    engine: source.engine,
    engineVersion: source.engineVersion,
    ...(source.databaseName !== undefined && { databaseName: source.databaseName }),
    masterUsername: source.masterUsername,
    masterPassword: masterPasswordInForce(moment.now, source),
    availabilityZones: source.availabilityZones,
    ...restoreKmsKey({ state, source, requested: input.KmsKeyId }),
    port: port(source.engine, input.Port),
    storageType: storageType(
      input.StorageType ?? (behaviour.storageTypeOnClones === 'inherited' ? source.storageType : undefined),
    ),
    subnetGroup: group.name,
    vpcSecurityGroupIds: securityGroups({ state, group, requested: input.VpcSecurityGroupIds }),
    parameterGroup: clusterParameterGroup({ state, owner: source, name: input.DBClusterParameterGroupName }),
    networkType: networkType(group, input.NetworkType),
    engineLifecycleSupport: engineLifecycleSupport(input.EngineLifecycleSupport),
    backupRetentionPeriod: backupRetentionPeriod(input.BackupRetentionPeriod ?? source.backupRetentionPeriod),
    preferredBackupWindow: input.PreferredBackupWindow ?? '03:00-03:30',
    preferredMaintenanceWindow: 'sun:04:00-sun:04:30',
    backtrackWindow: restoreBacktrackWindow({ moment, source, input }),
    deletionProtection: input.DeletionProtection ?? false,
    iamDatabaseAuthentication: input.EnableIAMDatabaseAuthentication ?? false,
    httpEndpointEnabled: behaviour.dataApiOnClones === 'inherited' && source.httpEndpointEnabled,
    internetAccessGateway: internetAccessGateway({ moment, source, input }),
    copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    logExports: logExports(source.engine, input.EnableCloudwatchLogsExports),
    ...serverlessV2Range(source, input),
    tags: tagsFor(source, input),
    copy,
    copiedFrom: source.resourceId,
    family: copy === 'copy-on-write' ? source.family : identity.resourceId,
    ...(groupId !== undefined && { cloneGroupId: groupId }),
    timeline: creationTimeline(
      moment,
      copy === 'copy-on-write' ? behaviour.clusterCreatingMs : behaviour.fullCopyCreatingMs,
    ),
  }
}

export function restoreDBClusterToPointInTime(
  input: Request,
  moment: Moment,
): RestoreDBClusterToPointInTimeResult {
  const identifier = parseIdentifier('DBClusterIdentifier', input.DBClusterIdentifier ?? '')
  refuseImpossibleTime(input)
  refuseForeignFields(input)
  refuseUnmodelled(
    'RestoreDBClusterToPointInTime',
    NOT_MODELLED.filter((member) => input[member] !== undefined),
  )
  const source = sourceCluster(moment, input)
  refuseUnlessRoomFor(moment, identifier)
  refuseUnusableSource(moment, source, restoreType(input))
  refuseTimeOutsideWindow({ moment, source, input })
  refuseSecondCloneAtOnce(moment, source)
  const ignored = moment.behaviour.ignoredByRestore.map((member) => [member, undefined])
  const heard: Request = { ...input, ...(Object.fromEntries(ignored) as Partial<Request>) }
  const clone = newCluster({ moment, source, input: heard }, newClusterIdentity(moment, identifier))
  const { cloneGroupId: groupId } = clone
  if (groupId !== undefined && groupId !== source.cloneGroupId)
    putCluster(moment, { ...source, cloneGroupId: groupId })
  return { DBCluster: describedCluster(moment, addCluster(moment, clone)) }
}
