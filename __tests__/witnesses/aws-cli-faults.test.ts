import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Account, openAccount } from './account.ts'
import { FIRST_USE_TIMEOUT_MS, type Said } from './python.ts'

const RESTORE =
  'restore-db-cluster-to-point-in-time --use-latest-restorable-time --restore-type copy-on-write'
const ORDERS = '--source-db-cluster-identifier orders'
const INSTANCE = 'create-db-instance --db-instance-class db.r6g.large --engine aurora-postgresql'
const FULL = '--region eu-central-1'

/** What somebody asks, the operation that refuses it, and by which name the AWS CLI calls the refusal. */
const FAULTS: readonly (readonly [args: string, operation: string, code: string])[] = [
  ['describe-db-clusters --db-cluster-identifier nobody', 'DescribeDBClusters', 'DBClusterNotFoundFault'],
  ['describe-db-clusters --filters Name=color,Values=red', 'DescribeDBClusters', 'InvalidParameterValue'],
  ['describe-db-clusters --max-records 7', 'DescribeDBClusters', 'InvalidParameterValue'],
  ['describe-db-instances --db-instance-identifier nobody', 'DescribeDBInstances', 'DBInstanceNotFound'],
  [
    'describe-db-subnet-groups --db-subnet-group-name none',
    'DescribeDBSubnetGroups',
    'DBSubnetGroupNotFoundFault',
  ],
  ['describe-events --source-identifier orders', 'DescribeEvents', 'InvalidParameterCombination'],
  ['describe-db-snapshots', 'DescribeDBSnapshots', 'InvalidAction'],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier orders`,
    'RestoreDBClusterToPointInTime',
    'DBClusterAlreadyExistsFault',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier 4ever`,
    'RestoreDBClusterToPointInTime',
    'InvalidParameterValue',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --no-use-latest-restorable-time`,
    'RestoreDBClusterToPointInTime',
    'InvalidParameterCombination',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --db-subnet-group-name none`,
    'RestoreDBClusterToPointInTime',
    'DBSubnetGroupNotFoundFault',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --db-subnet-group-name one-zone`,
    'RestoreDBClusterToPointInTime',
    'DBSubnetGroupDoesNotCoverEnoughAZs',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --network-type DUAL`,
    'RestoreDBClusterToPointInTime',
    'NetworkTypeNotSupported',
  ],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --db-cluster-parameter-group-name none`,
    'RestoreDBClusterToPointInTime',
    'DBClusterParameterGroupNotFound',
  ],
  [
    `${RESTORE} --source-db-cluster-identifier nobody --db-cluster-identifier a`,
    'RestoreDBClusterToPointInTime',
    'DBClusterNotFoundFault',
  ],
  [
    `${RESTORE} --source-db-cluster-identifier empty --db-cluster-identifier a`,
    'RestoreDBClusterToPointInTime',
    'InvalidDBClusterStateFault',
  ],
  [
    `${RESTORE} --source-db-cluster-identifier secret --db-cluster-identifier a --kms-key-id nonsense`,
    'RestoreDBClusterToPointInTime',
    'KMSKeyNotAccessibleFault',
  ],
  [
    `${RESTORE} --source-db-cluster-identifier pool-1 --db-cluster-identifier a ${FULL}`,
    'RestoreDBClusterToPointInTime',
    'DBClusterQuotaExceededFault',
  ],
  [
    `${INSTANCE} --db-cluster-identifier orders --db-instance-identifier orders-1`,
    'CreateDBInstance',
    'DBInstanceAlreadyExists',
  ],
  [
    `${INSTANCE} --db-cluster-identifier nobody --db-instance-identifier a`,
    'CreateDBInstance',
    'DBClusterNotFoundFault',
  ],
  [
    `${INSTANCE} --db-cluster-identifier orders --db-instance-identifier a --port 1`,
    'CreateDBInstance',
    'InvalidParameterCombination',
  ],
  [
    `${INSTANCE} --db-cluster-identifier orders --db-instance-identifier a --db-parameter-group-name none`,
    'CreateDBInstance',
    'DBParameterGroupNotFound',
  ],
  [
    `${INSTANCE} --db-cluster-identifier island --db-instance-identifier a --publicly-accessible`,
    'CreateDBInstance',
    'InvalidVPCNetworkStateFault',
  ],
  [
    `${INSTANCE} --db-cluster-identifier pool-1 --db-instance-identifier a ${FULL}`,
    'CreateDBInstance',
    'InstanceQuotaExceeded',
  ],
  [
    'delete-db-cluster --db-cluster-identifier orders --skip-final-snapshot',
    'DeleteDBCluster',
    'InvalidDBClusterStateFault',
  ],
  ['delete-db-cluster --db-cluster-identifier empty', 'DeleteDBCluster', 'InvalidParameterCombination'],
  ['delete-db-instance --db-instance-identifier stopped-1', 'DeleteDBInstance', 'InvalidDBInstanceState'],
  [
    'modify-db-cluster --db-cluster-identifier stopped --backup-retention-period 2',
    'ModifyDBCluster',
    'InvalidDBClusterStateFault',
  ],
  [
    'list-tags-for-resource --resource-name arn:aws:rds:eu-west-1:123456789012:cluster:nobody',
    'ListTagsForResource',
    'DBClusterNotFoundFault',
  ],
  [
    'list-tags-for-resource --resource-name arn:aws:rds:eu-west-1:123456789012:db:nobody',
    'ListTagsForResource',
    'DBInstanceNotFound',
  ],
  ['stop-db-cluster --db-cluster-identifier orders', 'StopDBCluster', 'AccessDenied'],
  [
    `${RESTORE} ${ORDERS} --db-cluster-identifier a --tags Key=a,Value=b`,
    'RestoreDBClusterToPointInTime',
    'AccessDenied',
  ],
  ['start-db-cluster --db-cluster-identifier stopped', 'StartDBCluster', 'ExpiredToken'],
  ['remove-tags-from-resource --resource-name any --tag-keys a', 'RemoveTagsFromResource', 'Throttling'],
  ['list-tags-for-resource --resource-name any', 'ListTagsForResource', 'InternalFailure'],
]

let account: Account
const heard = new Map<string, Said>()

/** One account where all of it can go wrong. */
beforeAll(async () => {
  account = await openAccount()
  const { aws, region, client } = account
  region.seedSubnetGroup({ name: 'one-zone', availabilityZones: ['a'] })
  region.seedSubnetGroup({ name: 'island', internetGateway: false })
  region.seedCluster({ identifier: 'orders' })
  region.seedCluster({ identifier: 'empty', instances: [] })
  region.seedCluster({ identifier: 'island', subnetGroup: 'island' })
  region.seedCluster({ identifier: 'stopped', status: 'stopped' })
  region.seedCluster({ identifier: 'secret', kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/orders' })
  for (let n = 1; n <= 40; n += 1) aws.region('eu-central-1').seedCluster({ identifier: `pool-${n}` })
  aws.deny('rds:StopDBCluster')
  // What a restore with tags needs as well.
  aws.deny('rds:AddTagsToResource')
  aws.faults.add({
    operation: 'StartDBCluster',
    fault: { code: 'ExpiredToken', message: 'expired', httpStatus: 403 },
  })
  aws.faults.add({ operation: 'RemoveTagsFromResource', fault: 'throttle' })
  aws.faults.add({
    operation: 'ListTagsForResource',
    when: ({ ResourceName }) => ResourceName === 'any',
    fault: 'internal-error',
  })
  const commands = FAULTS.map(([args]) => ['rds', ...args.split(' ')])
  const said = await client.run<readonly Said[]>('typed_commands.py', { commands })
  for (const [index, one] of said.entries()) heard.set(FAULTS[index]?.[0] ?? '', one)
}, FIRST_USE_TIMEOUT_MS)

afterAll(async () => {
  await account.close()
})

describe('the AWS CLI calls a refusal by its name', () => {
  test.each(FAULTS)('aws rds %s', (args, operation, code) => {
    const said = heard.get(args)
    const retried = ['Throttling', 'InternalFailure'].includes(code) ? ' (reached max retries: 4)' : ''
    expect(said?.stderr).toContain(
      `An error occurred (${code}) when calling the ${operation} operation${retried}: `,
    )
    expect(said).toMatchObject({ stdout: '' })
    expect(said?.exitCode).toBeGreaterThan(0)
  })

  test('and nothing has changed', () => {
    const identifiers = account.region.clusters().map(({ identifier }) => identifier)
    expect(identifiers.toSorted()).toEqual(['empty', 'island', 'orders', 'secret', 'stopped'])
    const applied = account.aws.requests.filter(({ mutating, applied }) => mutating && applied)
    expect(applied.map(({ operation }) => operation)).toEqual([])
  })
})
