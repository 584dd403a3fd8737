import { describe, expect, test } from '@jest/globals'
import type { StepResult } from '../../local/runner/step.ts'
import { type World, aTableWorld } from './world.ts'

// What happened to other teams, played against the bundle.

const RESTORE = 'RestoreDBClusterToPointInTime'
const INSTANCE = 'CreateDBInstance'

function errorOf(run: Awaited<ReturnType<World['create']>>): string {
  const [error] = run.annotations.filter(({ level }) => level === 'error')
  return `${error?.title ?? 'no error'}: ${error?.message ?? ''}`
}

function refuse(
  world: World,
  operation: string,
  fault: {
    readonly code: string
    readonly message: string
    readonly httpStatus?: number
    readonly times?: number
  },
): void {
  const { code, message, httpStatus = 400, times } = fault
  world.cloud.aws.faults.add({
    operation,
    fault: { code, message, httpStatus },
    ...(times === undefined ? {} : { times }),
  })
}

describe('a denial sends people to the door that is closed', () => {
  test.each([
    ['with an explicit deny in a service control policy', /service control policy/],
    ['because no permissions boundary allows the rds:CreateDBInstance action', /permissions boundary/],
  ])('%s', async (reason, says) => {
    const world = await aTableWorld()
    refuse(world, INSTANCE, {
      code: 'AccessDenied',
      message: `User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:123456789012:db:x ${reason}`,
      httpStatus: 403,
    })
    const run = await world.create({ 'wait-timeout': '10m' })
    expect(errorOf(run)).toMatch(says)
    expect(errorOf(run)).not.toMatch(/whole policy/)
  })

  test('a Region that is not switched on', async () => {
    const world = await aTableWorld()
    refuse(world, 'DescribeDBClusters', { code: 'OptInRequired', message: 'not subscribed', httpStatus: 403 })
    expect(errorOf(await world.create())).toMatch(/aws-region.*switched on/s)
  })
})

describe('what AWS refuses, named by its input', () => {
  test('a parameter group of another family, at the restore and at the writer', async () => {
    const world = await aTableWorld()
    const message =
      'The Parameter Group shop-pg14 with DBParameterGroupFamily aurora-postgresql14 is not valid here.'
    refuse(world, RESTORE, { code: 'InvalidParameterCombination', message, times: 1 })
    expect(errorOf(await world.create())).toMatch(
      /^Parameter group rejected: .*db-cluster-parameter-group-name/s,
    )
    refuse(world, INSTANCE, { code: 'InvalidParameterCombination', message, times: 1 })
    expect(errorOf(await world.create())).toMatch(/^Parameter group rejected: .*Set db-parameter-group-name/s)
  })

  test('serverless that this engine version does not offer, at the restore', async () => {
    const world = await aTableWorld()
    refuse(world, RESTORE, {
      code: 'InvalidParameterCombination',
      message: 'The Serverless v2 scaling configuration is not supported for this engine version.',
    })
    expect(errorOf(await world.create())).toMatch(/^Instance class not available: .*Set instance-class/s)
  })

  test('a key for a source that is not encrypted: refused before anything is sent', async () => {
    const world = await aTableWorld({ withoutSource: true })
    world.seedForeign({ identifier: 'orders', databaseName: 'shop' })
    const run = await world.create({ 'kms-key-id': 'alias/shop-dev' })
    expect(errorOf(run)).toMatch(/^Invalid input: .*not encrypted.*Leave kms-key-id out/s)
    expect(world.mutations()).toEqual([])
  })
})

describe('a full copy needs no server', () => {
  test('restore-to-time from a stopped source is ready', async () => {
    const world = await aTableWorld({ withoutSource: true })
    world.seedForeign({ identifier: 'orders', databaseName: 'shop', status: 'stopped' })
    const restoreToTime = new Date(world.clock.now() - 60_000).toISOString()
    const run = await world.create({ 'restore-to-time': restoreToTime, 'wait-timeout': '6h' })
    expect(run.outputs).toMatchObject({ outcome: 'ready', 'data-as-of': restoreToTime })
  })
})

