import type { DBInstance } from '@aws-sdk/client-rds'
import { addressBy } from './behaviour.ts'
import { describedSecurityGroups, describedSubnetGroup } from './subnet-groups.ts'
import { listed } from './clusters.ts'
import type { EndpointLocation } from './endpoints.ts'
import { failurePhases } from './failure-scripts.ts'
import { arnOf, nameOf, resourceId } from './identifiers.ts'
import { rdsFault } from './protocol/model.ts'
import { findInstance, instanceStatus, putInstance, writerOf } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, InstanceRecord } from './records.ts'
import { tagList } from './tags.ts'
import { rewritten, steps } from './timeline.ts'
import type { Timeline } from './timeline.ts'
import type { InstanceView } from './views.ts'

export const clusterOf = (moment: Moment, instance: InstanceRecord): ClusterRecord | undefined =>
  instance.clusterResourceId === undefined ? undefined : moment.state.clusters.get(instance.clusterResourceId)

/** The cluster as an instance names it. */
export function shownClusterOf(moment: Moment, instance: InstanceRecord): string | undefined {
  const cluster = clusterOf(moment, instance)
  const { renamed } = cluster ?? {}
  const isOld =
    renamed !== undefined && moment.now < renamed.at + moment.behaviour.renamedClusterInstancesLagMs
  return isOld ? renamed.from : cluster?.identifier
}

function instanceEndpoint(moment: Moment, instance: InstanceRecord): EndpointLocation | undefined {
  const cluster = clusterOf(moment, instance)
  if (cluster === undefined) return undefined
  return addressBy(moment.behaviour)({
    kind: 'instance',
    identifier: instance.identifier,
    clusterIdentifier: cluster.identifier,
    clusterResourceId: cluster.resourceId,
    engine: cluster.engine,
    accountId: moment.state.accountId,
    region: moment.state.name,
    port: cluster.port,
  })
}

export function describedInstance(moment: Moment, instance: InstanceRecord): DBInstance {
  const status = instanceStatus(moment, instance)
  const cluster = clusterOf(moment, instance)
  const endpoint = status === 'creating' ? undefined : instanceEndpoint(moment, instance)
  const subnetGroup = cluster === undefined ? undefined : moment.state.subnetGroups.get(cluster.subnetGroup)
  return {
    DBInstanceIdentifier: instance.identifier,
    DBInstanceClass: instance.instanceClass,
    Engine: instance.engine,
    DBInstanceStatus: status,
    MasterUsername: cluster?.masterUsername,
    DBName: cluster?.databaseName,
    Endpoint: endpoint && { Address: endpoint.address, Port: endpoint.port },
    AllocatedStorage: 1,
    InstanceCreateTime: status === 'creating' ? undefined : new Date(instance.createdAt),
    BackupRetentionPeriod: cluster?.backupRetentionPeriod,
    VpcSecurityGroups: cluster && listed(moment, describedSecurityGroups(moment, cluster)),
    DBParameterGroups: [{ DBParameterGroupName: instance.parameterGroup, ParameterApplyStatus: 'in-sync' }],
    AvailabilityZone: instance.availabilityZone,
    DBSubnetGroup: subnetGroup && describedSubnetGroup(moment.state, subnetGroup),
    MultiAZ: false,
    EngineVersion: cluster?.engineVersion,
    AutoMinorVersionUpgrade: instance.autoMinorVersionUpgrade,
    PubliclyAccessible: instance.publiclyAccessible,
    DBClusterIdentifier: shownClusterOf(moment, instance),
    StorageEncrypted: cluster?.storageEncrypted,
    KmsKeyId: cluster?.kmsKeyId,
    DbiResourceId: instance.resourceId,
    MonitoringInterval: instance.monitoringInterval,
    PromotionTier: instance.promotionTier,
    DBInstanceArn: instance.arn,
    IAMDatabaseAuthenticationEnabled: cluster?.iamDatabaseAuthentication,
    PerformanceInsightsEnabled: instance.performanceInsights,
    DeletionProtection: false,
    TagList: listed(moment, tagList(instance.tags)),
    NetworkType: cluster?.networkType,
  }
}

export function instanceOr404(moment: Moment, identifierOrArn: string): InstanceRecord {
  const identifier = nameOf(identifierOrArn)
  const instance = findInstance(moment, identifier)
  if (instance === undefined) throw rdsFault('DBInstanceNotFoundFault', `DBInstance ${identifier} not found.`)
  return instance
}

export function instanceView(moment: Moment, instance: InstanceRecord): InstanceView {
  const cluster = clusterOf(moment, instance)
  return {
    ...instance,
    status: instanceStatus(moment, instance),
    clusterIdentifier: cluster?.identifier,
    endpoint: instanceEndpoint(moment, instance),
    isWriter: cluster !== undefined && writerOf(moment, cluster)?.resourceId === instance.resourceId,
  }
}

/** The times count from the moment the cluster is available. [aurora §5.1] */
export function instanceCreation(moment: Moment): Timeline {
  return steps({
    from: 0,
    through: [
      { status: 'creating', forMs: moment.behaviour.instanceCreatingMs },
      ...moment.behaviour.instanceStatusPath,
    ],
    last: { status: 'available', event: { message: 'DB instance created', categories: ['creation'] } },
  })
}

export function newInstanceIdentity(
  moment: Moment,
  identifier: string,
): Pick<InstanceRecord, 'identifier' | 'arn' | 'resourceId' | 'createdAt'> {
  const { accountId, name: region, instances } = moment.state
  return {
    identifier,
    arn: arnOf({ region, accountId, kind: 'db', name: identifier }),
    resourceId: resourceId('db', `${accountId}/${region}/${instances.size}`),
    createdAt: moment.now,
  }
}

/** Puts a new instance into the Region, together with the failures that were scripted for it. */
export function addInstance(moment: Moment, instance: InstanceRecord): InstanceRecord {
  putInstance(moment, instance)
  const failures = moment.scripts.instances.take(instanceView(moment, instance))
  const later = failures.reduce(
    (life, failure) => rewritten(life, failurePhases(failure, instance.createdAt)),
    instance.later,
  )
  return putInstance(moment, { ...instance, later })
}
