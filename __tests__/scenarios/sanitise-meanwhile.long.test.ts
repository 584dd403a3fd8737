import { afterEach, describe, expect, test } from '@jest/globals'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { AVAILABLE, type PrivateShop, SLOW, errorOf, isFirstStatement, theShop } from './private-shop.ts'
import { IN_PROCESS, LABEL, SOURCE } from './world.ts'

// What happens while a clone is sanitised. Where the engine does not matter, scenarios take turns.

const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL }
const [ONE = 'aurora-postgresql', OTHER = ONE] = AVAILABLE

let shop: PrivateShop

afterEach(async () => {
  await shop.leave()
})

/** Each run of the bundle, and the clones that there were. */
async function expectOneClean(runs: readonly StepResult[]): Promise<void> {
  expect(runs.map((run) => `${run.outputs['outcome'] ?? ''} ${errorOf(run)}`)).toEqual(
    runs.map(() => 'ready no error: '),
  )
  expect(await shop.domains('clone')).toEqual(new Set(['masked.invalid']))
  expect(shop.breaches).toEqual([])
}

/** Clones that this test has asked for. */
function restores(from: number): number {
  return shop.world
    .calls()
    .slice(from)
    .filter((call) => call === 'RestoreDBClusterToPointInTime').length
}

describe('two runs', () => {
  test('a push while the first statement runs: its run waits for the other, and both publish one clone', async () => {
    shop = await theShop(ONE)
    const { world } = shop
    const from = world.calls().length
    const second: { run?: Promise<StepResult> } = {}
    shop.watch({
      beforeApply: (request) => {
        if (isFirstStatement(request))
          second.run ??= world.start({ ...CREATE, ...shop.inputs }, { event: world.synchronize() }).result
      },
    })
    world.cloud.aws.scriptedStatements.push({ matches: SLOW, takesMs: 40_000 })
    const first = await world.create(shop.inputs)
    const run = await second.run
    if (run === undefined) throw new Error('nobody pushed')
    await expectOneClean([first, run])
    expect(run.log).toContain('waiting for another run to prepare it')
    expect(restores(from)).toBe(1)
  })

  test('two that ask for a clone at once: one makes it and one waits', async () => {
    shop = await theShop(OTHER)
    const { world } = shop
    const from = world.calls().length
    // Neither restore is carried out before both have come.
    const both = meeting(2, ({ operation }) => operation === 'RestoreDBClusterToPointInTime')
    shop.watch({ beforeApply: both })
    const runs = await Promise.all([1, 2].map(async () => await world.create(shop.inputs)))
    await expectOneClean(runs)
    expect(restores(from)).toBe(2)
    expect(world.clones()).toHaveLength(1)
  })

  test('two whose claims cross: the later one counts', async () => {
    shop = await theShop(OTHER)
    const { world } = shop
    shop.watch({ beforeApply: meeting(2, isClaim) })
    await expectOneClean(await Promise.all([1, 2].map(async () => await world.create(shop.inputs))))
  })

  test('a claim that comes when the other run is at work: neither publishes, and the next run begins anew', async () => {
    shop = await theShop(ONE)
    const { world } = shop
    const began = Promise.withResolvers<undefined>()
    const both = meeting(2, isClaim)
    let claims = 0
    shop.watch({
      beforeApply: async (request) => {
        if (isFirstStatement(request)) began.resolve(undefined)
        if (!isClaim(request)) return
        claims += 1
        const isLate = claims === 2
        await both(request)
        if (isLate) await began.promise
      },
    })
    world.cloud.aws.scriptedStatements.push({ matches: SLOW, takesMs: 150_000 })
    const runs = await Promise.all([1, 2].map(async () => await world.create(shop.inputs)))
    expect(runs.map(errorOf).toSorted()).toEqual([
      expect.stringMatching(/^Clone not published: Another run has begun to sanitise this clone/),
      expect.stringMatching(/^Clone not published: Another run has taken clone "clone-[\w-]+" over\. /),
    ])
    expect(runs.map((run) => shop.tellsEndpoint(run))).toEqual([false, false])
    const half = world.clone().resourceId
    shop.watch()
    world.cloud.aws.scriptedStatements.splice(0)
    await expectOneClean([await world.create(shop.inputs, IN_PROCESS)])
    expect(world.clone().resourceId).not.toBe(half)
  })
})

function isClaim({ operation, input }: AwsRequestRecord): boolean {
  return operation === 'AddTagsToResource' && JSON.stringify(input['Tags']).includes('"begun ')
}

/** The first of such requests wait until so many have come. */
function meeting(
  size: number,
  isOne: (request: AwsRequestRecord) => boolean,
): (request: AwsRequestRecord) => Promise<void> {
  const met = Promise.withResolvers<undefined>()
  let come = 0
  return async (request) => {
    if (!isOne(request)) return
    come += 1
    if (come >= size) met.resolve(undefined)
    await met.promise
  }
}

test('the label is taken off while a statement runs: the clone goes, and nobody heard of it', async () => {
  shop = await theShop(OTHER)
  const { world } = shop
  const { aws } = world.cloud
  aws.scriptedStatements.push({ matches: SLOW, takesMs: 150_000 })
  shop.watch({
    beforeApply: (request) => {
      if (isFirstStatement(request)) world.pull.removeLabel(LABEL)
    },
  })
  try {
    const run = await world.create(shop.inputs)
    expect(errorOf(run)).toBe('no error: ')
    expect(run.outputs).toMatchObject({ outcome: 'deleting', 'skip-reason': 'label-missing' })
    expect(world.clones().filter(({ status }) => status !== 'deleting')).toEqual([])
    expect(shop.tellsEndpoint(run)).toBe(false)
    expect(shop.breaches).toEqual([])
  } finally {
    world.pull.addLabel(LABEL)
  }
})

test('a clone that has paused is waited for, before the login and between two statements', async () => {
  shop = await theShop(ONE)
  const { world } = shop
  const { aws, region } = world.cloud
  const from = aws.requests.length
  const paused: string[] = []
  const pause = (why: string): void => {
    if (paused.includes(why)) return
    paused.push(why)
    region.pauseCluster(world.clone().identifier)
  }
  shop.watch({
    beforeApply: (request) => {
      if (request.input['sql'] === 'SELECT 1') pause('before the login')
      if (isFirstStatement(request)) pause('before the first statement')
    },
  })
  const run = await world.create(shop.inputs)
  await expectOneClean([run])
  const refused = aws.requests.slice(from).filter(({ fault }) => fault === 'DatabaseResumingException')
  expect(new Set(refused.map((request) => isFirstStatement(request)))).toEqual(new Set([false, true]))
})