describe('what the clone is, as AWS has it', () => {
  test('it does not pause where replication is on, and the run that made it says so', async () => {
    const world = await aTableWorld({ withoutSource: true, behaviour: { storageTypeOnClones: 'inherited' } })
    world.cloud.region.seedClusterParameterGroup({
      name: 'cdc',
      family: 'aurora-postgresql16',
      parameters: { 'rds.logical_replication': '1' },
    })
    world.seedForeign({ identifier: 'orders', parameterGroup: 'cdc', storageType: 'aurora-iopt1' })
    const run = await world.create()
    expect(run.outputs['outcome']).toBe('ready')
    expect(run.log).toContain('does not pause when it is idle: rds.logical_replication is on')
    expect(world.comment()).toContain('0 to 4 ACUs, does not pause, since `rds.logical_replication` is on')
    expect(world.comment()).toContain('| **Storage** | I/O-Optimized')
    const quiet = await world.create()
    expect(quiet.log).not.toContain('does not pause when it is idle')
  })

  test('what AWS ignored is one warning with both values, of the run that made the clone', async () => {
    const world = await aTableWorld({
      withoutSource: true,
      behaviour: { ignoredByRestore: ['DBClusterParameterGroupName'] },
    })
    world.cloud.region.seedClusterParameterGroup({
      name: 'tuned',
      family: 'aurora-postgresql16',
      parameters: {},
    })
    world.seedForeign({ identifier: 'orders', parameterGroup: 'tuned' })
    const warnings = ({ annotations }: StepResult) =>
      annotations
        .filter(({ message }) => message.includes('otherwise than asked'))
        .map(({ message }) => message)
    expect(warnings(await world.create())).toEqual([
      `AWS made clone "${world.clone().identifier}" otherwise than asked: db-cluster-parameter-group-name is "default.aurora-postgresql16", not "tuned".`,
    ])
    expect(warnings(await world.create())).toEqual([])
  })

  test('it pauses', async () => {
    const world = await aTableWorld()
    await world.create()
    expect(world.comment()).toContain('`db.serverless`, 0 to 4 ACUs, pauses when idle for 5m |')
    expect(world.comment()).toContain('| **Storage** | Standard, not encrypted |')
    expect(world.calls()).not.toContain('DescribeDBClusterParameters')
  })
})

test('data-as-of is the time that is safe to promise', async () => {
  const world = await aTableWorld({ behaviour: { latestRestorableLagMs: 300_000 } })
  const askedMs = world.clock.now()
  const { outputs } = await world.create()
  const asOfMs = Date.parse(outputs['data-as-of'] ?? '')
  expect(asOfMs).toBeGreaterThanOrEqual(askedMs - 300_000)
  expect(asOfMs).toBeLessThan(askedMs - 290_000)
})

