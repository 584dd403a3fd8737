import type { World } from './world.ts'

/** What AWS has of the action's, without what differs between two runs that did the same: times. */
export function standing(world: World): unknown {
  return {
    clusters: world.clones().map((cluster) => ({
      identifier: cluster.identifier,
      status: cluster.status,
      writer: cluster.writer,
      members: cluster.members,
      copy: cluster.copy,
      copiedFrom: cluster.copiedFrom,
      port: cluster.port,
      subnetGroup: cluster.subnetGroup,
      vpcSecurityGroupIds: cluster.vpcSecurityGroupIds,
      parameterGroup: cluster.parameterGroup,
      networkType: cluster.networkType,
      engineLifecycleSupport: cluster.engineLifecycleSupport,
      iamDatabaseAuthentication: cluster.iamDatabaseAuthentication,
      backupRetentionPeriod: cluster.backupRetentionPeriod,
      deletionProtection: cluster.deletionProtection,
      serverlessV2: cluster.serverlessV2,
      tags: withoutTimes(cluster.tags),
    })),
    instances: instancesOfClones(world).map((instance) => ({
      identifier: instance.identifier,
      clusterIdentifier: instance.clusterIdentifier,
      status: instance.status,
      instanceClass: instance.instanceClass,
      parameterGroup: instance.parameterGroup,
      publiclyAccessible: instance.publiclyAccessible,
      autoMinorVersionUpgrade: instance.autoMinorVersionUpgrade,
      tags: withoutTimes(instance.tags),
    })),
  }
}

/** Names of all that is left, whether or not a cluster still lists it. */
export function leftovers(world: World): readonly string[] {
  return [...world.clones(), ...instancesOfClones(world)].map(({ identifier }) => identifier)
}

/**
 * What a step handed out, without times, and without what tells which run did it: whether this one made the clone, the ids that
 * AWS and GitHub gave, the file of this run.
 */
export function handedOut(outputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const ofOneRun = ['created', 'cluster-resource-id', 'secret-arn', 'comment-url', 'report-file']
  return withoutTimes(
    Object.fromEntries(Object.entries(outputs).filter(([name]) => !ofOneRun.includes(name))),
  )
}

function instancesOfClones(world: World) {
  return world.cloud.region.instances().filter(({ clusterIdentifier }) => !world.isForeign(clusterIdentifier))
}

function withoutTimes(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.replace(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/, '<time>'),
    ]),
  )
}
