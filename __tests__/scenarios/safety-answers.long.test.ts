import { describe, expect, test } from '@jest/globals'
import type { FaultRule, InjectedFault, StrangeAnswer } from '../../local/aurora/fault-injection.ts'
import { CLOCK_VARIABLE } from '../../local/time/clock.ts'
import type { SimulatedClockPlace } from '../../local/time/simulated-clock.ts'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { identityOf } from '../planted-clones.ts'
import { SWEEP, deletions, expectPlainEnd, plant, told } from './safety-clones.ts'
import { DAY_MS, HOUR_MS } from './seeded-clones.ts'
import { oneByOne } from './side-by-side.ts'
import { staying } from './staying.ts'
import { IN_PROCESS, type World, aTableWorld, aWorld } from './world.ts'

const LOOK = 'DescribeDBClusters'
const HELD = { [TAG.hold]: 'true' }
/** What would tell people that there is none, and is not known. */
const SAYS_NONE = /is gone|There (?:is|are) no |nothing to destroy|There is no clone/i

describe('an answer without a list of clusters says nothing', () => {
  const STRANGE: Readonly<Record<string, StrangeAnswer>> = {
    'a page': { body: '<html><body>Sign in to the network</body></html>', contentType: 'text/html' },
    'an empty body': { body: '' },
    'a result without a list': {
      body: `<${LOOK}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><${LOOK}Result/></${LOOK}Response>`,
    },
    'a page of JSON': { body: '{"message":"ok"}', contentType: 'application/json' },
  }
  const WHICH: Readonly<Record<string, Pick<FaultRule, 'when'>>> = {
    'by name': { when: (input) => input['DBClusterIdentifier'] !== undefined },
    'in listings': { when: (input) => input['DBClusterIdentifier'] === undefined },
    everywhere: {},
  }
  const PLAYS = {
    auto: (world: World) => world.play({ mode: 'auto' }, { event: world.close() }),
    sweep: (world: World) => world.play(SWEEP, { event: world.close() }),
    destroy: (world: World) => world.destroy({ wait: 'true' }, { event: world.close() }),
    create: (world: World) => world.create(),
    wait: (world: World) => world.wait(),
  }
  /** No wait for an answer that never gets better takes longer than this. */
  const PATIENCE = { 'wait-timeout': '10m', 'poll-interval': '10s' }

  type Mode = keyof typeof PLAYS
  /** Every answer to every look of each mode; and one of them to some looks alone. */
  const table = (Object.keys(PLAYS) as Mode[]).flatMap((mode) =>
    Object.keys(STRANGE).map((answer) => ({
      mode,
      answer,
      where: answer === 'a result without a list' ? Object.keys(WHICH) : ['everywhere'],
    })),
  )

  test.each(table)('$mode, $answer', async ({ mode, answer, where }) => {
    const ends = await oneByOne(where, async (which) => {
      const world = await aTableWorld()
      const held = plant(world, { tags: HELD })
      await world.create({}, IN_PROCESS)
      const before = world.comment()
      world.cloud.aws.faults.add({
        ...WHICH[which],
        operation: LOOK,
        fault: STRANGE[answer] ?? { body: '' },
      })
      const mutations = world.mutations().length
      const start = world.start.bind(world)
      world.start = (inputs, options) => start({ ...PATIENCE, ...inputs }, options)
      const result = await PLAYS[mode](world)
      expectPlainEnd(result)
      expect(world.mutations().slice(mutations)).toEqual([])
      expect(world.cloud.region.cluster(held)?.status).toBe('available')
      expect(told(result)).not.toMatch(SAYS_NONE)
      expect(['absent', 'destroyed', 'ready']).not.toContain(result.outputs['outcome'])
      expect(world.comment()).not.toMatch(SAYS_NONE)
      if (mode === 'create') expect(world.comment().split('\n')[0]).toBe(before.split('\n')[0])
      return [which, result.exitCode] as const
    })
    expect(where).toContain('everywhere')
    for (const [which, exitCode] of ends)
      if (which !== 'by name') expect({ which, exitCode }).toEqual({ which, exitCode: 1 })
  })

  test.each(Object.keys(STRANGE))('%s behind the deletion is not its end', async (answer) => {
    const world = await aTableWorld({ behaviour: { deletingMs: HOUR_MS } })
    await world.create({}, IN_PROCESS)
    world.cloud.aws.hooks.afterApply = ({ operation }) => {
      if (operation === 'DeleteDBCluster')
        world.cloud.aws.faults.add({ operation: LOOK, fault: STRANGE[answer] ?? { body: '' } })
    }
    const result = await world.destroy({ ...PATIENCE, wait: 'true' }, { event: world.close() })
    expectPlainEnd(result)
    expect(result.exitCode).toBe(1)
    expect(world.comment()).not.toMatch(/is gone|is ready/)
    expect(told(result)).not.toMatch(/is gone/)
  })
})