test('a source that is busy for a moment keeps a run that does not wait, and then it goes on its way', async () => {
  const world = await aTableWorld()
  refuse(world, RESTORE, {
    code: 'InvalidDBClusterStateFault',
    message: 'The cluster is failing over.',
    times: 2,
  })
  const run = await world.create({ wait: 'false', 'poll-interval': '1s' })
  expect(run.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
  expect(run.exitCode).toBe(0)
})

describe('an outage of a minute is waited out', () => {
  const MINUTE = 60_000
  const AUTO = { mode: 'auto', 'source-cluster': 'orders', label: 'clone-db' }

  /** From now on, for a minute of the clock. */
  function outage(world: World, end: () => void): void {
    void world.clock.sleep(MINUTE).then(end)
  }

  const UNAVAILABLE = { code: 'ServiceUnavailable', message: 'not now', httpStatus: 503 }

  test.each(['DescribeDBClusters', 'DescribeDBInstances', RESTORE, INSTANCE, 'AddTagsToResource'])(
    'of AWS at %s, while a clone is made',
    async (operation) => {
      const world = await aTableWorld()
      outage(world, world.cloud.aws.faults.add({ operation, fault: UNAVAILABLE }))
      const run = await world.create()
      expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
      expect(world.clones()).toHaveLength(1)
    },
  )

  test.each(['DescribeDBClusters', 'DeleteDBInstance', 'DeleteDBCluster'])(
    'of AWS at %s, while a clone is deleted',
    async (operation) => {
      const world = await aTableWorld()
      await world.create()
      const event = world.close()
      outage(world, world.cloud.aws.faults.add({ operation, fault: UNAVAILABLE }))
      expect((await world.play(AUTO, { event })).outputs['outcome']).toBe('deleting')
    },
  )

  test('of GitHub, while a clone is made and while it is deleted', async () => {
    const world = await aTableWorld()
    const first = world.cloud.github.faults.add({ status: 503 })
    outage(world, () => {
      first.remove()
    })
    expect((await world.create()).outputs['outcome']).toBe('ready')
    const event = world.close()
    const second = world.cloud.github.faults.add({ status: 'drop' })
    outage(world, () => {
      second.remove()
    })
    expect((await world.play(AUTO, { event })).outputs['outcome']).toBe('deleting')
  })
})

describe('GitHub asks for a pause', () => {
  const PULL = /\/repos\/acme\/shop\/pulls\/42$/

  test('a short one is waited out: the closed pull request loses its clone', async () => {
    const world = await aTableWorld()
    await world.create()
    const event = world.close()
    const headers = { 'retry-after': '2' }
    world.cloud.github.faults.add({ method: 'GET', path: PULL, status: 429, times: 1, headers })
    const run = await world.play({ mode: 'auto', 'source-cluster': 'orders', label: 'clone-db' }, { event })
    expect(run.outputs['outcome']).toBe('deleting')
  })

  test('a long one is named, and nothing is deleted', async () => {
    const world = await aTableWorld()
    await world.create()
    const event = world.close()
    const headers = { 'retry-after': '1800' }
    world.cloud.github.faults.add({ method: 'GET', path: PULL, status: 403, headers })
    const run = await world.play({ mode: 'auto', 'source-cluster': 'orders', label: 'clone-db' }, { event })
    expect(errorOf(run)).toMatch(/rate limit is reached; run the job again in 30m/)
    expect(world.clone().status).toBe('available')
  })
})

test('an event file that is broken says so, and a mode that does not need it goes on', async () => {
  const world = await aTableWorld()
  await world.create()
  const run = await world.play(
    { mode: 'wait', 'pr-number': '42' },
    { env: { GITHUB_EVENT_PATH: '/nonexistent/event.json' } },
  )
  expect(run.outputs['outcome']).toBe('ready')
  expect(run.annotations).toContainEqual(
    expect.objectContaining({ level: 'warning', message: expect.stringContaining('GITHUB_EVENT_PATH') }),
  )
})

describe('AWS refuses to delete a clone that is being created', () => {
  const SLOW = { clusterCreatingMs: 300_000, deleteClusterWhileCreating: 'refuse' } as const

  test.each(['destroy', 'auto'])(
    '%s with `wait: false` ends in seconds, and the sweep deletes it',
    async (mode) => {
      const world = await aTableWorld({ behaviour: SLOW })
      await world.create({ wait: 'false' })
      const beginMs = world.clock.now()
      const run = await world.play({ mode, wait: 'false', label: 'clone-db' }, { event: world.close() })
      expect(world.clock.now() - beginMs).toBeLessThan(30_000)
      expect(run.exitCode).toBe(1)
      expect(errorOf(run)).toContain('It keeps its tags, so that a later destroy or sweep finds it.')
      expect(world.comment()).toContain('could not be deleted')
      await world.clock.sleep(2 * 3_600_000)
      await world.play({ mode: 'sweep', 'dry-run': 'false' })
      expect(world.clone().status).toBe('deleting')
    },
  )

  test('a run that says nothing of waiting stays until AWS accepts it', async () => {
    const world = await aTableWorld({ behaviour: SLOW })
    await world.create({ wait: 'false' })
    const run = await world.destroy({}, { event: world.close() })
    expect(run.outputs['outcome']).toBe('deleting')
  })
})
