import { describe, expect, test } from '@jest/globals'
import { issueCommentEvent } from '../../local/github/events.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { LABEL, SOURCE, type World, aTableWorld, aWorld } from './world.ts'

// Fresh data: the next clone is made beside the one in use, and takes its place when it is ready.

const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL }
const RESET = { ...AUTO, mode: 'reset' }
const RESET_LABEL = 'fresh-data'
const MINUTE_MS = 60_000

const run = (id: number) => ({ env: { GITHUB_RUN_ID: String(id) } })

function alive(world: World) {
  return world.clones().filter(({ status }) => status !== 'deleting')
}

function problems({ annotations }: StepResult): readonly string[] {
  return annotations.filter(({ level }) => level === 'error').map(({ title = '' }) => title)
}

/** Puts a label on, at another second than the last time. */
async function putOn(world: World, label: string): Promise<void> {
  await world.clock.sleep(2_000)
  world.pull.addLabel(label)
}

test('mode reset: the former clone is in use until the next one is ready, and then it goes', async () => {
  const world = await aWorld({ behaviour: { deletingMs: 12 * MINUTE_MS } })
  await world.play(AUTO)
  const former = world.clone()
  const resetting = world.start(RESET, run(2))
  await world.until(() => world.comment().includes('Fresh database clone is being created'))
  const meanwhile = world.comment()
  expect(meanwhile).toContain('| **Until then** |')
  expect(meanwhile).toContain(former.identifier)
  const result = await resetting.result
  expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'true' } })
  const [next] = alive(world)
  expect(alive(world)).toHaveLength(1)
  expect(next?.identifier).not.toBe(former.identifier)
  expect(result.outputs['cluster-identifier']).toBe(next?.identifier)
  expect(world.cloud.region.cluster(former.identifier)?.status).toBe('deleting')
  expect(world.comment()).toContain('is ready')
  expect(world.comment()).not.toContain(former.identifier)

  // Another attempt of the same run has nothing left to do. The next run resets again, though the first clone is not gone yet.
  expect((await world.play(RESET, run(2))).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
  expect((await world.play(RESET, run(3))).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(alive(world).map(({ identifier }) => identifier)).not.toContain(next?.identifier)
})

test('what a comment asks for is done once, however often its workflow runs', async () => {
  const world = await aTableWorld()
  await world.play(AUTO)
  const comment = world.pull.addComment({ body: '/reset', author: 'octocat' })
  const event = issueCommentEvent(world.cloud.github, { pullRequest: world.pull, comment, action: 'created' })
  expect((await world.play(RESET, { event, ...run(2) })).outputs['created']).toBe('true')
  expect((await world.play(RESET, { event, ...run(3) })).outputs['created']).toBe('false')
})

test('the first clone meets every request that there is', async () => {
  const world = await aTableWorld({ labels: [LABEL, RESET_LABEL] })
  const inputs = { ...AUTO, 'reset-label': RESET_LABEL, 'reset-on': 'push' }
  await world.play({ ...inputs, mode: 'reset' })
  const { resourceId } = world.clone()
  expect(world.pull.labels.map(({ name }) => name)).toEqual([LABEL])
  await world.play(inputs)
  expect(world.clone().resourceId).toBe(resourceId)
})

