import {
  AddTagsToResourceCommand,
  BacktrackDBClusterCommand,
  DescribeDBClusterBacktracksCommand,
  ModifyDBClusterCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds'
import type {
  BacktrackDBClusterCommandInput,
  BacktrackDBClusterCommandOutput,
  DBClusterBacktrack,
  DescribeDBClusterBacktracksCommandInput,
} from '@aws-sdk/client-rds'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../../local/aurora/behaviour.ts'
import type { ClusterView } from '../../../local/aurora/views.ts'
import { DAY, HOUR, MINUTE, SECOND, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

afterEach(async () => {
  await cloud.close()
})

/** A clone of Aurora MySQL that can go back one hour, asked for three hours ago. */
async function aClone(behaviour: Partial<Behaviour> = {}): Promise<void> {
  cloud = await startCloud({ behaviour })
  cloud.region.seedCluster({ identifier: 'shop', engine: 'aurora-mysql', backtrackWindow: DAY / SECOND })
  await cloud.clone('pr-1', { SourceDBClusterIdentifier: 'shop', BacktrackWindow: HOUR / SECOND })
  await cloud.addInstance('pr-1', { Engine: 'aurora-mysql' })
  cloud.clock.pass(3 * HOUR)
}

const clone = (): ClusterView => {
  const found = cloud.region.cluster('pr-1')
  if (found === undefined) throw new Error('there is no clone')
  return found
}

const ago = (ms: number): Date => new Date(cloud.clock.now() - ms)

async function backtrack(
  input: Partial<BacktrackDBClusterCommandInput> = {},
): Promise<BacktrackDBClusterCommandOutput> {
  return await cloud.client.send(
    new BacktrackDBClusterCommand({ DBClusterIdentifier: 'pr-1', BacktrackTo: ago(0), ...input }),
  )
}

async function backtracks(
  input: Partial<DescribeDBClusterBacktracksCommandInput> = {},
): Promise<readonly DBClusterBacktrack[]> {
  const command = new DescribeDBClusterBacktracksCommand({ DBClusterIdentifier: 'pr-1', ...input })
  return (await cloud.client.send(command)).DBClusterBacktracks ?? []
}

describe('a backtrack', () => {
  test.each<readonly [string, Partial<Behaviour>, readonly (readonly [number, string, string])[]]>([
    [
      'is pending, applied and completed',
      {},
      [
        [0, 'available', 'pending'],
        [10 * SECOND - 1, 'available', 'pending'],
        [1, 'backtracking', 'applying'],
        [MINUTE - 1, 'backtracking', 'applying'],
        [1, 'available', 'completed'],
      ],
    ],
    [
      'can fail',
      { backtrack: 'fails', backtrackPendingMs: 0 },
      [
        [0, 'backtracking', 'applying'],
        [MINUTE, 'available', 'failed'],
      ],
    ],
    [
      'can be told in upper case',
      { backtrackStatuses: 'upper-case', backtrackingMs: SECOND },
      [
        [0, 'available', 'PENDING'],
        [10 * SECOND, 'backtracking', 'APPLYING'],
        [SECOND, 'available', 'COMPLETED'],
      ],
    ],
  ])('%s', async (_what, behaviour, course) => {
    await aClone(behaviour)
    await backtrack()
    for (const [after, status, listed] of course) {
      cloud.clock.pass(after)
      expect(await cloud.describe('pr-1')).toMatchObject({ Status: status })
      expect(await cloud.describeInstance('pr-1-1')).toMatchObject({ DBInstanceStatus: status })
      expect(await backtracks()).toMatchObject([{ Status: listed }])
    }
  })

  test('tells the time that it really reaches only at its end, in whole seconds', async () => {
    await aClone()
    cloud.clock.pass(400)
    cloud.region.markMoment('pr-1')
    cloud.clock.pass(10 * MINUTE)
    const requested = { BacktrackTo: ago(9 * MINUTE), BacktrackRequestCreationTime: ago(0) }
    const answer = await backtrack({ BacktrackTo: requested.BacktrackTo })
    expect(answer).toMatchObject({ DBClusterIdentifier: 'pr-1', ...requested })
    expect(answer.BacktrackIdentifier).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(answer).not.toHaveProperty('BacktrackedFrom')
    cloud.clock.pass(10 * SECOND)
    const BacktrackedFrom = ago(0)
    expect(await backtracks()).toMatchObject([{ ...requested, BacktrackedFrom }])
    cloud.clock.pass(MINUTE)
    const BacktrackTo = ago(11 * MINUTE + 10 * SECOND + 400)
    expect(await backtracks()).toMatchObject([{ ...requested, BacktrackedFrom, BacktrackTo }])
  })

  test('leaves an instance that is still being made to it', async () => {
    await aClone()
    await cloud.addInstance('pr-1', { DBInstanceIdentifier: 'pr-1-2', Engine: 'aurora-mysql' })
    await backtrack()
    cloud.clock.pass(30 * SECOND)
    expect(await cloud.describeInstance('pr-1-2')).toMatchObject({ DBInstanceStatus: 'creating' })
  })

  test('wakes a cluster that has paused', async () => {
    await aClone()
    cloud.region.pauseCluster('pr-1')
    await backtrack()
    expect(clone().pausedUntil).toBe(cloud.clock.now())
  })

  test('suffers no other change of the cluster before its end', async () => {
    await aClone()
    await backtrack()
    const change = new ModifyDBClusterCommand({ DBClusterIdentifier: 'pr-1', CopyTagsToSnapshot: true })
    for (const after of [0, 30 * SECOND]) {
      cloud.clock.pass(after)
      for (const call of [
        cloud.client.send(change),
        cloud.client.send(new StopDBClusterCommand({ DBClusterIdentifier: 'pr-1' })),
        backtrack(),
      ])
        expect(await refusalOf(call)).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    }
    cloud.clock.pass(MINUTE)
    await cloud.client.send(change)
  })
})

describe('the nearest marked moment', () => {
  /** Marked so long ago, in minutes. */
  const MARKS = [90, 70, 40, 30, 10]

  async function rewindTo(minutesAgo: number, input: Partial<BacktrackDBClusterCommandInput> = {}) {
    await aClone()
    const start = cloud.clock.now()
    for (const minutes of MARKS) {
      cloud.clock.pass(start + (100 - minutes) * MINUTE - cloud.clock.now())
      cloud.region.markMoment('pr-1')
    }
    cloud.clock.pass(start + 100 * MINUTE - cloud.clock.now())
    const now = cloud.clock.now()
    await backtrack({ BacktrackTo: ago(minutesAgo * MINUTE), ...input })
    cloud.clock.pass(HOUR)
    const [{ BacktrackTo: reached } = {}] = await backtracks()
    return (now - (reached?.getTime() ?? NaN)) / MINUTE
  }

  test.each([
    ['is the time itself', 30, 30],
    ['may be before', 29, 30],
    ['may be after', 22, 30],
    ['or the other one', 19, 10],
    ['is the earlier of two that are as near', 35, 40],
    ['is the last one for now', 0, 10],
    ['is the beginning of the window, with the data of the last one before it', 58, 60],
  ])('%s', async (_what, asked, reached) => {
    expect(await rewindTo(asked)).toBe(reached)
  })

  test('is that of the earliest time where one before it is asked for', async () => {
    expect(await rewindTo(80, { UseEarliestTimeOnPointInTimeUnavailable: true })).toBe(60)
  })

  test('is never before the clone itself', async () => {
    await aClone()
    await cloud.clone('pr-2', { SourceDBClusterIdentifier: 'shop', BacktrackWindow: HOUR / SECOND })
    cloud.clock.pass(10 * MINUTE)
    const early = { DBClusterIdentifier: 'pr-2', BacktrackTo: ago(11 * MINUTE) }
    expect(await refusalOf(backtrack(early))).toMatchObject({ code: 'InvalidParameterValue' })
    await backtrack({ ...early, UseEarliestTimeOnPointInTimeUnavailable: true })
    cloud.clock.pass(10 * MINUTE)
    expect(await backtracks({ DBClusterIdentifier: 'pr-2' })).toMatchObject([
      { BacktrackTo: ago(20 * MINUTE) },
    ])
  })

  test('may be after one that was gone back to: that is undone so', async () => {
    await aClone()
    cloud.region.markMoment('pr-1')
    cloud.clock.pass(10 * MINUTE)
    const undone = ago(0)
    await backtrack({ BacktrackTo: ago(10 * MINUTE) })
    cloud.clock.pass(10 * MINUTE)
    await backtrack({ BacktrackTo: undone })
    cloud.clock.pass(10 * MINUTE)
    expect((await backtracks()).map(({ BacktrackTo: to }) => to)).toEqual([undone, ago(30 * MINUTE)])
  })
})

describe('what is marked', () => {
  const marks = (): readonly number[] =>
    (clone().markedMoments ?? []).map(({ at }) => (cloud.clock.now() - at) / MINUTE)

  test('each call that changes the cluster, and no other', async () => {
    await aClone()
    const { arn } = clone()
    cloud.clock.pass(MINUTE)
    await cloud.client.send(
      new AddTagsToResourceCommand({ ResourceName: arn, Tags: [{ Key: 'a', Value: 'b' }] }),
    )
    cloud.clock.pass(MINUTE)
    await refusalOf(backtrack({ BacktrackTo: ago(-MINUTE) }))
    await cloud.describe('pr-1')
    cloud.clock.pass(MINUTE)
    await cloud.client.send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: 'pr-1',
        NewDBClusterIdentifier: 'pr-9',
        ApplyImmediately: true,
      }),
    )
    cloud.clock.pass(MINUTE)
    const renamed = cloud.region.cluster('pr-9')?.markedMoments ?? []
    // The first one is that of its creation, which stands for the beginning of the window.
    expect(renamed.map(({ at }) => (cloud.clock.now() - at) / MINUTE)).toEqual([184, 3, 1])
    expect(await cloud.describe('pr-9')).toMatchObject({ BacktrackConsumedChangeRecords: 3 })
  })

  test('but only as long as it is in reach, and never two at one time', async () => {
    await aClone()
    for (let n = 0; n < 3; n++) {
      cloud.clock.pass(40 * MINUTE)
      cloud.region.markMoment('pr-1')
      cloud.region.markMoment('pr-1')
    }
    expect(marks()).toEqual([80, 40, 0])
  })

  test('nothing without a window', async () => {
    await aClone()
    const { arn } = cloud.region.cluster('orders') ?? {}
    await cloud.client.send(
      new AddTagsToResourceCommand({ ResourceName: arn, Tags: [{ Key: 'a', Value: 'b' }] }),
    )
    expect(cloud.region.cluster('orders')).not.toHaveProperty('markedMoments')
    expect(() => {
      cloud.region.markMoment('orders')
    }).toThrow('orders has no Backtrack')
  })
})

