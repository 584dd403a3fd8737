import type { CreateDBClusterMessage, CreateDBClusterResult } from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import {
  backtrackWindow,
  backupRetentionPeriod,
  checkMasterUserPassword,
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
import { engineNamed } from './engines.ts'
import type { Engine } from './engines.ts'
import { parseIdentifier } from './identifiers.ts'
import { kmsKeyArn } from './kms.ts'
import { generatedPassword, managedSecret } from './managed-secret.ts'
import { clusterParameterGroup } from './parameter-groups.ts'
import { parseServerlessV2Range } from './serverless.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord } from './records.ts'
import { networkType, refuseUnlessCovering, securityGroups, subnetGroupOr404 } from './subnet-groups.ts'
import { withTags } from './tags.ts'

// CreateDBCluster, so that any client can make a source of its own.

function engineFor(name: string): Engine {
  const engine = engineNamed(name)
  if (engine === undefined) throw invalidValue(`Invalid DB engine: ${name}`)
  return engine
}

function masterUsername(input: CreateDBClusterMessage, engine: Engine): string {
  if (input.MasterUsername === undefined) throw invalidCombination('MasterUsername must be specified.')
  const isManaged = input.ManageMasterUserPassword === true
  if (isManaged === (input.MasterUserPassword !== undefined)) {
    throw invalidCombination('Specify either MasterUserPassword or ManageMasterUserPassword.')
  }
  if (input.MasterUserPassword !== undefined) checkMasterUserPassword(engine.name, input.MasterUserPassword)
  return input.MasterUsername
}

type Optional = Pick<ClusterRecord, 'databaseName' | 'kmsKeyId' | 'serverlessV2' | 'managedSecret'>

interface Made {
  readonly engine: string
  readonly engineVersion: string
  readonly resourceId: string
}

interface Making {
  readonly input: CreateDBClusterMessage
  readonly made: Made
}

function optionalSettings(moment: Moment, { input, made }: Making): Optional {
  const configuration = input.ServerlessV2ScalingConfiguration
  const { state } = moment
  return {
    ...(input.DatabaseName !== undefined && { databaseName: input.DatabaseName }),
    ...(input.KmsKeyId !== undefined && { kmsKeyId: kmsKeyArn(state, input.KmsKeyId) }),
    ...(configuration !== undefined && { serverlessV2: parseServerlessV2Range({ configuration, ...made }) }),
    ...(input.ManageMasterUserPassword === true && {
      managedSecret: managedSecret(moment, {
        clusterResourceId: made.resourceId,
        kmsKeyId: input.MasterUserSecretKmsKeyId,
      }),
    }),
  }
}

export function createDBCluster(input: CreateDBClusterMessage, moment: Moment): CreateDBClusterResult {
  const { state, behaviour } = moment
  const identifier = parseIdentifier('DBClusterIdentifier', input.DBClusterIdentifier ?? '')
  const engine = engineFor(input.Engine ?? '')
  const engineVersion = input.EngineVersion ?? engine.defaultVersion
  const group = subnetGroupOr404(state, input.DBSubnetGroupName ?? 'default')
  const availabilityZones = group.subnets.slice(0, 3).map((subnet) => subnet.availabilityZone)
  refuseUnlessCovering(group, availabilityZones)
  refuseUnlessRoomFor(moment, identifier)
  const identity = newClusterIdentity(moment, identifier)
  const made = { engine: engine.name, engineVersion, resourceId: identity.resourceId }
  const cluster = addCluster(moment, {
    ...identity,
    engine: engine.name,
    engineVersion,
    masterUsername: masterUsername(input, engine),
    masterPassword: input.MasterUserPassword ?? generatedPassword(),
    ...optionalSettings(moment, { input, made }),
    availabilityZones,
    storageEncrypted: input.StorageEncrypted ?? input.KmsKeyId !== undefined,
    port: port(engine.name, input.Port),
    storageType: storageType(input.StorageType),
    subnetGroup: group.name,
    vpcSecurityGroupIds: securityGroups({ state, group, requested: input.VpcSecurityGroupIds }),
    parameterGroup: clusterParameterGroup({ state, owner: made, name: input.DBClusterParameterGroupName }),
    networkType: networkType(group, input.NetworkType),
    engineLifecycleSupport: engineLifecycleSupport(input.EngineLifecycleSupport),
    backupRetentionPeriod: backupRetentionPeriod(input.BackupRetentionPeriod),
    preferredBackupWindow: input.PreferredBackupWindow ?? '03:00-03:30',
    preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? 'sun:04:00-sun:04:30',
    backtrackWindow: backtrackWindow(engine.name, input.BacktrackWindow),
    deletionProtection: input.DeletionProtection ?? false,
    iamDatabaseAuthentication: input.EnableIAMDatabaseAuthentication ?? false,
    httpEndpointEnabled: input.EnableHttpEndpoint ?? false,
    internetAccessGateway: false,
    copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    logExports: logExports(engine.name, input.EnableCloudwatchLogsExports),
    tags: withTags({}, input.Tags ?? []),
    copy: 'original',
    family: identity.resourceId,
    timeline: creationTimeline(moment, behaviour.clusterCreatingMs),
  })
  return { DBCluster: describedCluster(moment, cluster) }
}