describe('an answer that never ends', () => {
  const ENDLESS: readonly InjectedFault[] = ['stall', 'drip', 'new-marker', 'same-marker']
  const LIMIT = { 'wait-timeout': '4s', 'poll-interval': '1s' }
  const MODES = ['create', 'auto', 'destroy', 'sweep'] as const

  test.each(MODES)('%s ends within its limit, with one error', async (mode) => {
    const ends = await oneByOne(ENDLESS, async (fault) => {
      const world = await aTableWorld()
      plant(world)
      const event = mode === 'create' ? world.labeled() : world.close()
      world.cloud.aws.faults.add({ operation: LOOK, fault })
      const inputs = mode === 'sweep' ? SWEEP : { mode, 'source-cluster': 'orders' }
      const result = await world.play({ ...inputs, ...LIMIT }, { event })
      return [
        fault,
        {
          timedOut: result.timedOut,
          exitCode: result.exitCode,
          errors: result.annotations.filter(({ level }) => level === 'error').length,
          mutations: world.mutations(),
        },
      ] as const
    })
    const expected = { timedOut: false, exitCode: 1, errors: 1, mutations: [] }
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(ENDLESS.map((fault) => [fault, expected])))
  })

  test.each(['stall', 'drip'] as const)(
    'neither does one that begins to %s while the run waits for a clone',
    async (fault) => {
      const world = await aTableWorld({ behaviour: { clusterCreatingMs: HOUR_MS } })
      world.cloud.aws.hooks.afterApply = ({ operation }) => {
        if (operation === 'CreateDBInstance') world.cloud.aws.faults.add({ operation: LOOK, fault })
      }
      const result = await world.create(LIMIT)
      expectPlainEnd(result)
      expect(result.exitCode).toBe(1)
      expect(told(result)).toContain(world.clone().identifier)
    },
  )
})

describe('the clock of AWS decides about time, not that of the runner', () => {
  /** What the step's process takes the time to be. */
  function wrongBy(world: World, ms: number): Readonly<Record<string, string>> {
    const place = JSON.parse(world.cloud.environment[CLOCK_VARIABLE] ?? '') as SimulatedClockPlace
    return { [CLOCK_VARIABLE]: JSON.stringify({ ...place, offsetMs: ms }) }
  }
  const tellsOfClock = /clock/i
  /** One that has expired and one that has not, both old enough. */
  function two(world: World): { readonly due: string; readonly wanted: string } {
    return {
      due: plant(world, { identity: { name: 'due' }, ageMs: 10 * DAY_MS, expiresInMs: -HOUR_MS }),
      wanted: plant(world, { identity: { name: 'wanted' }, ageMs: 10 * DAY_MS, expiresInMs: HOUR_MS }),
    }
  }

  test.each([
    ['fast', 3],
    ['slow', -3],
    ['fast by days', 72],
    ['slow by days', -72],
  ])('%s: what is due is swept, what is not stays, and a warning tells', async (...[, hours]) => {
    const world = await aWorld()
    const { wanted } = two(world)
    const result = await world.play(SWEEP, { env: wrongBy(world, hours * HOUR_MS) })
    expectPlainEnd(result)
    expect(staying(world)).toEqual([wanted])
    const warnings = result.annotations.filter(({ level }) => level === 'warning')
    expect(warnings.map(({ message }) => message).join('\n')).toMatch(tellsOfClock)
  })

  test.each([3, -3])('a clone made by a runner that is %s hours off is ours all the same', async (hours) => {
    const world = await aWorld()
    const env = wrongBy(world, hours * HOUR_MS)
    const created = await world.create({}, { env })
    expectPlainEnd(created)
    expect(created).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready' } })
    const { createdAt, tags } = world.clone()
    expect(Math.abs(Date.parse(tags[TAG.createdAt] ?? '') - createdAt)).toBeLessThan(HOUR_MS / 2)
    const destroyed = await world.destroy({ wait: 'true' }, { event: world.close(), env })
    expectPlainEnd(destroyed)
    expect(destroyed).toMatchObject({ exitCode: 0, outputs: { outcome: 'destroyed' } })
    expect(world.clones()).toEqual([])
  })

  test('a clock that is right is not warned of', async () => {
    const world = await aTableWorld()
    const { wanted } = two(world)
    const result = await world.play(SWEEP)
    expectPlainEnd(result)
    expect(staying(world)).toEqual([wanted])
    expect(result.annotations).toEqual([])
  })

  test('without a time from AWS nothing is swept by its age', async () => {
    const world = await aTableWorld()
    const { due, wanted } = two(world)
    const night = plant(world, {
      identity: identityOf({ key: 'nightly' }),
      label: null,
      expiresInMs: -DAY_MS,
    })
    world.cloud.aws.faults.add({ fault: 'no-date' })
    for (const scope of ['repository', 'account']) {
      const result = await world.play({ ...SWEEP, scope })
      expectPlainEnd(result)
      expect(deletions(world)).toEqual([])
      expect(staying(world)).toEqual([due, wanted, night].toSorted())
    }
  })
})