describe('the master password', () => {
  const manage = async (input: object): Promise<void> => {
    await cloud.client.send(
      new ModifyDBClusterCommand({ DBClusterIdentifier: 'pr-1', ApplyImmediately: true, ...input }),
    )
  }
  const isThatOfTheSecret = (): boolean => clone().masterPassword === clone().masterPasswordInForce

  async function rotatedAndRewound(behaviour: Partial<Behaviour> = {}): Promise<string> {
    await aClone(behaviour)
    await manage({ ManageMasterUserPassword: true })
    cloud.clock.pass(10 * MINUTE)
    cloud.region.markMoment('pr-1')
    const { masterPassword: former } = clone()
    cloud.clock.pass(10 * MINUTE)
    await manage({ RotateMasterUserPassword: true })
    cloud.clock.pass(10 * MINUTE)
    expect(clone().masterPassword).not.toBe(former)
    expect(isThatOfTheSecret()).toBe(true)
    await backtrack({ BacktrackTo: ago(20 * MINUTE) })
    expect(isThatOfTheSecret()).toBe(true)
    cloud.clock.pass(10 * MINUTE)
    return former
  }

  test.each(['shown-in-status', 'silently-late'] as const)(
    'is the former one again, and the secret does not know it (%s)',
    async (newPassword) => {
      const former = await rotatedAndRewound({ newPassword })
      expect(clone().masterPasswordInForce).toBe(former)
      expect(isThatOfTheSecret()).toBe(false)
      expect(await cloud.describe('pr-1')).toMatchObject({ MasterUserSecret: { SecretStatus: 'active' } })
      await manage({ RotateMasterUserPassword: true })
      cloud.clock.pass(10 * MINUTE)
      expect(isThatOfTheSecret()).toBe(true)
    },
  )

  test('of a clone is that of its data', async () => {
    const former = await rotatedAndRewound()
    await cloud.clone('pr-2', { SourceDBClusterIdentifier: 'pr-1' })
    expect(cloud.region.cluster('pr-2')?.masterPassword).toBe(former)
  })

  test('is that of before the call, in the moment of a call that sets it', async () => {
    await aClone()
    const { masterPassword: former } = clone()
    await manage({ MasterUserPassword: 'another-password' })
    const set = ago(0)
    cloud.clock.pass(10 * MINUTE)
    await backtrack({ BacktrackTo: set })
    cloud.clock.pass(10 * MINUTE)
    expect(clone().masterPasswordInForce).toBe(former)
  })

  test('stays what it is where the backtrack fails', async () => {
    await rotatedAndRewound({ backtrack: 'fails' })
    expect(isThatOfTheSecret()).toBe(true)
  })
})