describe('a reset label', () => {
  const inputs = { ...AUTO, 'reset-label': RESET_LABEL }

  test('each time that it is put on, and the run takes it off', async () => {
    const world = await aTableWorld()
    await world.play(inputs)
    for (let times = 0; times < 2; times++) {
      const { resourceId } = world.clone()
      await putOn(world, RESET_LABEL)
      const result = await world.play(inputs)
      expect(result.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
      expect(world.clone().resourceId).not.toBe(resourceId)
      expect(world.pull.labels.map(({ name }) => name)).toEqual([LABEL])
    }
  })

  test('one that stays on never resets twice', async () => {
    const world = await aTableWorld()
    await world.play(inputs)
    await putOn(world, RESET_LABEL)
    const token = world.cloud.github.token({
      login: 'reader',
      type: 'User',
      permissions: { 'pull-requests': 'read' },
    })
    const first = await world.play({ ...inputs, comment: 'false' }, { token })
    expect(first).toMatchObject({ exitCode: 0, outputs: { created: 'true' } })
    expect(first.log).toContain('take it off by hand. It does not reset the clone again.')
    const { resourceId } = world.clone()
    expect((await world.play({ ...inputs, comment: 'false' }, { token })).outputs['created']).toBe('false')
    expect(world.clone().resourceId).toBe(resourceId)
    await world.play(inputs)
    expect(world.clone().resourceId).toBe(resourceId)
    expect(world.pull.labels.map(({ name }) => name)).toEqual([LABEL])
  })

  test('taken off by hand meanwhile: the reset is finished', async () => {
    const world = await aWorld({ inProcess: false })
    await world.play(inputs)
    await putOn(world, RESET_LABEL)
    const running = world.start(inputs)
    await world.until(() => alive(world).length === 2)
    world.pull.removeLabel(RESET_LABEL)
    expect(await running.result).toMatchObject({
      exitCode: 0,
      outputs: { outcome: 'ready', created: 'true' },
    })
    expect(alive(world)).toHaveLength(1)
  })

  test('put on again meanwhile: it stays for the next run, which resets again', async () => {
    const world = await aWorld({ inProcess: false })
    await world.play(inputs)
    await putOn(world, RESET_LABEL)
    const running = world.start(inputs)
    await world.until(() => alive(world).length === 2)
    world.pull.removeLabel(RESET_LABEL)
    await putOn(world, RESET_LABEL)
    await running.result
    expect(world.pull.labels.map(({ name }) => name)).toContain(RESET_LABEL)
    expect((await world.play(inputs)).outputs['created']).toBe('true')
    expect(world.pull.labels.map(({ name }) => name)).toEqual([LABEL])
  })

  test('GitHub does not say when it was put on: nothing is reset, and the step fails', async () => {
    const world = await aTableWorld()
    await world.play(inputs)
    const { resourceId } = world.clone()
    await putOn(world, RESET_LABEL)
    world.cloud.github.faults.add({ path: /graphql/, status: 403, times: 20 })
    const result = await world.play({ ...inputs, comment: 'false' })
    expect(result).toMatchObject({ exitCode: 1, outputs: { outcome: 'ready', created: 'false' } })
    expect(problems(result)).toEqual(['Pull request cannot be read'])
    expect(world.clone().resourceId).toBe(resourceId)
  })
})

test('the clone of another source is never replaced by a reset', async () => {
  const world = await aTableWorld()
  world.seedForeign({ identifier: 'users' })
  await world.play(AUTO)
  const { resourceId } = world.clone()
  const result = await world.play({ ...RESET, 'source-cluster': 'users' }, run(2))
  expect(problems(result)).toEqual(['Clone of another source'])
  expect(world.clone().resourceId).toBe(resourceId)
})

test('every push, and no run ever waits: former clones go even so', async () => {
  const world = await aTableWorld()
  const inputs = { ...AUTO, 'reset-on': 'push', wait: 'false' }
  for (let pushes = 0; pushes < 4; pushes++) {
    const result = await world.play(inputs, { event: world.synchronize(), ...run(pushes + 2) })
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'creating', created: 'true' } })
    expect(alive(world).length).toBeLessThanOrEqual(2)
    await world.clock.sleep(60 * MINUTE_MS)
  }
})

