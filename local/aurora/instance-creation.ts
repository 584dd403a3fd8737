import type { CreateDBInstanceMessage, CreateDBInstanceResult } from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { parseIdentifier } from './identifiers.ts'
import { checkInstanceClass } from './instance-classes.ts'
import { addInstance, describedInstance, instanceCreation, newInstanceIdentity } from './instances.ts'
import { clusterStatus, findCluster, findInstance, liveInstances } from './moment.ts'
import type { Moment } from './moment.ts'
import { instanceParameterGroup } from './parameter-groups.ts'
import { rdsFault } from './protocol/model.ts'
import type { ClusterRecord } from './records.ts'
import { withTags } from './tags.ts'

// The rules of CreateDBInstance.

/** What belongs to the cluster can't be set on its member. [aurora §5.2] */
const SET_ON_THE_CLUSTER: readonly (readonly [keyof CreateDBInstanceMessage, string])[] = [
  ['AllocatedStorage', 'allocated storage'],
  ['BackupRetentionPeriod', 'backup retention period'],
  ['DeletionProtection', 'deletion protection'],
  ['EnableCloudwatchLogsExports', 'log exports'],
  ['EnableIAMDatabaseAuthentication', 'IAM database authentication'],
  ['KmsKeyId', 'KMS key'],
  ['ManageMasterUserPassword', 'master user password'],
  ['MasterUserPassword', 'master user password'],
  ['MasterUsername', 'master user name'],
  ['Port', 'database endpoint port'],
  ['StorageEncrypted', 'storage encryption'],
  ['VpcSecurityGroupIds', 'vpc security group'],
]

function refuseWhatTheClusterSets(input: CreateDBInstanceMessage): void {
  for (const [parameter, subject] of SET_ON_THE_CLUSTER) {
    if (input[parameter] !== undefined) {
      throw invalidCombination(
        `The requested DB Instance will be a member of a DB Cluster. Set ${subject} for the DB Cluster.`,
      )
    }
  }
}

function clusterToJoin(moment: Moment, input: CreateDBInstanceMessage): ClusterRecord {
  if (input.DBClusterIdentifier === undefined) {
    throw invalidCombination(`The engine ${input.Engine ?? ''} requires DBClusterIdentifier.`)
  }
  const cluster = findCluster(moment, input.DBClusterIdentifier)
  if (cluster === undefined) {
    // [aurora §5.1]
    const message = `The source cluster could not be found or cannot be accessed: ${input.DBClusterIdentifier}`
    throw rdsFault('DBClusterNotFoundFault', message)
  }
  return cluster
}

/** [aurora §5.1] for `creating`; a cluster that is going, stopped or broken takes no instance either. */
function refuseUnlessClusterTakesInstances(moment: Moment, cluster: ClusterRecord): void {
  const status = clusterStatus(moment, cluster)
  const { createInstanceWhileCreating, createInstanceWhileModifying } = moment.behaviour
  const accepts =
    status === 'creating'
      ? createInstanceWhileCreating === 'accept'
      : (status !== 'modifying' || createInstanceWhileModifying === 'accept') &&
        cluster.deletionRequestedAt === undefined &&
        TAKING_INSTANCES.has(status)
  if (!accepts) {
    throw rdsFault(
      'InvalidDBClusterStateFault',
      `DB cluster ${cluster.identifier} is not currently in the available state. Its status is ${status}.`,
    )
  }
}

const TAKING_INSTANCES: ReadonlySet<string> = new Set([
  'available',
  'backing-up',
  'modifying',
  'storage-optimization',
])

/** A request whose cluster has been found. */
interface Joining {
  readonly moment: Moment
  readonly cluster: ClusterRecord
  readonly input: CreateDBInstanceMessage
}

/**
 * No group given: private. A group given: private too, unless the group is called `default`. Public needs a way out to
 * the internet. [aurora §5.2]
 */
