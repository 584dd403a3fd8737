import {
  AddTagsToResourceCommand,
  DescribeDBClustersCommand,
  DisableHttpEndpointCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
} from '@aws-sdk/client-rds'
import type { DBCluster } from '@aws-sdk/client-rds'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { clusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { type Prepared, prepareClone } from '../../../src/aurora/prepare/converge.ts'
import type { PreparationOrder } from '../../../src/aurora/prepare/order.ts'
import type { SanitisingOrder } from '../../../src/sanitise/order.ts'
import { MINUTE, NOW_MS, awsCluster, fault, ownedCloneOf, tagList, unpublishedTags } from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'
import { FakeDatabase, sqlFault } from './fake-database.ts'

/** One clone at AWS, which takes every change at once. */
let world: World
let fake: FakeDatabase
let cluster: DBCluster

const SANITISING: SanitisingOrder = {
  disablesLogins: false,
  keepLogins: [],
  sanitises: true,
  statements: [{ file: 'a.sql', number: 1, line: 1, text: 'UPDATE users', alone: false }],
  checks: [],
  decisions: undefined,
  database: undefined,
  digest: '0a1b',
}

beforeEach(() => {
  world = aWorld()
  fake = new FakeDatabase().on(/rows_found FROM/, [[1, 3]])
  const { mock } = world
  mock.on(DescribeDBClustersCommand).callsFake(() => ({ DBClusters: [cluster] }))
  mock.on(AddTagsToResourceCommand).callsFake(({ Tags = [] }: { Tags?: DBCluster['TagList'] }) => {
    const written = new Map(
      [...(cluster.TagList ?? []), ...Tags].map(({ Key = '', Value = '' }) => [Key, Value]),
    )
    cluster = { ...cluster, TagList: tagList(Object.fromEntries(written)) }
    return {}
  })
  mock
    .on(ModifyDBClusterCommand)
    .callsFake(({ VpcSecurityGroupIds: ids }: { VpcSecurityGroupIds?: string[] }) => {
      cluster =
        ids === undefined
          ? { ...cluster, MasterUserSecret: { SecretArn: 'arn:secret', SecretStatus: 'active' } }
          : { ...cluster, VpcSecurityGroups: ids.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })) }
      return {}
    })
  mock.on(EnableHttpEndpointCommand).callsFake(() => {
    cluster = { ...cluster, HttpEndpointEnabled: true }
    return {}
  })
  mock.on(DisableHttpEndpointCommand).callsFake(() => {
    cluster = { ...cluster, HttpEndpointEnabled: false }
    return {}
  })
})

async function prepare(sanitised: string, overrides: Partial<PreparationOrder> = {}): Promise<Prepared> {
  const tags = { 'aurora-clone:credentials': 'managed', 'aurora-clone:sanitised': sanitised }
  cluster = awsCluster({
    TagList: tagList({ ...unpublishedTags(), ...tags }),
    VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-quarantine', Status: 'active' }],
  })
  return await prepareClone({ ...world.aws, dataApi: fake.api }, ownedCloneOf(clusterSnapshot(cluster)), {
    run: 'aa',
    workflowRun: '99',
    by: 'this-run',
    sanitising: SANITISING,
    isSource: false,
    securityGroupIds: ['sg-1'],
    pace: { startedAtMs: NOW_MS, limitMs: 30 * MINUTE, pollIntervalMs: 10_000 },
    isStillWanted: () => Promise.resolve(true),
    ...overrides,
  })
}

function sanitisedTag(): string | undefined {
  return cluster.TagList?.find(({ Key }) => Key === 'aurora-clone:sanitised')?.Value
}

test('from the restore to where it may be published', async () => {
  const prepared = await prepare('pending')
  expect(prepared).toMatchObject({
    kind: 'prepared',
    clone: { preparation: { kind: 'clean', digest: '0a1b' } },
    report: { files: [{ name: 'a.sql', statements: 1, rows: 3 }] },
  })
  expect(cluster).toMatchObject({
    HttpEndpointEnabled: false,
    VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }],
  })
  expect(world.changes().map((call) => call.split(' ')[0])).toEqual([
    'AddTagsToResource', // begun
    'ModifyDBCluster',
    'EnableHttpEndpoint',
    'AddTagsToResource', // clean
    'DisableHttpEndpoint',
    'ModifyDBCluster',
  ])
})

test('steps of the user’s get it, and publish takes it back', async () => {
  expect(await prepare('pending', { by: 'steps' })).toMatchObject({ kind: 'handed-over' })
  expect(fake.sentLike(/UPDATE/)).toEqual([])
  expect(sanitisedTag()).toBe('handed-over 99')
  expect(await prepare('handed-over 99', { by: 'this-run-after-steps' })).toMatchObject({ kind: 'prepared' })
  expect(fake.sentLike(/UPDATE/)).toEqual([])
  expect(sanitisedTag()).toBe('clean-0a1b')
})