describe('no clone with fresh data can be made', () => {
  test('the clone in use stays, lives on as after every push, and no one is told that it goes', async () => {
    const world = await aTableWorld()
    const inputs = { ...AUTO, 'reset-on': 'push', 'max-clones': '1', ttl: '24h' }
    await world.play(inputs)
    const { resourceId, tags } = world.clone()
    await world.clock.sleep(60 * MINUTE_MS)
    const result = await world.play(inputs, { event: world.synchronize(), ...run(2) })
    expect(result).toMatchObject({ exitCode: 1, outputs: { outcome: 'ready' } })
    expect(result.annotations.map(({ level }) => level)).toEqual(['notice', 'error'])
    const now = world.clone()
    expect(now.resourceId).toBe(resourceId)
    const key = 'aurora-clone:expires-at'
    expect(Date.parse(now.tags[key] ?? '')).toBeGreaterThan(Date.parse(tags[key] ?? '') + 59 * MINUTE_MS)
  })

  test('and the pull request is closed by then: nobody is told that it is ready', async () => {
    const world = await aWorld({ inProcess: false })
    await world.play(AUTO)
    const running = world.start(RESET, run(2))
    const next = () => alive(world).find(({ tags }) => tags['aurora-clone:replaces'] !== undefined)
    await world.until(() => next()?.status === 'available')
    await world.protectByHand(next()?.identifier ?? '')
    world.pull.close({ merged: true })
    const result = await running.result
    expect(problems(result)).toEqual(['Clone is protected'])
    expect(result.outputs['endpoint']).toBe('')
    expect(world.comment()).not.toContain('is ready')
  })

  const SANITISED = { 'verify-sql': 'db/nothing/*.sql', 'master-credentials': 'managed' }

  test('since its files are not usable: the outputs have the clone in use', async () => {
    const world = await aTableWorld()
    await world.play(AUTO)
    await world.tagByHand(world.clone().identifier, { 'aurora-clone:sanitised': 'clean-0a1b2c3d' })
    const result = await world.play({ ...RESET, ...SANITISED }, run(2))
    expect(problems(result)).toEqual(['File not usable'])
    expect(result.outputs).toMatchObject({ outcome: 'ready', endpoint: world.clone().endpoint.address })
    expect(world.comment()).toContain('**Not reset.**')
  })

  test('and the one in use has the data of its source, which this run is to hand out to no one', async () => {
    const world = await aTableWorld()
    await world.play(AUTO)
    const result = await world.play({ ...RESET, ...SANITISED }, run(2))
    expect(problems(result)).toEqual(['File not usable'])
    expect(result.outputs['endpoint'] ?? '').toBe('')
  })

  test('for a fork: it gets no endpoint of the clone in use', async () => {
    const world = await aTableWorld({ headRepository: 'fork' })
    await world.play({ ...AUTO, 'allow-forks': 'true' })
    const result = await world.play(RESET, run(2))
    expect(problems(result)).toEqual(['Fork refused'])
    expect(result.outputs['endpoint'] ?? '').toBe('')
  })
})

test('of a closed pull request: its clone goes', async () => {
  const world = await aTableWorld()
  await world.play(AUTO)
  world.pull.close({ merged: true })
  const result = await world.play(RESET, run(2))
  expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'deleting' } })
  expect(alive(world)).toEqual([])
})

test('reset-on push: every commit, and nothing else', async () => {
  const world = await aTableWorld()
  const inputs = { ...AUTO, 'reset-on': 'push' }
  await world.play(inputs, { event: world.labeled() })
  const created = async (event = world.labeled()) => (await world.play(inputs, { event })).outputs['created']
  expect(await created()).toBe('false')
  expect(await created(world.synchronize())).toBe('true')
  expect(await created()).toBe('false')
  expect(await created(world.synchronize())).toBe('true')
  expect(alive(world)).toHaveLength(1)
})

describe('a hold refuses every reset', () => {
  async function aHeldWorld(): Promise<World> {
    const world = await aTableWorld()
    await world.play({ ...AUTO, hold: 'true' })
    return world
  }

  test.each<[string, (world: World) => Promise<Readonly<Record<string, string>>>]>([
    ['mode reset', () => Promise.resolve(RESET)],
    [
      'a label',
      async (world) => {
        await putOn(world, RESET_LABEL)
        return { ...AUTO, 'reset-label': RESET_LABEL }
      },
    ],
  ])('%s: whoever asks is told so', async (_, asks) => {
    const world = await aHeldWorld()
    const { resourceId } = world.clone()
    const labels = world.pull.labels.length
    const inputs = await asks(world)
    const result = await world.play(inputs, run(2))
    expect(result).toMatchObject({ exitCode: 1, outputs: { outcome: 'ready', created: 'false' } })
    expect(problems(result)).toEqual(['Clone is protected'])
    expect(world.clone().resourceId).toBe(resourceId)
    expect(world.comment()).toContain('is ready')
    // The label still asks, and is heard when the hold is over.
    await world.tagByHand(world.clone().identifier, { 'aurora-clone:hold': 'false' })
    expect((await world.play(inputs, run(2))).outputs['created']).toBe('true')
    expect(world.pull.labels).toHaveLength(labels)
  })

  test('a push goes on with the data that is held', async () => {
    const world = await aHeldWorld()
    const result = await world.play({ ...AUTO, 'reset-on': 'push' }, { event: world.synchronize() })
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
    expect(result.log).toContain('keeps its data')
  })
})
