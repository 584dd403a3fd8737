import { describe, expect, test } from '@jest/globals'
import { identifierOf, identityOf } from '../planted-clones.ts'
import { deletions, expectPlainEnd, told } from './safety-clones.ts'
import { HOUR_MS } from './seeded-clones.ts'
import { staying } from './staying.ts'
import { IN_PROCESS, type World, aTableWorld, aWorld } from './world.ts'

const CLONE = identifierOf(identityOf())

describe('a run that does not reach its end names its clone in its outputs', () => {
  const NAMED = { 'cluster-identifier': CLONE, region: 'eu-west-1' }

  test('when its time is over', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: HOUR_MS } })
    const result = await world.create({ 'wait-timeout': '10m' })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
    expect(result.annotations.map(({ title }) => title)).toContain('Timed out')
    expect(['ready', 'absent', 'destroyed']).not.toContain(result.outputs['outcome'])
  })

  test('when the clone fails', async () => {
    const world = await aTableWorld()
    world.cloud.region.failInstance(() => true, {
      status: 'incompatible-network',
      afterMs: 5_000,
      applies: 'next',
    })
    const result = await world.create()
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
  })

  test('when AWS refuses its writer', async () => {
    const world = await aTableWorld()
    world.cloud.aws.deny('rds:CreateDBInstance')
    const result = await world.create({ 'wait-timeout': '10m' })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
  })

  test('when it is cancelled', async () => {
    const world = await aWorld({ behaviour: { clusterCreatingMs: HOUR_MS } })
    const step = world.start({ mode: 'create', 'source-cluster': 'orders', 'wait-timeout': '6h' })
    await world.until(() => world.calls().includes('CreateDBInstance'))
    await world.clock.sleep(300)
    const cancelled = await step.cancel()
    expect(cancelled.terminatedAfterMs).toBeUndefined()
    const result = await step.result
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
    expect(result.outputs['outcome'] ?? '').not.toBe('ready')
  })

  test('when a deletion takes longer than it may', async () => {
    const world = await aTableWorld({ behaviour: { deletingMs: HOUR_MS } })
    await world.create({}, IN_PROCESS)
    const result = await world.destroy({ wait: 'true', 'wait-timeout': '10m' }, { event: world.close() })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
    expect(result.outputs['endpoint'] ?? '').toBe('')
  })

  test('when a wait is given up', async () => {
    const world = await aTableWorld({ behaviour: { clusterCreatingMs: HOUR_MS } })
    await world.create({ wait: 'false' }, IN_PROCESS)
    const result = await world.wait({ 'wait-timeout': '10m' })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: NAMED })
  })
})

describe('two runs beside each other leave one true comment', () => {
  const LATE = { isWriting: /is ready/ }

  /** Holds the requests that write a comment with such a text until `until` has come about. */
  function holdComments(world: World, text: RegExp, until: Promise<unknown>): void {
    world.cloud.github.hooks.beforeHandling = async ({ method, path, body }) => {
      if (method === 'GET' || !path.includes('comments')) return
      if (text.test((body as { body?: string } | undefined)?.body ?? '')) await until
    }
  }

  test('two that make the same clone', async () => {
    const world = await aWorld()
    let writers = 0
    const met = Promise.withResolvers<undefined>()
    world.cloud.github.hooks.beforeHandling = async ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/comments')) return
      writers += 1
      if (writers === 2) met.resolve(undefined)
      await Promise.race([met.promise, world.clock.sleep(1_500)])
    }
    const inputs = { mode: 'auto', 'source-cluster': 'orders', label: 'clone-db' }
    const results = await Promise.all([world.play(inputs), world.play(inputs)])
    results.forEach(expectPlainEnd)
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(world.comment()).toMatch(/is ready/)
  })

  test('one that makes it, and one that removes it before the first has written', async () => {
    const world = await aWorld()
    await world.create({ wait: 'false' }, IN_PROCESS)
    const removed = Promise.withResolvers<undefined>()
    holdComments(world, LATE.isWriting, removed.promise)
    const creating = world.create()
    await world.until(
      () => world.clone().status === 'available' && world.calls().includes('AddTagsToResource'),
    )
    const removal = await world.play({ mode: 'auto' }, { event: world.close() })
    removed.resolve(undefined)
    const creation = await creating
    expectPlainEnd(removal)
    expectPlainEnd(creation)
    expect(deletions(world)).toContain(CLONE)
    expect(staying(world)).toEqual([])
    expect(world.comment()).not.toMatch(/is ready/)
  })

  test('two that remove it', async () => {
    const world = await aWorld()
    await world.create({}, IN_PROCESS)
    const event = world.close()
    const results = await Promise.all([
      world.play({ mode: 'auto' }, { event }),
      world.destroy({ wait: 'true' }, { event }),
    ])
    results.forEach(expectPlainEnd)
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(world.clones()).toEqual([])
    expect(world.comment()).toMatch(/is gone/)
    expect(told(results[1])).not.toMatch(/could not be deleted/)
  })
})