describe('the listing', () => {
  async function twoBacktracks(): Promise<readonly DBClusterBacktrack[]> {
    await aClone()
    await backtrack()
    cloud.clock.pass(10 * MINUTE)
    await backtrack()
    return await backtracks()
  }

  test('has the newest first', async () => {
    expect(await twoBacktracks()).toMatchObject([{ Status: 'pending' }, { Status: 'completed' }])
  })

  test('is filtered by status and identifier', async () => {
    const [, older] = await twoBacktracks()
    const BacktrackIdentifier = older?.BacktrackIdentifier ?? ''
    const only = [expect.objectContaining({ BacktrackIdentifier })]
    const filter = (Name: string, value: string) => ({ Filters: [{ Name, Values: [value] }] })
    expect(await backtracks({ BacktrackIdentifier })).toEqual(only)
    expect(await backtracks(filter('db-cluster-backtrack-id', BacktrackIdentifier))).toEqual(only)
    expect(await backtracks(filter('db-cluster-backtrack-status', 'completed'))).toEqual(only)
    expect(await backtracks(filter('db-cluster-backtrack-status', 'failed'))).toEqual([])
  })

  test.each([
    ['of a cluster that is not there', { DBClusterIdentifier: 'nothing' }, 'DBClusterNotFoundFault'],
    ['of another engine', { DBClusterIdentifier: 'orders' }, 'InvalidParameterCombination'],
    ['by an identifier that is not there', { BacktrackIdentifier: '1' }, 'DBClusterBacktrackNotFoundFault'],
  ])('%s is refused', async (_what, input, code) => {
    await aClone()
    expect(await refusalOf(backtracks(input))).toMatchObject({ code })
  })
})

