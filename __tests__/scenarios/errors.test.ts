import { describe, expect, test } from '@jest/globals'
import { IN_PROCESS, SOURCE, type World, aTableWorld, aWorld } from './world.ts'

interface Case {
  readonly name: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly prepare?: (world: World) => void
  readonly title: string
  /** What the message must say: the cause and the remedy. */
  readonly says: RegExp
}

const fault =
  (operation: string, code: string, message: string) =>
  (world: World): void => {
    world.cloud.aws.faults.add({ operation, fault: { code, message } })
  }
const RESTORE = 'RestoreDBClusterToPointInTime'
const INSTANCE = 'CreateDBInstance'

const badInputs: readonly Case[] = [
  {
    name: 'unknown mode',
    inputs: { mode: 'clone' },
    title: 'Invalid input',
    says: /mode: got "clone", expected one of auto, create, wait, publish, reset, destroy, sweep\./,
  },
  {
    name: 'no source',
    inputs: { 'source-cluster': '' },
    title: 'Invalid input',
    says: /source-cluster: got nothing/,
  },
  {
    name: 'bad duration',
    inputs: { ttl: '2 weeks' },
    title: 'Invalid input',
    says: /ttl: got "2 weeks", expected a duration such as 30s, 15m, 48h or 3d/,
  },
  {
    name: 'bad identifier',
    inputs: { 'source-cluster': 'orders--old' },
    title: 'Invalid input',
    says: /source-cluster: got "orders--old"/,
  },
  {
    name: 'an ARN of another Region',
    inputs: { 'source-cluster': 'arn:aws:rds:us-east-1:123456789012:cluster:orders' },
    title: 'Invalid input',
    says: /ARN in us-east-1, expected a cluster in eu-west-1/,
  },
  {
    name: 'no Region',
    env: { AWS_REGION: '', AWS_DEFAULT_REGION: '' },
    title: 'Invalid input',
    says: /aws-region: got nothing/,
  },
  {
    name: 'a key like a pull request’s',
    inputs: { 'clone-key': 'pr-7', label: '' },
    title: 'Invalid input',
    says: /clone-key: got "pr-7"/,
  },
  {
    name: 'a bad number',
    inputs: { 'pr-number': '42; rm -rf /' },
    title: 'Invalid input',
    says: /pr-number: got "42; rm -rf \/"/,
  },
  {
    name: 'a bad boolean',
    inputs: { wait: 'yes' },
    title: 'Invalid input',
    says: /wait: got "yes", expected true or false/,
  },
  {
    name: 'a tag that AWS would refuse',
    inputs: { tags: 'Team=a&b' },
    title: 'Invalid input',
    says: /tags: got "Team=a&b"/,
  },
  {
    name: 'Backtrack on PostgreSQL',
    inputs: { 'backtrack-window': '1h' },
    title: 'Invalid input',
    says: /only Aurora MySQL/,
  },
]

