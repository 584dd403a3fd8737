import type { CreateDBInstanceMessage, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot, InstanceSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { readBack } from '../../../src/aurora/ready/read-back.ts'
import { aCluster, anInstance } from '../../factories.ts'

type Restore = Partial<RestoreDBClusterToPointInTimeMessage>
type Writer = Partial<CreateDBInstanceMessage>

const NAMES = {
  DBInstanceIdentifier: 'clone-1',
  DBInstanceClass: 'db.serverless',
  Engine: 'aurora-postgresql',
}
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'

function differences(
  { restore = {}, writer }: Readonly<{ restore?: Restore; writer?: Writer }>,
  found: Readonly<{ cluster?: Partial<ClusterSnapshot>; writer?: Partial<InstanceSnapshot> }> = {},
) {
  const asked = {
    restore: { DBClusterIdentifier: 'clone', ...restore },
    ...(writer === undefined ? {} : { writer: { ...NAMES, ...writer } }),
  }
  return readBack(asked, { cluster: aCluster(found.cluster), writer: anInstance(found.writer) })
}

describe('a difference', () => {
  test.each<[string, string, string, Restore, Partial<ClusterSnapshot>]>([
    [
      'db-subnet-group-name',
      'private',
      'default',
      { DBSubnetGroupName: 'private' },
      { subnetGroup: 'default' },
    ],
    [
      'vpc-security-group-ids',
      'sg-1, sg-2',
      'sg-0',
      { VpcSecurityGroupIds: ['sg-2', 'sg-1'] },
      { securityGroupIds: ['sg-0'] },
    ],
    [
      'db-cluster-parameter-group-name',
      'tuned',
      'default.aurora-postgresql16',
      { DBClusterParameterGroupName: 'Tuned' },
      { parameterGroup: 'default.aurora-postgresql16' },
    ],
    ['kms-key-id', 'another', KEY.split('/')[1] ?? '', { KmsKeyId: 'another' }, { kmsKeyId: KEY }],
    ['kms-key-id', 'another', 'none', { KmsKeyId: 'another' }, { isEncrypted: false }],
    ['iam-database-authentication', 'true', 'false', { EnableIAMDatabaseAuthentication: true }, {}],
    ['backtrack-window', '3600s', '0s', { BacktrackWindow: 3_600 }, {}],
    ['the port', '3307', '5432', { Port: 3_307 }, {}],
    ['the network type', 'DUAL', 'IPV4', { NetworkType: 'DUAL' }, {}],
    [
      'the engine lifecycle support',
      'open-source-rds-extended-support-disabled',
      'open-source-rds-extended-support',
      { EngineLifecycleSupport: 'open-source-rds-extended-support-disabled' },
      { lifecycleSupport: 'open-source-rds-extended-support' },
    ],
    ['tag Team', 'payments', 'none', { Tags: [{ Key: 'Team', Value: 'payments' }] }, { tags: {} }],
  ])('%s: %s, but %s', (input, asked, found, restore, cluster) => {
    expect(differences({ restore }, { cluster })).toEqual([{ input, asked, found }])
  })

  test('of the range of a serverless clone: each end, and its pause', () => {
    const restore = {
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    }
    const capacity = { min: 0.5, max: 8, pausesAfterSeconds: 600 }
    expect(differences({ restore }, { cluster: { capacity } })).toEqual([
      { input: 'min-acu', asked: '0', found: '0.5' },
      { input: 'max-acu', asked: '4', found: '8' },
      { input: 'auto-pause-after', asked: '300s', found: '600s' },
    ])
    expect(differences({ restore }).map(({ found }) => found)).toEqual(['none', 'none'])
  })

  test('of the writer', () => {
    const writer = { DBInstanceClass: 'db.r6g.large', DBParameterGroupName: 'tuned' }
    expect(differences({ writer })).toEqual([
      { input: 'instance-class', asked: 'db.r6g.large', found: 'db.serverless' },
      { input: 'db-parameter-group-name', asked: 'tuned', found: 'orders-instance' },
    ])
  })
})

describe('no difference', () => {
  test.each<[string, Restore, Partial<ClusterSnapshot>]>([
    ['what nobody asked for', {}, { backtrackWindowSeconds: 60, kmsKeyId: KEY }],
    [
      'what AWS does not describe',
      { Port: 3_307, DBSubnetGroupName: 'x', NetworkType: 'DUAL' },
      { port: undefined, subnetGroup: undefined, networkType: undefined },
    ],
    ['names in another case', { DBSubnetGroupName: 'Private' }, { subnetGroup: 'private' }],
    [
      'groups in another order',
      { VpcSecurityGroupIds: ['sg-1', 'sg-2'] },
      { securityGroupIds: ['sg-2', 'sg-1'] },
    ],
    ['a key by its id', { KmsKeyId: KEY.split('/')[1] }, { kmsKeyId: KEY }],
    ['a key by its ARN', { KmsKeyId: KEY }, { kmsKeyId: KEY }],
    ['a key by an alias, which only KMS can look up', { KmsKeyId: 'alias/shop' }, { kmsKeyId: KEY }],
    ['a key by the ARN of an alias', { KmsKeyId: 'arn:aws:kms:eu-west-1:1:alias/shop' }, { kmsKeyId: KEY }],
    ['a key that AWS does not describe', { KmsKeyId: KEY }, {}],
    [
      'tags of this action, which runs change',
      { Tags: [{ Key: 'aurora-clone:expires-at', Value: '2026' }] },
      {},
    ],
  ])('%s', (_, restore, cluster) => {
    expect(differences({ restore }, { cluster })).toEqual([])
  })

  test('a writer that another run made', () => {
    expect(differences({}, { writer: { instanceClass: 'db.r6g.large' } })).toEqual([])
  })
})
