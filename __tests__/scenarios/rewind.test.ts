import { describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../local/aurora/behaviour.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { IN_PROCESS, LABEL, SOURCE, type World, type WorldOptions, aTableWorld } from './world.ts'

// Aurora MySQL with a backtrack window: a reset takes the clone itself back to the moment when it was published.

const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL, 'backtrack-window': '24h' }
const RESET = { ...AUTO, mode: 'reset' }
const MANAGED = { 'master-credentials': 'managed' }
const HOUR_MS = 3_600_000

const run = (id: number) => ({ env: { GITHUB_RUN_ID: String(id) } })

async function aMysqlWorld(
  inputs: Readonly<Record<string, string>> = {},
  options: WorldOptions = {},
): Promise<World> {
  const world = await aTableWorld({ ...options, withoutSource: true })
  world.seedForeign({
    identifier: SOURCE,
    engine: 'aurora-mysql',
    databaseName: 'shop',
    masterUsername: 'admin',
    masterPassword: 'secret-of-the-team',
    backtrackWindow: 86_400,
  })
  await world.play({ ...AUTO, ...inputs }, IN_PROCESS)
  await world.clock.sleep(HOUR_MS)
  return world
}

function alive(world: World) {
  return world.clones().filter(({ status }) => status !== 'deleting')
}

function backtracksOf(world: World) {
  return world.clone().backtracks ?? []
}

function problems({ annotations }: StepResult): readonly string[] {
  return annotations.filter(({ level }) => level === 'error').map(({ title = '' }) => title)
}

test('the clone stays, with its endpoint, and is ready again in minutes', async () => {
  const world = await aMysqlWorld({}, { inProcess: false })
  const { resourceId, endpoint, tags } = world.clone()
  const resetting = world.start(RESET, run(2))
  await world.until(() => world.clone().status === 'backtracking')
  await world.until(() => world.comment().includes('is being reset'))
  const result = await resetting.result
  expect(result).toMatchObject({
    exitCode: 0,
    outputs: { outcome: 'ready', created: 'false', endpoint: endpoint.address },
  })
  expect(world.clone().resourceId).toBe(resourceId)
  expect(world.comment()).toContain('is ready')
  const readyAt = Date.parse(tags['aurora-clone:ready-at'] ?? '')
  expect(backtracksOf(world).map(({ requestedTo }) => requestedTo)).toEqual([readyAt])
  // Another attempt has nothing left to do; the next run goes back again.
  await world.play(RESET, run(2))
  expect(backtracksOf(world)).toHaveLength(1)
  await world.play(RESET, run(3))
  expect(backtracksOf(world)).toHaveLength(2)
})

test('a password of the clone’s own: rotated since, so AWS makes a new one, and a login proves it', async () => {
  const world = await aMysqlWorld(MANAGED)
  await world.rotateByHand(world.clone().identifier)
  await world.clock.sleep(HOUR_MS)
  const before = world.calls().length
  const result = await world.play({ ...RESET, ...MANAGED }, run(2))
  expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
  expect(result.log).toContain('The password was rotated since that time')
  expect(
    world
      .calls()
      .slice(before)
      .filter((call) => /^(Modify|Enable|Disable|Backtrack)/.test(call)),
  ).toEqual(['BacktrackDBCluster', 'EnableHttpEndpoint', 'ModifyDBCluster', 'DisableHttpEndpoint'])
})

const DENIAL = {
  code: 'AccessDenied',
  message: 'User: x is not authorized to perform: rds:BacktrackDBCluster on resource: y',
  httpStatus: 403,
}

