import type { DBCluster, DBClusterMember } from '@aws-sdk/client-rds'
import { addressBy } from './behaviour.ts'
import type { EndpointLocation, EndpointOwner } from './endpoints.ts'
import { failurePhases } from './failure-scripts.ts'
import { arnOf, parseArn, resourceId } from './identifiers.ts'
import { earliestBacktrackTime, masterPasswordInForce } from './marked-moments.ts'
import { rdsFault } from './protocol/model.ts'
import { clusterStatus, findCluster, liveClusters, membersOf, putCluster, writerOf } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord } from './records.ts'
import { activeSecurityGroups, describedSecurityGroups } from './subnet-groups.ts'
import { tagList } from './tags.ts'
import { rewritten, steps } from './timeline.ts'
import type { Timeline } from './timeline.ts'
import type { ClusterView } from './views.ts'

/** The zone that AWS's endpoint names live in; the same for every cluster of a Region. */
const HOSTED_ZONE_ID = 'Z2R2ITUGPM61AM'

interface ClusterEndpoint {
  readonly cluster: ClusterRecord
  readonly kind: Exclude<EndpointOwner['kind'], 'instance'>
}

export function clusterEndpoint(moment: Moment, { cluster, kind }: ClusterEndpoint): EndpointLocation {
  return addressBy(moment.behaviour)({
    kind,
    identifier: cluster.identifier,
    clusterIdentifier: cluster.identifier,
    clusterResourceId: cluster.resourceId,
    engine: cluster.engine,
    accountId: moment.state.accountId,
    region: moment.state.name,
    port: cluster.port,
  })
}

/** Lists without members are left out, unless the behaviour says otherwise. [aurora §4.5] */
export function listed<Item>(moment: Moment, items: readonly Item[]): Item[] | undefined {
  return items.length === 0 && moment.behaviour.emptyLists === 'absent' ? undefined : [...items]
}

function members(moment: Moment, cluster: ClusterRecord): DBClusterMember[] {
  const writer = writerOf(moment, cluster)
  return membersOf(moment, cluster).map((member) => ({
    DBInstanceIdentifier: member.identifier,
    IsClusterWriter: member.resourceId === writer?.resourceId,
    DBClusterParameterGroupStatus:
      member.createdAt < (cluster.parameterGroupChangedAt ?? -Infinity) ? 'pending-reboot' : 'in-sync',
    PromotionTier: member.promotionTier,
  }))
}

/** With no instance to log in to, the secret stays `creating`. [aurora §10] */
function masterUserSecret(moment: Moment, cluster: ClusterRecord): DBCluster['MasterUserSecret'] {
  const { managedSecret } = cluster
  if (managedSecret === undefined) return undefined
  const { arn, requestedAt, rotatedAt = -Infinity } = managedSecret
  const { secretCreatingMs } = moment.behaviour
  const isMade = membersOf(moment, cluster).length > 0 && moment.now >= requestedAt + secretCreatingMs
  const isRotating = moment.now < rotatedAt + secretCreatingMs
  return {
    SecretArn: arn,
    SecretStatus: isMade ? (isRotating ? 'rotating' : 'active') : 'creating',
    KmsKeyId: managedSecret.kmsKeyId,
  }
}

function serverlessV2(cluster: ClusterRecord): DBCluster['ServerlessV2ScalingConfiguration'] {
  const range = cluster.serverlessV2
  return range === undefined
    ? undefined
    : {
        MinCapacity: range.minCapacity,
        MaxCapacity: range.maxCapacity,
        SecondsUntilAutoPause: range.secondsUntilAutoPause,
      }
}

export function describedCluster(moment: Moment, cluster: ClusterRecord): DBCluster {
  const endpoint = clusterEndpoint(moment, { cluster, kind: 'cluster' })
  return {
    AllocatedStorage: 1,
    AvailabilityZones: [...cluster.availabilityZones],
    BackupRetentionPeriod: cluster.backupRetentionPeriod,
    DatabaseName: cluster.databaseName,
    DBClusterIdentifier: cluster.identifier,
    DBClusterParameterGroup: cluster.parameterGroup,
    DBSubnetGroup: cluster.subnetGroup,
    Status: clusterStatus(moment, cluster),
    EarliestRestorableTime: new Date(cluster.createdAt),
    LatestRestorableTime: new Date(
      Math.min(moment.now - moment.behaviour.latestRestorableLagMs, cluster.restorableUntil ?? Infinity),
    ),
    // Known from the first answer on, long before its name resolves. [aurora §0.2]
    Endpoint: endpoint.address,
    ReaderEndpoint: clusterEndpoint(moment, { cluster, kind: 'reader' }).address,
    Port: endpoint.port,
    MultiAZ: membersOf(moment, cluster).length > 1,
    Engine: cluster.engine,
    EngineVersion: cluster.engineVersion,
    EngineMode: 'provisioned',
    EngineLifecycleSupport: cluster.engineLifecycleSupport,
    MasterUsername: cluster.masterUsername,
    MasterUserSecret: masterUserSecret(moment, cluster),
    PreferredBackupWindow: cluster.preferredBackupWindow,
    PreferredMaintenanceWindow: cluster.preferredMaintenanceWindow,
    DBClusterMembers: listed(moment, members(moment, cluster)),
    VpcSecurityGroups: listed(moment, describedSecurityGroups(moment, cluster)),
    HostedZoneId: HOSTED_ZONE_ID,
    StorageEncrypted: cluster.storageEncrypted,
    StorageType: cluster.storageType === 'aurora' ? undefined : cluster.storageType,
    KmsKeyId: cluster.kmsKeyId,
    DbClusterResourceId: cluster.resourceId,
    DBClusterArn: cluster.arn,
    IAMDatabaseAuthenticationEnabled: cluster.iamDatabaseAuthentication,
    CloneGroupId: cluster.cloneGroupId,
    ClusterCreateTime: new Date(cluster.createdAt),
    ...backtrackDetails(moment, cluster),
    EnabledCloudwatchLogsExports: listed(moment, cluster.logExports),
    DeletionProtection: cluster.deletionProtection,
    HttpEndpointEnabled: cluster.httpEndpointEnabled,
    CopyTagsToSnapshot: cluster.copyTagsToSnapshot,
    CrossAccountClone: false,
    TagList: listed(moment, tagList(cluster.tags)),
    NetworkType: cluster.networkType,
    AutomaticRestartTime:
      clusterStatus(moment, cluster) === 'stopped' && cluster.automaticRestartAt !== undefined
        ? new Date(cluster.automaticRestartAt)
        : undefined,
    ServerlessV2ScalingConfiguration: serverlessV2(cluster),
    AutoMinorVersionUpgrade: true,
    InternetAccessGatewayEnabled: cluster.internetAccessGateway ? true : undefined,
  }
}

