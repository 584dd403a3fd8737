import { describe, expect, test } from '@jest/globals'
import { clusterSnapshot, instanceSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { aCluster, anInstance, awsCluster, awsInstance } from '../../factories.ts'

describe('clusterSnapshot', () => {
  test('what AWS tells of a ready clone', () => {
    expect(
      clusterSnapshot(awsCluster({ EngineLifecycleSupport: 'open-source-rds-extended-support-disabled' })),
    ).toEqual(aCluster())
  })

  test('of a cluster that AWS tells nothing of, nothing is made up', () => {
    expect(clusterSnapshot({})).toEqual({
      identifier: '',
      arn: '',
      resourceId: '',
      status: 'unknown',
      engine: '',
      engineVersion: '',
      endpoint: undefined,
      readerEndpoint: undefined,
      port: undefined,
      databaseName: undefined,
      masterUsername: undefined,
      secretArn: undefined,
      secretStatus: undefined,
      isMoving: false,
      hasDataApi: false,
      tags: undefined,
      members: [],
      cloneGroupId: undefined,
      deletionProtection: true,
      createdAtMs: undefined,
      hasPendingChanges: false,
      isReplica: false,
      isGlobalMember: false,
      subnetGroup: undefined,
      securityGroupIds: [],
      parameterGroup: undefined,
      networkType: undefined,
      iamAuthentication: false,
      lifecycleSupport: undefined,
      isEncrypted: undefined,
      isInVpc: true,
      isLimitless: false,
      latestRestorableAtMs: undefined,
    })
  })

  test.each<[string, Parameters<typeof clusterSnapshot>[0], object]>([
    [
      'identifiers are lower case in RDS',
      { DBClusterIdentifier: 'Clone-PR-42' },
      { identifier: 'clone-pr-42' },
    ],
    ['no tags', { TagList: [] }, { tags: {} }],
    ['tags that AWS did not show', { TagList: undefined }, { tags: undefined }],
    ['a tag without a value', { TagList: [{ Key: 'a' }, { Value: 'no key' }] }, { tags: { a: '' } }],
    ['nothing pending', { PendingModifiedValues: {} }, { hasPendingChanges: false }],
    [
      'nothing pending, with members that are not there',
      { PendingModifiedValues: { MasterUserPassword: undefined } },
      { hasPendingChanges: false },
    ],
    ['a pending change', { PendingModifiedValues: { EngineVersion: '16.8' } }, { hasPendingChanges: true }],
    ['no VPC', { VPCNetworkingEnabled: false }, { isInVpc: false }],
    ['a Limitless Database', { ClusterScalabilityType: 'limitless' }, { isLimitless: true }],
    ['an ordinary one', { ClusterScalabilityType: 'standard' }, { isLimitless: false }],
    ['encryption', { StorageEncrypted: false }, { isEncrypted: false }],
    ['how fresh a restore is', { LatestRestorableTime: new Date(5_000) }, { latestRestorableAtMs: 5_000 }],
    ['deletion protection', { DeletionProtection: true }, { deletionProtection: true }],
    ['no deletion protection', { DeletionProtection: false }, { deletionProtection: false }],
    ['unknown deletion protection counts as on', {}, { deletionProtection: true }],
    ['a replica', { ReplicationSourceIdentifier: 'arn:x' }, { isReplica: true }],
    ['no replica', { ReplicationSourceIdentifier: '' }, { isReplica: false }],
    ['a global member', { GlobalClusterIdentifier: 'global' }, { isGlobalMember: true }],
    ['protected', { DeletionProtection: true }, { deletionProtection: true }],
    ['IAM authentication', { IAMDatabaseAuthenticationEnabled: true }, { iamAuthentication: true }],
    [
      'a secret of RDS',
      { MasterUserSecret: { SecretArn: 'arn:aws:secretsmanager:x' } },
      { secretArn: 'arn:aws:secretsmanager:x' },
    ],
    [
      'members',
      {
        DBClusterMembers: [
          { DBInstanceIdentifier: 'A', IsClusterWriter: true, DBClusterParameterGroupStatus: 'applying' },
          { DBInstanceIdentifier: 'b', IsClusterWriter: false },
          {},
        ],
      },
      {
        members: [
          { identifier: 'a', isWriter: true, parameterGroupStatus: 'applying' },
          { identifier: 'b', isWriter: false, parameterGroupStatus: undefined },
          { identifier: '', isWriter: false, parameterGroupStatus: undefined },
        ],
      },
    ],
    [
      'security groups',
      { VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { Status: 'active' }] },
      { securityGroupIds: ['sg-1'] },
    ],
  ])('%s', (_, cluster, expected) => {
    expect(clusterSnapshot(cluster)).toMatchObject(expected)
  })
})

describe('instanceSnapshot', () => {
  test('what AWS tells of a writer', () => {
    expect(instanceSnapshot(awsInstance())).toEqual(anInstance())
  })

  test('of an instance that AWS tells nothing of, nothing is made up', () => {
    expect(instanceSnapshot({})).toEqual({
      identifier: '',
      clusterIdentifier: undefined,
      status: 'unknown',
      instanceClass: undefined,
      parameterGroup: undefined,
      hasPendingChanges: false,
      tags: undefined,
    })
  })

  test('lower case, and pending changes', () => {
    expect(
      instanceSnapshot({
        DBInstanceIdentifier: 'ORDERS-A',
        DBClusterIdentifier: 'Orders',
        PendingModifiedValues: { DBInstanceClass: 'db.r6g.large' },
        DBParameterGroups: [],
      }),
    ).toMatchObject({
      identifier: 'orders-a',
      clusterIdentifier: 'orders',
      hasPendingChanges: true,
      parameterGroup: undefined,
    })
  })
})