describe('what AWS does not take back is made anew, beside it', () => {
  const binaryLog = { family: 'aurora-mysql8.0', name: 'logging', parameters: { binlog_format: 'ROW' } }

  test.each<[string, Readonly<Record<string, string>>, Partial<Behaviour>, (world: World) => unknown]>([
    ['the backtrack fails', {}, { backtrack: 'fails' }, () => undefined],
    ['it is refused', {}, { backtrack: 'refused' }, () => undefined],
    ['the window is over', {}, {}, (world) => world.clock.sleep(25 * HOUR_MS)],
    ['other inputs', { 'max-acu': '2' }, {}, () => undefined],
    [
      'a role that may not do it',
      {},
      {},
      (world) =>
        world.cloud.aws.faults.add({
          operation: 'BacktrackDBCluster',
          fault: DENIAL,
        }),
    ],
  ])('%s', async (_, inputs, behaviour, hinder) => {
    const world = await aMysqlWorld({}, { behaviour })
    const { resourceId } = world.clone()
    await hinder(world)
    const result = await world.play({ ...RESET, ...inputs }, run(2))
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'true' } })
    expect(alive(world)).toHaveLength(1)
    expect(alive(world)[0]?.resourceId).not.toBe(resourceId)
  })

  test('binary logging is on', async () => {
    const world = await aTableWorld({ withoutSource: true })
    world.cloud.region.seedClusterParameterGroup(binaryLog)
    const mysql = { engine: 'aurora-mysql', parameterGroup: 'logging', backtrackWindow: 86_400 } as const
    world.seedForeign({ identifier: SOURCE, ...mysql })
    await world.play(AUTO, IN_PROCESS)
    await world.clock.sleep(HOUR_MS)
    expect((await world.play(RESET, run(2))).outputs['created']).toBe('true')
  })
})

test('put on hold while the run looks around: it keeps its data, and later runs leave it alone, too', async () => {
  const world = await aMysqlWorld({}, { inProcess: false })
  // AWS is busy with it for a moment.
  const fault = { code: 'InvalidDBClusterStateFault', message: 'It is being modified.' }
  world.cloud.aws.faults.add({ operation: 'BacktrackDBCluster', fault, times: 1 })
  const resetting = world.start(RESET, run(2))
  await world.until(() => world.calls().includes('BacktrackDBCluster'))
  await world.tagByHand(world.clone().identifier, { 'aurora-clone:hold': 'true' })
  const result = await resetting.result
  expect(result).toMatchObject({ exitCode: 1, outputs: { outcome: 'ready' } })
  expect(problems(result)).toEqual(['Clone is protected'])
  await world.tagByHand(world.clone().identifier, { 'aurora-clone:hold': 'false' })
  await world.play(AUTO, { ...run(3), ...IN_PROCESS })
  expect(backtracksOf(world)).toEqual([])
})

describe('a run that is cut off on the way back', () => {
  async function aCutOffWorld(): Promise<World> {
    const world = await aMysqlWorld(MANAGED, { inProcess: false })
    await world.rotateByHand(world.clone().identifier)
    await world.clock.sleep(HOUR_MS)
    const resetting = world.start({ ...RESET, ...MANAGED }, run(2))
    await world.until(() => world.clone().status === 'backtracking')
    await resetting.cancel()
    return world
  }

  test('no other run calls the clone ready, since its password does not open it', async () => {
    const world = await aCutOffWorld()
    const waited = await world.wait({ 'wait-timeout': '5m' }, run(3))
    expect(problems(waited)).toEqual(['Timed out'])
    expect(world.comment()).not.toContain('is ready')
    expect(waited.outputs['endpoint']).toBe('')
    expect((await world.play({ ...AUTO, ...MANAGED }, run(4))).outputs['outcome']).toBe('ready')
    expect((await world.wait({}, run(5))).outputs['outcome']).toBe('ready')
  })

  test('a hold keeps it from being finished, and whoever runs is told so', async () => {
    const world = await aCutOffWorld()
    await world.tagByHand(world.clone().identifier, { 'aurora-clone:hold': 'true' })
    const result = await world.play({ ...AUTO, ...MANAGED }, run(3))
    expect(problems(result)).toEqual(['Clone is protected'])
    expect(result.outputs['endpoint'] ?? '').toBe('')
  })
})

test('the clone of another source is never taken back', async () => {
  const world = await aMysqlWorld()
  world.seedForeign({ identifier: 'users', engine: 'aurora-mysql', backtrackWindow: 86_400 })
  const result = await world.play({ ...RESET, 'source-cluster': 'users' }, run(2))
  expect(problems(result)).toEqual(['Clone of another source'])
  expect(backtracksOf(world)).toEqual([])
})

