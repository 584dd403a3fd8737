import { afterEach, describe, expect, test } from '@jest/globals'
import { type SqlClient, connectTo } from '../../local/database/sql-client.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { IN_PROCESS, LABEL, SOURCE, type World, aTableWorld, aWorld } from './world.ts'

// What comes between a request for fresh data and the clone that has them.

const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL }
const RESET = { ...AUTO, mode: 'reset' }
const HOUR_MS = 3_600_000
const SWEEP = { mode: 'sweep', 'dry-run': 'false' }
/** Of runs side by side, and of those that are killed. */
const BESIDE = { inProcess: false }

const run = (id: number) => ({ env: { GITHUB_RUN_ID: String(id) } })

function alive(world: World) {
  return world.clones().filter(({ status }) => status !== 'deleting')
}

function problems({ annotations }: StepResult): readonly string[] {
  return annotations.filter(({ level }) => level === 'error').map(({ title = '' }) => title)
}

describe('what cannot be had leaves the clone as it is, and says so', () => {
  const denied = {
    code: 'AccessDenied',
    message: 'User: x is not authorized to perform: rds:RestoreDBClusterToPointInTime on resource: y',
    httpStatus: 403,
  }

  test.each<[string, (world: World) => unknown, Readonly<Record<string, string>>, string]>([
    ['the limit of clones', () => undefined, { 'max-clones': '1' }, 'Clone limit reached'],
    [
      'AWS’s quota',
      (world) => {
        world.seedForeign({ identifier: 'billing' })
      },
      { 'wait-timeout': '5m' },
      'Quota exceeded',
    ],
    [
      'the source is gone',
      async (world) => {
        await world.renameByHand(SOURCE, 'orders-old')
      },
      {},
      'Source cluster not found',
    ],
    [
      'a role that may not restore',
      (world) => world.cloud.aws.faults.add({ operation: 'RestoreDBClusterToPointInTime', fault: denied }),
      {},
      'Missing IAM permission',
    ],
    [
      'a writer that AWS does not make',
      (world) =>
        world.cloud.aws.faults.add({
          operation: 'CreateDBInstance',
          fault: { code: 'InstanceQuotaExceeded', message: 'Quota exceeded.', httpStatus: 400 },
        }),
      { 'wait-timeout': '5m' },
      'Quota exceeded',
    ],
  ])('%s', async (_, hinder, inputs, title) => {
    const world = await aTableWorld({ behaviour: { clusterQuota: 3 } })
    await world.play(AUTO, IN_PROCESS)
    const { identifier, endpoint: at, tags } = world.clone()
    const endpoint = at.address
    await hinder(world)
    const result = await world.play({ ...RESET, ...inputs }, run(2))
    expect(problems(result)).toEqual([title])
    expect(result.outputs).toMatchObject({ outcome: 'ready', endpoint, 'cluster-identifier': identifier })
    // Every run extends its life.
    const expiry = { 'aurora-clone:expires-at': expect.any(String) }
    expect(world.cloud.region.cluster(identifier)).toMatchObject({
      status: 'available',
      tags: { ...tags, ...expiry },
    })
    expect(world.comment()).toContain(endpoint)
    expect(world.comment()).toContain('**Not reset.**')
    // The next run that asks for nothing says the same of the clone, and leaves nothing behind.
    await world.play({ ...AUTO, ...inputs })
    await world.clock.sleep(2 * HOUR_MS)
    await world.play(SWEEP)
    expect(alive(world).map((clone) => clone.identifier)).toContain(identifier)
  })
})

test('two resets at once: one clone with fresh data stays', async () => {
  const world = await aWorld(BESIDE)
  await world.play(AUTO, IN_PROCESS)
  const former = world.clone().identifier
  const runs = await Promise.all([world.play(RESET, run(2)), world.play(RESET, run(3))])
  expect(runs.map(({ outputs }) => outputs['outcome'])).toEqual(['ready', 'ready'])
  await world.clock.sleep(2 * HOUR_MS)
  await world.play(SWEEP)
  const [next] = alive(world)
  expect(alive(world)).toHaveLength(1)
  expect(next?.identifier).not.toBe(former)
  expect(world.comment()).toContain(next?.identifier)
})