describe('access control', () => {
  const asked = () =>
    cloud.server.requests.at(-1)?.permissions.map(({ action, resource }) => [action, resource])

  test('looks at the cluster, and at the secret that is rotated', async () => {
    await aClone()
    const { arn } = clone()
    await backtrack()
    expect(asked()).toEqual([['rds:BacktrackDBCluster', arn]])
    await backtracks()
    expect(asked()).toEqual([['rds:DescribeDBClusterBacktracks', arn]])
    const rotate = { DBClusterIdentifier: 'pr-1', RotateMasterUserPassword: true }
    await refusalOf(cloud.client.send(new ModifyDBClusterCommand(rotate)))
    const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-'
    expect(asked()).toEqual([
      ['rds:ModifyDBCluster', arn],
      ['secretsmanager:RotateSecret', secret],
    ])
    expect(cloud.server.requests.at(-1)?.permissions.at(-1)?.context).toEqual({
      'aws:ResourceTag/aws:rds:primaryDBClusterArn': arn,
    })
  })
})

interface Refused {
  readonly input?: () => Partial<BacktrackDBClusterCommandInput>
  readonly behaviour?: Partial<Behaviour>
  readonly before?: () => unknown
  readonly code: string
  readonly message?: string
}

const withBinaryLog = async (format: string): Promise<void> => {
  const parameters = { binlog_format: format }
  cloud.region.seedClusterParameterGroup({ name: 'logged', family: 'aurora-mysql8.0', parameters })
  await cloud.client.send(
    new ModifyDBClusterCommand({ DBClusterIdentifier: 'pr-1', DBClusterParameterGroupName: 'logged' }),
  )
}