test('what its comment says: what a reset does to it, and when one has failed', async () => {
  const world = await aMysqlWorld()
  expect(world.comment()).toContain('This clone goes back to the data that it began with.')
  const fault = { code: 'InternalFailure', message: 'Out of order.', httpStatus: 500 }
  world.cloud.aws.faults.add({ operation: 'BacktrackDBCluster', fault })
  const result = await world.play({ ...RESET, 'wait-timeout': '5m' }, run(2))
  expect(problems(result)).toEqual(['Timed out'])
  for (const said of [world.comment(), result.summary]) expect(said).not.toContain('is being reset')
  expect(world.comment()).toContain('**Timed out.**')
})

test('a stopped clone cannot go back: the next one is made beside it at once', async () => {
  const world = await aMysqlWorld()
  const { identifier } = world.clone()
  await world.stopByHand(identifier)
  const result = await world.play(RESET, run(2))
  expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'true' } })
})

test('the pull request cannot be read: nothing is taken back, and the step fails', async () => {
  const world = await aMysqlWorld()
  world.cloud.github.faults.add({ path: /pulls\/42$/, status: 403 })
  const result = await world.play({ ...RESET, comment: 'false' }, run(2))
  expect(problems(result)).toEqual(['Pull request cannot be read'])
  expect(backtracksOf(world)).toEqual([])
})

describe('a chosen moment', () => {
  test('within the life of the clone', async () => {
    const world = await aMysqlWorld()
    const moment = new Date(world.clock.now() - HOUR_MS / 2).toISOString()
    const result = await world.play({ ...RESET, 'backtrack-to': moment }, run(2))
    expect(result).toMatchObject({ exitCode: 0, outputs: { created: 'false' } })
    expect(backtracksOf(world).map(({ requestedTo }) => new Date(requestedTo).toISOString())).toEqual([
      moment,
    ])
  })

  test.each<[string, number, Partial<Behaviour>]>([
    ['before it was published', -2 * HOUR_MS, {}],
    ['in the future', HOUR_MS, {}],
    ['that AWS refuses', -HOUR_MS / 2, { backtrack: 'refused' }],
  ])('%s: refused, and the clone stays as it is', async (_, fromNowMs, behaviour) => {
    const world = await aMysqlWorld({}, { behaviour })
    const { resourceId } = world.clone()
    const moment = new Date(world.clock.now() + fromNowMs).toISOString()
    const result = await world.play({ ...RESET, 'backtrack-to': moment }, run(2))
    expect(problems(result)).toEqual(['Invalid input'])
    expect(alive(world).map((clone) => clone.resourceId)).toEqual([resourceId])
  })

  test('where the clone was made without a window: that is the reason, also in a run with other inputs', async () => {
    const world = await aMysqlWorld({ 'backtrack-window': '' })
    const { resourceId } = world.clone()
    const moment = new Date(world.clock.now() - HOUR_MS / 2).toISOString()
    const result = await world.play({ ...RESET, 'max-acu': '2', 'backtrack-to': moment }, run(2))
    expect(result.log).toContain('it was made without backtrack-window')
    expect(alive(world).map((clone) => clone.resourceId)).toEqual([resourceId])
  })

  test('a run that is cut off on the way is finished by the next one, to the same moment', async () => {
    const world = await aMysqlWorld({}, { inProcess: false })
    const moment = new Date(world.clock.now() - HOUR_MS / 2).toISOString()
    const resetting = world.start({ ...RESET, 'backtrack-to': moment }, run(2))
    await world.until(() => world.clone().status === 'backtracking')
    await resetting.cancel()
    const event = world.synchronize()
    expect((await world.play(AUTO, { event, ...run(3) })).outputs['outcome']).toBe('ready')
    const moments = backtracksOf(world).map(({ requestedTo }) => new Date(requestedTo).toISOString())
    expect(moments).toEqual([moment, moment])
  })

  test('a role that may not do it: the next push does not reset the clone for it', async () => {
    const world = await aMysqlWorld()
    const { resourceId } = world.clone()
    world.cloud.aws.faults.add({ operation: 'BacktrackDBCluster', fault: DENIAL, times: 1 })
    const moment = new Date(world.clock.now() - HOUR_MS / 2).toISOString()
    expect(problems(await world.play({ ...RESET, 'backtrack-to': moment }, run(2)))).toEqual([
      'Invalid input',
    ])
    const result = await world.play(AUTO, { event: world.synchronize(), ...run(3) })
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
    expect(alive(world).map((clone) => clone.resourceId)).toEqual([resourceId])
    expect(backtracksOf(world)).toEqual([])
  })
})