/** AWS counts change records; here every marked moment is one. */
function backtrackDetails({ now }: Moment, cluster: ClusterRecord): Partial<DBCluster> {
  const { backtrackWindow: window, markedMoments = [] } = cluster
  if (window === 0) return {}
  return {
    EarliestBacktrackTime: new Date(earliestBacktrackTime(now, cluster)),
    BacktrackWindow: window,
    BacktrackConsumedChangeRecords: markedMoments.length,
  }
}

export function clusterOr404(moment: Moment, identifierOrArn: string): ClusterRecord {
  const arn = parseArn(identifierOrArn)
  const identifier = arn?.name ?? identifierOrArn
  const cluster =
    arn !== undefined && arn.region !== moment.state.name ? undefined : findCluster(moment, identifier)
  if (cluster === undefined) throw rdsFault('DBClusterNotFoundFault', `DBCluster ${identifier} not found.`)
  return cluster
}

export function refuseTakenIdentifier(moment: Moment, identifier: string): void {
  if (findCluster(moment, identifier) !== undefined) {
    // Also while the old one is `deleting`: the name is free once Describe says NotFound. [aurora §6.10]
    throw rdsFault('DBClusterAlreadyExistsFault', 'DB Cluster already exists')
  }
}

/** What is the same for every way of making a cluster: its name must be free, and the quota not used up. */
export function refuseUnlessRoomFor(moment: Moment, identifier: string): void {
  refuseTakenIdentifier(moment, identifier)
  if (liveClusters(moment).length >= moment.behaviour.clusterQuota) {
    throw rdsFault(
      'DBClusterQuotaExceededFault',
      `You have exceeded the maximum number of DB clusters allowed: ${moment.behaviour.clusterQuota}.`,
    )
  }
}

export interface ClusterIdentity {
  readonly identifier: string
  readonly arn: string
  readonly resourceId: string
  readonly createdAt: number
}

export function newClusterIdentity(moment: Moment, identifier: string): ClusterIdentity {
  const { accountId, name: region, clusters } = moment.state
  return {
    identifier,
    arn: arnOf({ region, accountId, kind: 'cluster', name: identifier }),
    resourceId: resourceId('cluster', `${accountId}/${region}/${clusters.size}`),
    createdAt: moment.now,
  }
}

export function creationTimeline(moment: Moment, creatingMs: number): Timeline {
  return steps({
    from: moment.now,
    through: [{ status: 'creating', forMs: creatingMs }, ...moment.behaviour.flapping],
    last: { status: 'available', event: { message: 'DB cluster created', categories: ['creation'] } },
  })
}

/** Puts a new cluster into the Region, together with the failures that were scripted for it. */
export function addCluster(moment: Moment, cluster: ClusterRecord): ClusterRecord {
  putCluster(moment, cluster)
  const failures = moment.scripts.clusters.take(clusterView(moment, cluster))
  const timeline = failures.reduce(
    (life, failure) => rewritten(life, failurePhases(failure, cluster.createdAt)),
    cluster.timeline,
  )
  return putCluster(moment, { ...cluster, timeline })
}

export function clusterView(moment: Moment, cluster: ClusterRecord): ClusterView {
  return {
    ...cluster,
    status: clusterStatus(moment, cluster),
    endpoint: clusterEndpoint(moment, { cluster, kind: 'cluster' }),
    readerEndpoint: clusterEndpoint(moment, { cluster, kind: 'reader' }),
    members: membersOf(moment, cluster).map((member) => member.identifier),
    writer: writerOf(moment, cluster)?.identifier,
    masterPasswordInForce: masterPasswordInForce(moment.now, cluster),
    activeSecurityGroups: activeSecurityGroups(cluster, moment.now),
  }
}