describe('what is refused', () => {
  test.each<readonly [string, Refused]>([
    [
      'a cluster that is not there',
      { input: () => ({ DBClusterIdentifier: 'nothing' }), code: 'DBClusterNotFoundFault' },
    ],
    [
      'Aurora PostgreSQL',
      {
        input: () => ({ DBClusterIdentifier: 'orders' }),
        code: 'InvalidParameterCombination',
        message: 'Aurora PostgreSQL Engine Version 16.4 with mode: PROVISIONED does not support Backtrack.',
      },
    ],
    [
      'a cluster without a window',
      {
        before: () => cloud.region.seedCluster({ identifier: 'plain', engine: 'aurora-mysql' }),
        input: () => ({ DBClusterIdentifier: 'plain' }),
        code: 'InvalidParameterCombination',
      },
    ],
    ['the future', { input: () => ({ BacktrackTo: ago(-SECOND) }), code: 'InvalidParameterValue' }],
    [
      'a time before the window',
      { input: () => ({ BacktrackTo: ago(HOUR + SECOND) }), code: 'InvalidParameterValue' },
    ],
    [
      'a cluster that is not available',
      {
        before: () => {
          cloud.region.stopCluster('pr-1')
        },
        code: 'InvalidDBClusterStateFault',
        message: 'Its status is stopped.',
      },
    ],
    [
      'a cluster that is deleted',
      {
        before: async () => {
          await cloud.deleteInstance('pr-1-1')
          await cloud.deleteCluster('pr-1')
        },
        behaviour: { availableAfterDeleteMs: MINUTE },
        code: 'InvalidDBClusterStateFault',
      },
    ],
    [
      'binary logging',
      { before: () => withBinaryLog('ROW'), code: 'InvalidParameterCombination', message: 'binary logging' },
    ],
    ['everything, if told so', { behaviour: { backtrack: 'refused' }, code: 'InvalidDBClusterStateFault' }],
  ])('%s', async (_what, { input = () => ({}), behaviour, before, code, message = '' }) => {
    await aClone(behaviour)
    await before?.()
    const refusal = await refusalOf(backtrack(input()))
    expect(refusal).toMatchObject({ code })
    expect(refusal.message).toContain(message)
    expect(await backtracks()).toEqual([])
  })

  test.each([
    ['off', false],
    ['ROW', true],
  ])('not binary logging that is %s, forced: %s', async (format, Force) => {
    await aClone()
    await withBinaryLog(format)
    expect(await backtrack({ Force })).toMatchObject({ Status: 'pending' })
  })
})