describe('what fails', () => {
  test('a statement: the next run knows', async () => {
    fake.on(/UPDATE/, sqlFault('DatabaseErrorException', 'ERROR: x; SQLState: 42P01'))
    await expect(prepare('pending')).rejects.toMatchObject({ title: 'Statement failed' })
    expect(sanitisedTag()).toBe('failed')
    expect(cluster.VpcSecurityGroups).toMatchObject([{ VpcSecurityGroupId: 'sg-quarantine' }])
  })

  test('and the tag cannot be written', async () => {
    fake.on(/UPDATE/, sqlFault('DatabaseErrorException', 'ERROR: x; SQLState: 42P01'))
    let writes = 0
    world.mock.on(AddTagsToResourceCommand).callsFake(({ Tags }: { Tags: DBCluster['TagList'] }) => {
      writes += 1
      if (writes > 1) throw sqlFault('AccessDenied', 'denied', 403)
      cluster = {
        ...cluster,
        TagList: [...(cluster.TagList ?? []).filter(({ Key }) => Key !== Tags?.[0]?.Key), ...(Tags ?? [])],
      }
      return {}
    })
    await expect(prepare('pending')).rejects.toMatchObject({ title: 'Statement failed' })
    expect(world.log.lines.join()).toContain('could not be marked as failed')
  })

  test.each([
    ['pending', { sanitising: undefined }, 'has none of the inputs for that'],
    ['pending', { by: 'this-run-after-steps' as const }, 'is not in the hands'],
    ['failed', { by: 'another-run' as const }, 'was left half prepared'],
  ])('%s, %j', async (sanitised, order, says) => {
    await expect(prepare(sanitised, order)).rejects.toMatchObject({
      title: 'Clone not published',
      what: expect.stringContaining(says),
    })
  })

  test('a denied login does not pass', async () => {
    fake.on(/^SELECT 1$/, sqlFault('AccessDeniedException', 'not authorized', 403))
    await expect(prepare('pending')).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  test('a login that never works ends with the time', async () => {
    fake.on(/^SELECT 1$/, sqlFault('DatabaseErrorException', 'FATAL: password; SQLState: 28P01'))
    const pace = { startedAtMs: NOW_MS, limitMs: 5 * MINUTE, pollIntervalMs: 10_000 }
    await expect(prepare('pending', { pace })).rejects.toMatchObject({
      title: 'Timed out',
      what: expect.stringContaining('waiting for the new password to work'),
    })
  })

  test('a database that never wakes ends with the time', async () => {
    fake.on(/UPDATE/, sqlFault('DatabaseResumingException'))
    await expect(prepare('pending')).rejects.toMatchObject({ title: 'Timed out' })
    expect(sanitisedTag()).toBe('failed')
  })
})

test('a change that AWS does not take yet is tried again', async () => {
  let tries = 0
  world.mock.on(EnableHttpEndpointCommand).callsFake(() => {
    tries += 1
    if (tries < 3) throw fault('EnableHttpEndpoint', 'InvalidResourceStateFault')
    cluster = { ...cluster, HttpEndpointEnabled: true }
    return {}
  })
  expect(await prepare('pending')).toMatchObject({ kind: 'prepared' })
})

describe('other runs', () => {
  test('one that was cut off: another clone is made', async () => {
    const ended = `begun ff ${new Date(NOW_MS - 6 * MINUTE).toISOString()}`
    expect(await prepare(ended)).toMatchObject({ kind: 'begin-anew' })
  })

  test('one at work is waited for, until it is silent', async () => {
    const atWork = `begun ff ${new Date(NOW_MS).toISOString()}`
    expect(await prepare(atWork)).toMatchObject({ kind: 'begin-anew' })
    expect(world.clock.now() - NOW_MS).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(fake.sent).toEqual([])
  })

  test('one that has taken it over and ended a statement of this one', async () => {
    const taken = `begun ff ${new Date(NOW_MS).toISOString()}`
    fake.on(/UPDATE/, sqlFault('DatabaseErrorException', 'FATAL: terminating connection; SQLState: 57P01'))
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      if (fake.sentLike(/UPDATE/).length > 0)
        cluster = { ...cluster, TagList: tagList({ ...unpublishedTags(), 'aurora-clone:sanitised': taken }) }
      return { DBClusters: [cluster] }
    })
    await expect(prepare('pending')).rejects.toMatchObject({
      what: expect.stringContaining('Another run has taken clone'),
    })
    expect(sanitisedTag()).toBe(taken)
  })

  test('one that has taken it over: this one stops', async () => {
    fake = new FakeDatabase()
      .on(/UPDATE/, sqlFault('StatementTimeoutException'))
      .on(/pg_stat_activity/, [[1]])
    const taken = `begun ff ${new Date(NOW_MS).toISOString()}`
    let looks = 0
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      looks += 1
      if (looks > 9)
        cluster = { ...cluster, TagList: tagList({ ...unpublishedTags(), 'aurora-clone:sanitised': taken }) }
      return { DBClusters: [cluster] }
    })
    await expect(prepare('pending')).rejects.toMatchObject({
      what: expect.stringContaining('Another run has taken clone'),
    })
    expect(sanitisedTag()).toBe(taken)
  })
})

test('a clone that is no longer wanted is left, also in the middle of its work', async () => {
  let asked = 0
  const isStillWanted = (): Promise<boolean> => {
    asked += 1
    return Promise.resolve(asked < 2)
  }
  fake.on(/UPDATE/, sqlFault('DatabaseResumingException'))
  expect(await prepare('pending', { isStillWanted })).toMatchObject({ kind: 'unwanted' })
})

test('a cancelled run begins nothing', async () => {
  world.controller.abort()
  await expect(prepare('pending')).rejects.toMatchObject({ title: 'Cancelled' })
  expect(world.changes()).toEqual([])
})