function publicAccess({ moment, cluster, input }: Joining): boolean {
  const isPublic = input.PubliclyAccessible ?? input.DBSubnetGroupName?.toLowerCase() === 'default'
  if (isPublic && moment.state.subnetGroups.get(cluster.subnetGroup)?.internetGateway === false) {
    throw rdsFault(
      'InvalidVPCNetworkStateFault',
      'Cannot create a publicly accessible DBInstance. The specified VPC has no internet gateway attached. ' +
        'Update the VPC and then try again.',
    )
  }
  return isPublic
}

/** The message tells this from every other InvalidDBClusterStateFault. [aurora §1.3] */
function refuseServerlessWithoutRange(cluster: ClusterRecord, instanceClass: string): void {
  if (instanceClass === 'db.serverless' && cluster.serverlessV2 === undefined) {
    throw rdsFault(
      'InvalidDBClusterStateFault',
      'Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.',
    )
  }
}

function refuseOtherEngine(cluster: ClusterRecord, engine: string): void {
  if (engine !== cluster.engine) {
    throw invalidCombination(
      `The engine name requested for your DB instance (${engine}) doesn't match the engine name of your DB cluster (${cluster.engine}).`,
    )
  }
}

/** [aurora §1.3, CloudFormation roadmap #18] */
function refuseOtherSubnetGroup(cluster: ClusterRecord, subnetGroup: string | undefined): void {
  if (subnetGroup !== undefined && subnetGroup.toLowerCase() !== cluster.subnetGroup) {
    throw invalidCombination(
      `Subnet group ${subnetGroup} is different from subnet group of cluster ${cluster.identifier}`,
    )
  }
}

function promotionTier(tier = 1): number {
  if (tier < 0 || tier > 15)
    throw invalidValue(`Invalid value ${tier} for PromotionTier. Must be between 0 and 15.`)
  return tier
}

function refuseUnlessRoomForInstance(moment: Moment, identifier: string): void {
  if (findInstance(moment, identifier) !== undefined) {
    throw rdsFault('DBInstanceAlreadyExistsFault', 'DB instance already exists')
  }
  // One quota for RDS, Aurora, Neptune and DocumentDB together. [aurora §2.3]
  if (liveInstances(moment).length >= moment.behaviour.instanceQuota) {
    throw rdsFault(
      'InstanceQuotaExceededFault',
      `Cannot create more than ${moment.behaviour.instanceQuota} DB instances in this Region.`,
    )
  }
}

export function createDBInstance(input: CreateDBInstanceMessage, moment: Moment): CreateDBInstanceResult {
  const identifier = parseIdentifier('DBInstanceIdentifier', input.DBInstanceIdentifier ?? '')
  const engine = input.Engine ?? ''
  const instanceClass = input.DBInstanceClass ?? ''
  const tags = withTags({}, input.Tags ?? [])
  const cluster = clusterToJoin(moment, input)
  refuseWhatTheClusterSets(input)
  refuseOtherEngine(cluster, engine)
  refuseOtherSubnetGroup(cluster, input.DBSubnetGroupName)
  checkInstanceClass(instanceClass, engine)
  refuseUnlessRoomForInstance(moment, identifier)
  refuseUnlessClusterTakesInstances(moment, cluster)
  refuseServerlessWithoutRange(cluster, instanceClass)
  const inherited =
    moment.behaviour.instancesInheritClusterTags && input.Tags === undefined ? cluster.tags : {}
  const instance = addInstance(moment, {
    ...newInstanceIdentity(moment, identifier),
    engine,
    instanceClass,
    clusterResourceId: cluster.resourceId,
    parameterGroup: instanceParameterGroup({
      state: moment.state,
      owner: cluster,
      name: input.DBParameterGroupName,
    }),
    promotionTier: promotionTier(input.PromotionTier),
    publiclyAccessible: publicAccess({ moment, cluster, input }),
    autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    performanceInsights: input.EnablePerformanceInsights ?? false,
    monitoringInterval: input.MonitoringInterval ?? 0,
    availabilityZone: input.AvailabilityZone ?? cluster.availabilityZones[0] ?? `${moment.state.name}a`,
    tags: { ...inherited, ...tags },
    creation: instanceCreation(moment),
    later: [],
  })
  return { DBInstance: describedInstance(moment, instance) }
}