const awsErrors: Case[] = [
  {
    name: 'missing credentials',
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' },
    title: 'Missing AWS credentials',
    says: /configure-aws-credentials.*id-token: write/s,
  },
  {
    name: 'no right to list',
    prepare: (world) => world.cloud.aws.deny('rds:DescribeDBClusters'),
    title: 'Missing IAM permission',
    says: /Allow the role rds:DescribeDBClusters on/,
  },
  {
    name: 'no right to restore',
    prepare: (world) => world.cloud.aws.deny(`rds:${RESTORE}`),
    title: 'Missing IAM permission',
    says: /Allow the role rds:RestoreDBClusterToPointInTime on arn:aws:rds/,
  },
  {
    name: 'no right to tag',
    prepare: (world) => world.cloud.aws.deny('rds:AddTagsToResource'),
    title: 'Missing IAM permission',
    says: /Allow the role rds:AddTagsToResource on/,
  },
  {
    name: 'no right to create instances',
    prepare: (world) => world.cloud.aws.deny(`rds:${INSTANCE}`),
    title: 'Missing IAM permission',
    says: /Allow the role rds:CreateDBInstance on/,
  },
  {
    name: 'expired credentials',
    prepare: (world) => {
      world.cloud.aws.expireCredentials()
    },
    title: 'Expired AWS credentials',
    says: /run the job again, or raise role-duration-seconds/,
  },
  {
    name: 'rejected credentials',
    prepare: fault(
      'DescribeDBClusters',
      'InvalidClientTokenId',
      'The security token included in the request is invalid',
    ),
    title: 'Rejected AWS credentials',
    says: /role-to-assume/,
  },
  {
    name: 'source not found',
    inputs: { 'source-cluster': 'nobody' },
    title: 'Source cluster not found',
    says: /no Aurora cluster "nobody" in eu-west-1.*Check source-cluster/s,
  },
  {
    name: 'no clone for source-key',
    inputs: { 'source-cluster': '', 'source-key': 'nightly' },
    title: 'Source cluster not found',
    says: /source-key is "nightly", but this repository has no ready clone/,
  },
  {
    name: 'source gone meanwhile',
    prepare: fault(RESTORE, 'DBClusterNotFoundFault', 'DBCluster orders not found.'),
    title: 'Source cluster not found',
    says: /Check source-cluster/,
  },
  {
    name: 'source without instance',
    inputs: { 'source-cluster': 'empty' },
    prepare: (world) => {
      world.seedForeign({ identifier: 'empty', instances: [] })
    },
    title: 'Source cluster not usable',
    says: /"empty" has no instance/,
  },
  {
    name: 'source stopped',
    prepare: (world) => {
      world.cloud.region.stopCluster(SOURCE)
    },
    title: 'Source cluster not usable',
    says: /is stopped.*start-db-cluster/s,
  },
  {
    name: 'source with the prefix of clones',
    inputs: { 'source-cluster': 'clone-of-prod' },
    prepare: (world) => {
      world.seedForeign({ identifier: 'clone-of-prod' })
    },
    title: 'Source cluster not usable',
    says: /begins with the identifier prefix "clone-".*another identifier-prefix/s,
  },
  {
    name: 'wrong class',
    inputs: { 'instance-class': 'db.m1.small' },
    title: 'Instance class not available',
    says: /db\.m1\.small.*Choose an instance-class/s,
  },
  {
    name: 'unknown subnet group',
    inputs: { 'db-subnet-group-name': 'nowhere', 'vpc-security-group-ids': 'sg-0123456789abcdef0' },
    title: 'Network configuration rejected',
    says: /Correct db-subnet-group-name/,
  },
  {
    name: 'subnet group of another VPC',
    inputs: { 'db-subnet-group-name': 'elsewhere' },
    prepare: (world) => {
      world.cloud.region.seedSubnetGroup({ name: 'elsewhere', vpcId: 'vpc-other' })
    },
    title: 'Network configuration rejected',
    says: /"elsewhere" is in VPC vpc-other.*vpc-security-group-ids/s,
  },
  {
    name: 'too few zones',
    prepare: fault(RESTORE, 'DBSubnetGroupDoesNotCoverEnoughAZs', 'Not enough zones'),
    title: 'Network configuration rejected',
    says: /two Availability Zones/,
  },
  {
    name: 'unknown cluster parameter group',
    inputs: { 'db-cluster-parameter-group-name': 'nothing' },
    title: 'Parameter group rejected',
    says: /Set db-cluster-parameter-group-name/,
  },
  {
    name: 'unknown parameter group',
    inputs: { 'db-parameter-group-name': 'nothing' },
    title: 'Parameter group rejected',
    says: /Set db-parameter-group-name/,
  },
  {
    name: 'KMS',
    prepare: fault(RESTORE, 'KMSKeyNotAccessibleFault', 'The key is not accessible'),
    title: 'KMS key not accessible',
    says: /kms:CreateGrant.*kms-key-id/s,
  },
  {
    name: 'cluster quota',
    prepare: fault(RESTORE, 'DBClusterQuotaExceededFault', 'DB Cluster quota exceeded'),
    title: 'Quota exceeded',
    says: /L-952B80B8/,
  },
  {
    name: 'instance quota',
    prepare: fault(INSTANCE, 'InstanceQuotaExceeded', 'Instance quota exceeded'),
    title: 'Quota exceeded',
    says: /L-7B6409FD/,
  },
  {
    name: 'no capacity in time',
    inputs: { 'wait-timeout': '10m' },
    prepare: fault(INSTANCE, 'InsufficientDBInstanceCapacity', 'No room'),
    title: 'No capacity',
    says: /another instance-class/,
  },
  {
    name: 'no capacity without waiting',
    inputs: { wait: 'false' },
    prepare: fault(INSTANCE, 'InsufficientDBInstanceCapacity', 'No room'),
    title: 'No capacity',
    says: /Run again in a few minutes/,
  },
  {
    name: 'anything else of AWS',
    prepare: fault(RESTORE, 'InvalidParameterValue', 'The parameter Port is out of range'),
    title: 'AWS rejected the request',
    says: /Port is out of range.*Correct the input/s,
  },
  {
    name: 'AWS does not answer',
    env: { AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:9' },
    title: 'AWS not reachable',
    says: /HTTPS_PROXY/,
  },
]

describe.each([
  ['input', badInputs],
  ['AWS', awsErrors],
] as const)('%s: one clear error with its remedy', (_, cases) => {
  test.each(cases)('$name', async ({ inputs = {}, env = {}, prepare, title, says }) => {
    // A connection that is refused takes the SDK's real time in this process.
    const world = await (env['AWS_ENDPOINT_URL_RDS'] === undefined ? aTableWorld() : aWorld())
    prepare?.(world)
    const run = await world.create(inputs, { env })
    expect(run.exitCode).toBe(1)
    const errors = run.annotations.filter(({ level }) => level === 'error')
    expect(errors).toEqual([{ level: 'error', title, message: expect.stringMatching(says) }])
    expect(run.summary).toContain(title)
    expect(run.stderr).toBe('')
  })
})

describe('later errors lose nothing', () => {
  test('credentials that expire during the wait: the clone is finished by the next run', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 120_000 } })
    const run = world.create()
    await world.until(() => world.cloud.region.instances().length === 2)
    world.cloud.aws.faults.add({
      operation: 'DescribeDBClusters',
      fault: {
        code: 'ExpiredToken',
        message: 'The security token included in the request is expired',
        httpStatus: 403,
      },
    })
    const result = await run
    expect(result.annotations).toContainEqual(
      expect.objectContaining({
        title: 'Expired AWS credentials',
        message: expect.stringContaining('run the job again'),
      }),
    )
    world.cloud.aws.faults.clear()
    expect((await world.wait()).outputs['outcome']).toBe('ready')
  })

  test('time-out: says where it stands, and the next run goes on', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: 900_000 } })
    const run = await world.create({ 'wait-timeout': '10m', 'poll-interval': '30s' })
    expect(run.annotations).toContainEqual({
      level: 'error',
      title: 'Timed out',
      message: expect.stringMatching(/not ready within 10m \(cluster creating.*run the job again/s),
    })
    expect(run.summary).toContain('cluster creating')
    expect((await world.create()).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
  })

  const BURSTS = ['throttle', 'internal-error', 'html-502', 'drop-before'] as const
  test.each(BURSTS)('a burst of %s on every call is survived', async (burst) => {
    const world = await aTableWorld()
    for (const operation of [
      'DescribeDBClusters',
      'DescribeDBInstances',
      RESTORE,
      INSTANCE,
      'AddTagsToResource',
    ])
      world.cloud.aws.faults.add({ operation, times: 1, fault: burst })
    const run = await world.create()
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  })

  test('one clone’s failure does not keep the others from being destroyed', async () => {
    const world = await aTableWorld({ behaviour: { deletingMs: 3_600_000 } })
    await world.create({ 'clone-name': 'one' }, IN_PROCESS)
    await world.create({ 'clone-name': 'two' }, IN_PROCESS)
    world.cloud.aws.faults.add({
      operation: 'DeleteDBInstance',
      when: ({ DBInstanceIdentifier: id }) => String(id).includes('-one-'),
      fault: {
        code: 'AccessDenied',
        message: 'not authorized to perform: rds:DeleteDBInstance on resource: arn:x',
        httpStatus: 403,
      },
    })
    const run = await world.destroy({}, { event: world.close() })
    expect(run.exitCode).toBe(1)
    expect(run.outputs['outcome']).toBe('deleting')
    expect(run.annotations).toContainEqual(
      expect.objectContaining({ level: 'error', title: 'Missing IAM permission' }),
    )
    expect(
      world.clones().map(({ identifier, status }) => [identifier.includes('-two-'), status]),
    ).toContainEqual([true, 'deleting'])
  })
})

describe('the account', () => {
  test('is checked with STS before anything else', async () => {
    const world = await aTableWorld()
    const run = await world.create({ 'allowed-account-ids': '111111111111, 222222222222' })
    expect(run.annotations).toEqual([
      {
        level: 'error',
        title: 'Wrong AWS account',
        message: expect.stringMatching(/"123456789012", allowed-account-ids is "111111111111, 222222222222"/),
      },
    ])
    expect(world.calls()).toEqual(['GetCallerIdentity'])
  })

  test('passes when it is on the list', async () => {
    const world = await aTableWorld()
    const run = await world.create({ 'allowed-account-ids': '123456789012', wait: 'false' })
    expect(run.outputs['outcome']).toBe('creating')
    expect(world.calls()[0]).toBe('GetCallerIdentity')
  })

  test('that cannot be asked is an error', async () => {
    const world = await aTableWorld()
    world.cloud.aws.expireCredentials()
    const run = await world.create({ 'allowed-account-ids': '123456789012' })
    expect(run.annotations).toContainEqual(expect.objectContaining({ title: 'Expired AWS credentials' }))
  })
})
