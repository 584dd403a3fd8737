import { expect, test } from '@jest/globals'
import { type World, type WorldOptions, aWorld } from './world.ts'

interface Situation {
  readonly name: string
  readonly options?: WorldOptions
  readonly hasClone?: boolean
  readonly run: (world: World) => ReturnType<World['play']>
  readonly outcome: string
  /** Calls to RDS and to GitHub; STS does not count. */
  readonly limits: { readonly aws: number; readonly github: number }
}

const NO_CREDENTIALS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' }

// Each call is a round trip, and counts against a rate limit that others need, too.
test.each<Situation>([
  {
    name: 'create without waiting',
    // Slow enough that a listing does not grow old while a busy machine starts the run.
    options: { behaviour: { clusterCreatingMs: 60_000, instanceCreatingMs: 60_000 } },
    run: async (world) => await world.create({ wait: 'false' }),
    outcome: 'creating',
    limits: { aws: 7, github: 7 },
  },
  {
    name: 'create on a ready clone',
    hasClone: true,
    run: async (world) => await world.create({}, { event: world.synchronize() }),
    outcome: 'ready',
    // It writes the comment: the run that made the clone knew more of it.
    limits: { aws: 4, github: 5 },
  },
  {
    name: 'destroy',
    hasClone: true,
    run: async (world) => await world.destroy({}, { event: world.close() }),
    outcome: 'deleting',
    limits: { aws: 6, github: 5 },
  },
  {
    name: 'skipped for want of a label',
    options: { labels: [] },
    run: async (world) => await world.create({}, { event: world.synchronize() }),
    outcome: 'skipped',
    limits: { aws: 1, github: 1 },
  },
  {
    name: 'a fork without credentials',
    options: { headRepository: 'fork' },
    run: async (world) => await world.create({}, { env: NO_CREDENTIALS }),
    outcome: 'skipped',
    limits: { aws: 0, github: 0 },
  },
])('$name makes no call too many', async ({ options, hasClone, run, outcome, limits }) => {
  const world = await aWorld(options)
  if (hasClone === true) await world.create()
  const before = callsOf(world)
  expect((await run(world)).outputs['outcome']).toBe(outcome)
  const { aws, github } = callsOf(world)
  // Lists instead of their lengths: a failure names the calls that came on top.
  expect(aws.slice(before.aws.length + limits.aws)).toEqual([])
  expect(github.slice(before.github.length + limits.github)).toEqual([])
})

function callsOf({ cloud: { aws, github } }: World) {
  return {
    aws: aws.requests.filter(({ service }) => service === 'rds').map(({ operation }) => operation),
    github: github.requests.map(({ method, path }) => `${method} ${path}`),
  }
}