test('the pull request is closed meanwhile: both clones go', async () => {
  const world = await aWorld(BESIDE)
  await world.play(AUTO, IN_PROCESS)
  const resetting = world.start(RESET, run(2))
  await world.until(() => alive(world).length === 2)
  const event = world.close()
  expect((await resetting.result).outputs['outcome']).not.toBe('ready')
  await world.play(AUTO, { event })
  expect(alive(world)).toEqual([])
})

describe('the sweep', () => {
  test('leaves a clone alone that is being prepared in the place of another', async () => {
    const world = await aWorld(BESIDE)
    await world.play(AUTO, IN_PROCESS)
    const resetting = world.start(RESET, run(2))
    await world.until(() => alive(world).length === 2)
    await world.play(SWEEP)
    expect(alive(world)).toHaveLength(2)
    expect((await resetting.result).outputs['outcome']).toBe('ready')
  })

  test('removes the former one of a run that was killed before it could', async () => {
    const world = await aWorld(BESIDE)
    await world.play(AUTO, IN_PROCESS)
    const former = world.clone().identifier
    await world.clock.sleep(2 * HOUR_MS)
    world.cloud.aws.hooks.beforeApply = async ({ operation }) => {
      if (operation !== 'DeleteDBInstance') return
      killed.kill()
      await new Promise<never>(() => undefined)
    }
    const killed = world.start(RESET, run(2))
    await killed.result
    delete world.cloud.aws.hooks.beforeApply
    expect(alive(world)).toHaveLength(2)
    const swept = await world.play(SWEEP)
    expect(swept.log).toMatch(new RegExp(`deleting {2}${former} .*: replaced by another clone`))
    expect(world.comment()).toContain('is ready')
    expect(world.comment()).toContain(alive(world)[0]?.identifier)
  })
})

test('without waiting: the former one stays until a run has seen the next one ready', async () => {
  const world = await aTableWorld({ behaviour: { clusterCreatingMs: 60_000, instanceCreatingMs: 240_000 } })
  await world.play({ ...AUTO, 'wait-timeout': '1h' }, IN_PROCESS)
  const former = world.clone()
  const asked = await world.play({ ...RESET, wait: 'false' }, run(2))
  expect(asked.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
  expect(world.comment()).toContain(`| **Until then** | \`${former.endpoint.address}\` |`)
  expect(alive(world)).toHaveLength(2)
  const waited = await world.wait({ 'wait-timeout': '1h' })
  expect(waited.outputs).toMatchObject({
    outcome: 'ready',
    'cluster-identifier': asked.outputs['cluster-identifier'],
  })
  expect(alive(world).map(({ identifier }) => identifier)).toEqual([asked.outputs['cluster-identifier']])
})

test('a clone with a key of its own', async () => {
  const world = await aTableWorld()
  const staging = { 'source-cluster': SOURCE, 'clone-key': 'staging' }
  await world.play({ mode: 'create', ...staging }, IN_PROCESS)
  const { resourceId } = world.clone()
  expect((await world.play({ mode: 'reset', ...staging }, run(2))).outputs['created']).toBe('true')
  expect(world.clone().resourceId).not.toBe(resourceId)
})

const clients: SqlClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

test('the rows of the source, and none of the clone’s own', async () => {
  const world = await aWorld({
    ...BESIDE,
    withoutSource: true,
    databases: true,
  })
  world.seedForeign({ identifier: SOURCE, databaseName: 'shop', masterPassword: 'secret' })
  await world.cloud.databases?.settle()
  const connect = async (port: number): Promise<SqlClient> => {
    const login = { host: '127.0.0.1', port, user: 'postgres', password: 'secret', database: 'shop' }
    const client = await connectTo('aurora-postgresql', login, world.clock)
    clients.push(client)
    return client
  }
  const portOf = ({ outputs }: StepResult): number => Number(outputs['port'])
  const source = await connect(world.cloud.region.cluster(SOURCE)?.endpoint.port ?? 0)
  await source.query('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)')
  const inUse = await connect(portOf(await world.play(AUTO)))
  await inUse.query('DELETE FROM orders')
  await source.query('INSERT INTO orders VALUES (2)')
  const fresh = await connect(portOf(await world.play(RESET, run(2))))
  expect(await fresh.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  expect(await source.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
})
