import { get as httpsGet } from 'node:https'
import {
  AddTagsToResourceCommand,
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RebootDBClusterCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate } from 'selfsigned'
import type { PolicyDocument } from '../../../local/aurora/iam.ts'
import { startAuroraServer } from '../../../local/aurora/server.ts'
import { ACCOUNT, HOUR, ManualClock, REGION, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})

afterEach(async () => {
  await cloud.close()
})

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const clientOf = (region: string, maxAttempts = 1): RDSClient =>
  new RDSClient({ endpoint: cloud.server.url, region, credentials, maxAttempts })

test('every answer bears the date of this cloud’s clock, refusals too', async () => {
  cloud.clock.pass(90 * 60_000)
  const response = await fetch(cloud.server.url, { method: 'POST' })
  expect([response.status, response.headers.get('date')]).toEqual([403, 'Sat, 21 Nov 2026 11:30:00 GMT'])
})

describe('who asks', () => {
  test('STS answers on the same port', async () => {
    const client = new STSClient({ endpoint: cloud.server.url, region: REGION, credentials })
    const identity = await client.send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/ci/session`,
    })
    expect(cloud.server.requests).toMatchObject([
      { service: 'sts', operation: 'GetCallerIdentity', mutating: false },
    ])
    client.destroy()
  })

  test('every Region has a state of its own', async () => {
    const { DBClusters } = await clientOf('us-east-1').send(new DescribeDBClustersCommand({}))
    expect(DBClusters).toEqual([])
    expect(cloud.server.requests.map((request) => request.region)).toEqual(['us-east-1'])
  })

  test.each([
    [undefined, 403, 'MissingAuthenticationToken'],
    ['Bearer token', 400, 'IncompleteSignature'],
  ])('nobody without a signature: %s', async (...[authorization, status, code]) => {
    const response = await fetch(cloud.server.url, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'DescribeDBClusters', Version: '2014-10-31' }),
      headers: authorization === undefined ? {} : { authorization },
    })
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(`<Code>${code}</Code>`)
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('what may be done', () => {
  test('a denied action is refused in AWS’s words', async () => {
    const allow = cloud.server.deny('rds:RestoreDBClusterToPointInTime')
    const refusal = await refusalOf(cloud.clone('pr-1'))
    expect(refusal).toMatchObject({ code: 'AccessDenied', status: 403 })
    expect(refusal.message).toBe(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/ci/session is not authorized to perform: ` +
        `rds:RestoreDBClusterToPointInTime on resource: arn:aws:rds:${REGION}:${ACCOUNT}:cluster:pr-1 ` +
        'because no identity-based policy allows the rds:RestoreDBClusterToPointInTime action',
    )
    expect(cloud.region.cluster('pr-1')).toBeUndefined()
    allow()
    await cloud.clone('pr-1')
  })

  test('tags in a create call need the right to tag', async () => {
    cloud.server.deny('rds:AddTagsToResource')
    await cloud.clone('pr-1')
    const call = cloud.clone('pr-2', { Tags: [{ Key: 'a', Value: 'b' }] })
    expect((await refusalOf(call)).message).toContain('rds:AddTagsToResource')
    const onInstance = cloud.addInstance('pr-1', { Tags: [{ Key: 'a', Value: 'b' }] })
    expect((await refusalOf(onInstance)).message).toContain(`${ACCOUNT}:db:pr-1-1`)
  })

  test.each([
    ['rds:DescribeDBClusters', () => cloud.client.send(new DescribeDBClustersCommand({})), 'cluster:*'],
    ['rds:DeleteDBCluster', () => cloud.deleteCluster('orders'), 'cluster:orders'],
    ['rds:DeleteDBInstance', () => cloud.deleteInstance('orders-1'), 'db:orders-1'],
  ])('%s', async (...[action, call, resource]) => {
    cloud.server.deny(action)
    expect((await refusalOf(call())).message).toContain(
      `on resource: arn:aws:rds:${REGION}:${ACCOUNT}:${resource} `,
    )
    expect(cloud.region.instance('orders-1')?.status).toBe('available')
  })

  test('nothing with expired credentials', async () => {
    await cloud.describe('orders')
    cloud.server.expireCredentials()
    expect(await refusalOf(cloud.describe('orders'))).toMatchObject({ code: 'ExpiredToken', status: 403 })
    expect(cloud.server.requests.at(-1)).toMatchObject({
      operation: 'DescribeDBClusters',
      fault: 'ExpiredToken',
    })
  })
})

describe('a role', () => {
  const tagged = { Tags: [{ Key: 'team', Value: 'payments' }] }
  const statement = (Action: string, more: object = {}): PolicyDocument['Statement'][number] => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    ...more,
  })
  const theirs = { StringEquals: { 'aws:ResourceTag/team': 'payments' } }
  const behaviour = { tagsCountForAccessAfterMs: 60_000, createSeesItsOwnTags: true }

  /** A cloud in which `AKIDEXAMPLE` has a role with these statements. */
  async function startWith(
    statements: PolicyDocument['Statement'],
    options: Parameters<typeof startCloud>[0] = {},
  ): Promise<Cloud> {
    await cloud.close()
    const policies = [{ Version: '2012-10-17', Statement: statements }]
    cloud = await startCloud({
      ...options,
      policiesOf: (accessKeyId) => (accessKeyId === credentials.accessKeyId ? policies : undefined),
    })
    return cloud
  }

  test('may do what its policies allow, on what they allow it', async () => {
    await startWith([statement('rds:DeleteDBInstance', { Resource: '*:db:clone-*' })])
    expect((await refusalOf(cloud.deleteInstance('orders-1'))).message).toBe(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/ci/session is not authorized to perform: ` +
        `rds:DeleteDBInstance on resource: arn:aws:rds:${REGION}:${ACCOUNT}:db:orders-1 ` +
        'because no identity-based policy allows the rds:DeleteDBInstance action',
    )
    cloud.region.seedCluster({ identifier: 'clone', instances: [{ identifier: 'clone-1' }] })
    await cloud.deleteInstance('clone-1')
  })

  test('may not do what one of them denies', async () => {
    const never = { Effect: 'Deny', Action: 'rds:Delete*', Resource: '*' }
    await startWith([statement('rds:*'), never])
    expect((await refusalOf(cloud.deleteCluster('orders'))).message).toMatch(
      /:cluster:orders with an explicit deny in an identity-based policy$/,
    )
  })

  test('is asked of by the access key: another may do everything', async () => {
    await startWith([])
    expect(await refusalOf(cloud.describe('orders'))).toMatchObject({ code: 'AccessDenied' })
    const other = new RDSClient({
      endpoint: cloud.server.url,
      region: REGION,
      credentials: { accessKeyId: 'AKIDOTHER', secretAccessKey: 'secret' },
    })
    await other.send(new DescribeDBClustersCommand({}))
    other.destroy()
  })

  test('needs no permission to ask who it is', async () => {
    await startWith([{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }])
    const client = new STSClient({ endpoint: cloud.server.url, region: REGION, credentials })
    expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: ACCOUNT })
    client.destroy()
  })

  test('is asked for every permission, with the condition keys of each', async () => {
    await cloud.clone('pr-1', tagged)
    await cloud.addInstance('pr-1', { ...tagged, PubliclyAccessible: false })
    const arn = (kind: string, name: string): string => `arn:aws:rds:${REGION}:${ACCOUNT}:${kind}:${name}`
    const asked = { 'aws:RequestTag/team': 'payments', 'aws:TagKeys': ['team'] }
    expect(cloud.server.requests.map(({ permissions }) => permissions)).toEqual([
      [
        { action: 'rds:RestoreDBClusterToPointInTime', resource: arn('cluster', 'pr-1'), context: asked },
        { action: 'rds:RestoreDBClusterToPointInTime', resource: arn('cluster', 'orders'), context: asked },
        { action: 'rds:AddTagsToResource', resource: arn('cluster', 'pr-1'), context: asked },
      ],
      [
        {
          action: 'rds:CreateDBInstance',
          resource: arn('db', 'pr-1-1'),
          context: { ...asked, 'rds:DatabaseClass': 'db.r6g.large', 'rds:PubliclyAccessible': 'false' },
        },
        {
          action: 'rds:CreateDBInstance',
          resource: arn('cluster', 'pr-1'),
          context: { ...asked, 'aws:ResourceTag/team': 'payments', 'rds:PubliclyAccessible': 'false' },
        },
        { action: 'rds:AddTagsToResource', resource: arn('db', 'pr-1-1'), context: asked },
      ],
    ])
  })

  test('counts tags only when their time has come', async () => {
    await startWith(
      [statement('rds:Restore*'), statement('rds:AddTags*'), statement('rds:Delete*', { Condition: theirs })],
      { behaviour },
    )
    await cloud.clone('pr-1', tagged)
    const arn = cloud.region.cluster('pr-1')?.arn
    cloud.clock.pass(59_999)
    expect(await refusalOf(cloud.deleteCluster('pr-1'))).toMatchObject({ code: 'AccessDenied' })
    cloud.clock.pass(1)
    await cloud.client.send(
      new AddTagsToResourceCommand({ ResourceName: arn, Tags: [{ Key: 'team', Value: 'search' }] }),
    )
    cloud.clock.pass(59_999)
    await cloud.deleteCluster('pr-1')
  })

  test('no longer counts a tag that was written over', async () => {
    await startWith(
      [statement('rds:Restore*'), statement('rds:AddTags*'), statement('rds:Delete*', { Condition: theirs })],
      { behaviour },
    )
    await cloud.clone('pr-1', tagged)
    cloud.clock.pass(60_000)
    await cloud.client.send(
      new AddTagsToResourceCommand({
        ResourceName: cloud.region.cluster('pr-1')?.arn,
        Tags: [{ Key: 'team', Value: 'search' }],
      }),
    )
    cloud.clock.pass(60_000)
    expect(await refusalOf(cloud.deleteCluster('pr-1'))).toMatchObject({ code: 'AccessDenied' })
  })

  test.each([true, false])('sees the tags of what it makes: %s', async (createSeesItsOwnTags) => {
    await startWith(
      [statement('rds:*', { Resource: '*:cluster:orders' }), statement('rds:*', { Condition: theirs })],
      { behaviour: { createSeesItsOwnTags } },
    )
    const call = cloud.clone('pr-1', tagged)
    if (createSeesItsOwnTags) expect(await call).toMatchObject({ Status: 'creating' })
    else expect(await refusalOf(call)).toMatchObject({ code: 'AccessDenied' })
  })

  test.each([true, false])(
    'needs a snapshot to delete a cluster: %s',
    async (deleteChecksClusterSnapshot) => {
      await startWith([statement('rds:DeleteDB*', { Resource: ['*:cluster:*', '*:db:*'] })], {
        behaviour: { deleteChecksClusterSnapshot },
      })
      await cloud.deleteInstance('orders-1')
      const call = cloud.deleteCluster('orders')
      if (deleteChecksClusterSnapshot)
        expect((await refusalOf(call)).message).toContain(`${ACCOUNT}:cluster-snapshot:* because`)
      else expect(await call).toMatchObject({ Status: 'available' })
    },
  )

  test('needs the snapshot that it asks for', async () => {
    await startWith([statement('rds:DeleteDB*', { Resource: '*:cluster:*' })])
    const call = cloud.deleteCluster('orders', {
      SkipFinalSnapshot: false,
      FinalDBSnapshotIdentifier: 'last',
    })
    expect((await refusalOf(call)).message).toContain(`${ACCOUNT}:cluster-snapshot:last because`)
  })

  test('needs the backup that it restores from', async () => {
    await startWith([statement('rds:Restore*', { Resource: '*:cluster:*' })])
    const call = cloud.clone('pr-1', {
      SourceDBClusterIdentifier: undefined,
      SourceDbClusterResourceId: 'cluster-ORDERS',
    })
    expect((await refusalOf(call)).message).toContain(`${ACCOUNT}:cluster-auto-backup:cluster-orders because`)
  })
})

describe('faults on demand', () => {
  const operation = 'RestoreDBClusterToPointInTime'

  test('a named one, as often as asked, for the inputs meant', async () => {
    const fault = { code: 'InsufficientDBInstanceCapacity', message: 'Cannot create a db.r6g.large' }
    const when = (input: Readonly<Record<string, unknown>>): boolean =>
      input['DBClusterIdentifier'] === 'pr-1'
    cloud.server.faults.add({ operation, when, times: 1, fault })
    await cloud.clone('pr-0')
    expect(await refusalOf(cloud.clone('pr-1'))).toMatchObject({
      name: 'InsufficientDBInstanceCapacityFault',
      code: 'InsufficientDBInstanceCapacity',
      status: 400,
    })
    await cloud.clone('pr-1')
  })

  test('until it is taken back', async () => {
    const remove = cloud.server.faults.add({
      operation,
      fault: { code: 'Busy', message: 'later', httpStatus: 503 },
    })
    expect(await refusalOf(cloud.clone('pr-1'))).toMatchObject({ code: 'Busy', status: 503 })
    expect(await refusalOf(cloud.clone('pr-1'))).toMatchObject({ code: 'Busy', status: 503 })
    remove()
    await cloud.clone('pr-1')
  })

  test('beyond its rate everybody is throttled, until the next call may come', async () => {
    await cloud.close()
    cloud = await startCloud({ behaviour: { callsPerSecond: 2 } })
    for (let call = 0; call < 2; call++) await cloud.describe('orders')
    expect(await refusalOf(cloud.describe('orders'))).toMatchObject({ code: 'Throttling' })
    cloud.clock.pass(500)
    await cloud.describe('orders')
    expect(await refusalOf(cloud.describe('orders'))).toMatchObject({ code: 'Throttling' })
  })

  test('throttling is retried by the SDK', async () => {
    cloud.server.faults.add({ operation: 'DescribeDBClusters', times: 1, fault: 'throttle' })
    expect(await refusalOf(cloud.describe('orders'))).toMatchObject({
      code: 'Throttling',
      message: 'Rate exceeded',
    })
    cloud.server.faults.add({ operation: 'DescribeDBClusters', times: 1, fault: 'throttle' })
    const client = clientOf(REGION, 3)
    await client.send(new DescribeDBClustersCommand({}))
    expect(cloud.server.requests.map((request) => request.fault)).toEqual([
      'Throttling',
      'Throttling',
      undefined,
    ])
    client.destroy()
  })

  test('an internal error', async () => {
    cloud.server.faults.add({ operation, fault: 'internal-error' })
    expect(await refusalOf(cloud.clone('pr-1'))).toMatchObject({ code: 'InternalFailure', status: 500 })
  })

  test('a proxy’s page', async () => {
    cloud.server.faults.add({ operation, fault: 'html-502' })
    await expect(cloud.clone('pr-1')).rejects.toMatchObject({ $metadata: { httpStatusCode: 502 } })
    expect(cloud.region.cluster('pr-1')).toBeUndefined()
  })

  test.each([
    ['drop-before', false],
    ['drop-after', true],
  ] as const)('%s: carried out: %s', async (fault, isApplied) => {
    cloud.server.faults.add({ operation, fault })
    await expect(cloud.clone('pr-1')).rejects.toThrow('ECONNRESET')
    expect(cloud.region.cluster('pr-1') !== undefined).toBe(isApplied)
    expect(cloud.server.requests.at(-1)).toMatchObject({ applied: isApplied })
  })

  test('an answer lost: the SDK tries again and finds its own clone', async () => {
    cloud.server.faults.add({ operation, fault: 'drop-after', times: 1 })
    const client = clientOf(REGION, 3)
    const command = new RestoreDBClusterToPointInTimeCommand({
      DBClusterIdentifier: 'pr-1',
      SourceDBClusterIdentifier: 'orders',
      RestoreType: 'copy-on-write',
      UseLatestRestorableTime: true,
    })
    await expect(client.send(command)).rejects.toThrow('DB Cluster already exists')
    // How often it tries a refused call again depends on how far its clock is from this one.
    const [first, ...others] = cloud.server.requests
    expect(first).toMatchObject({ applied: true })
    expect(new Set(others.map(({ fault }) => fault))).toEqual(new Set(['DBClusterAlreadyExistsFault']))
    client.destroy()
  })
})

describe('the log', () => {
  test('holds every request, with the clusters that it reaches', async () => {
    await cloud.clone('PR-1', { Tags: [{ Key: 'a', Value: 'b' }] })
    await cloud.addInstance('pr-1')
    const arn = cloud.region.instance('pr-1-1')?.arn
    await cloud.client.send(
      new AddTagsToResourceCommand({ ResourceName: arn, Tags: [{ Key: 'c', Value: 'd' }] }),
    )
    cloud.clock.pass(HOUR)
    await cloud.deleteInstance('pr-1-1')
    await cloud.deleteCluster('pr-1')
    await refusalOf(cloud.describe('nothing'))
    expect(cloud.server.requests).toMatchObject([
      {
        operation: 'RestoreDBClusterToPointInTime',
        mutating: true,
        clusters: ['pr-1'],
        source: 'orders',
        applied: true,
        input: { UseLatestRestorableTime: true, Tags: [{ Key: 'a', Value: 'b' }] },
      },
      { operation: 'CreateDBInstance', mutating: true, clusters: ['pr-1'] },
      { operation: 'AddTagsToResource', mutating: true, clusters: ['pr-1'] },
      { operation: 'DeleteDBInstance', mutating: true, clusters: ['pr-1'], at: cloud.clock.now() },
      { operation: 'DeleteDBCluster', mutating: true, clusters: ['pr-1'] },
      { operation: 'DescribeDBClusters', mutating: false, applied: false, fault: 'DBClusterNotFoundFault' },
    ])
  })

  test('an operation that AWS has and this cloud has not is refused, and counts as a change', async () => {
    const call = cloud.client.send(new RebootDBClusterCommand({ DBClusterIdentifier: 'orders' }))
    expect(await refusalOf(call)).toMatchObject({ code: 'InvalidAction', status: 400 })
    expect(cloud.server.requests.at(-1)).toMatchObject({
      mutating: true,
      clusters: ['orders'],
      applied: false,
    })
  })
})

describe('hooks', () => {
  test('stand before and behind the change of state', async () => {
    const seen: unknown[] = []
    const look = (moment: string) => (record: { operation: string }) => {
      seen.push([moment, record.operation, cloud.region.cluster('pr-1')?.status])
    }
    cloud.server.hooks.beforeApply = look('before')
    cloud.server.hooks.afterApply = look('after')
    await cloud.clone('pr-1')
    expect(seen).toEqual([
      ['before', 'RestoreDBClusterToPointInTime', undefined],
      ['after', 'RestoreDBClusterToPointInTime', 'creating'],
    ])
  })

  test('the request waits for them', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    cloud.server.hooks.beforeApply = () => promise
    const call = cloud.clone('pr-1')
    while (cloud.server.requests.length === 0) await new Promise(setImmediate)
    expect(cloud.region.cluster('pr-1')).toBeUndefined()
    resolve(undefined)
    expect(await call).toMatchObject({ Status: 'creating' })
  })
})

describe('a Region', () => {
  test('goes back to a snapshot', async () => {
    const before = cloud.region.snapshot()
    await cloud.clone('pr-1')
    await cloud.client.send(
      new ModifyDBClusterCommand({ DBClusterIdentifier: 'orders', DeletionProtection: true }),
    )
    cloud.region.restore(before)
    expect(cloud.region.clusters()).toMatchObject([{ identifier: 'orders', deletionProtection: false }])
    expect(cloud.region.cluster('orders')?.cloneGroupId).toBeUndefined()
  })

  test('is seeded with what a test names, and ordinary otherwise', () => {
    cloud.region.seedCluster({
      identifier: 'two',
      instances: [{ identifier: 'reads' }, { identifier: 'writes', writer: true }],
    })
    expect(cloud.region.cluster('two')).toMatchObject({
      status: 'available',
      engine: 'aurora-postgresql',
      engineVersion: '16.4',
      members: ['writes', 'reads'],
      writer: 'writes',
      backupRetentionPeriod: 7,
    })
    expect(() => cloud.region.seedCluster({ identifier: 'two' })).toThrow('already')
    expect(() => cloud.region.seedCluster({ identifier: 'odd', engine: 'oracle' })).toThrow('oracle')
  })

  test('endpoints lead where the behaviour says', async () => {
    const endpointAddress = ({ kind, clusterIdentifier }: { kind: string; clusterIdentifier: string }) => ({
      address: `${kind}.${clusterIdentifier}.localhost`,
      port: 7001,
    })
    const local = await startCloud({ behaviour: { endpointAddress } })
    await local.readyClone('pr-1')
    expect(await local.describe('pr-1')).toMatchObject({
      Endpoint: 'cluster.pr-1.localhost',
      ReaderEndpoint: 'reader.pr-1.localhost',
      Port: 7001,
    })
    expect(await local.describeInstance('pr-1-1')).toMatchObject({
      Endpoint: { Address: 'instance.pr-1.localhost', Port: 7001 },
    })
    await local.close()
  })
})

test('speaks TLS where it is given a certificate', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = await startAuroraServer({ clock: new ManualClock(), tls: { key, cert } })
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  httpsGet(server.url, { ca: cert, checkServerIdentity: () => undefined }, (response) => {
    response.resume()
    resolve(response.statusCode)
  }).on('error', reject)
  expect(await promise).toBe(403)
  await server.close()
})
