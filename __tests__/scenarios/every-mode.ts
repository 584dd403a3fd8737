import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import { scheduleEvent } from '../../local/github/events.ts'
import { DAY_MS, HOUR_MS, letTimePass } from './seeded-clones.ts'
import { LABEL, type World } from './world.ts'

/** A request of a step, and how the step ended. */
export interface PlayedStep {
  readonly what: string
  readonly outcome: string
  readonly requests: readonly AwsRequestRecord[]
}

/**
 * Every mode, each with what makes it call AWS: a clone's whole life, named clones in generations and a clone of the newest one, a
 * stopped clone that goes, a clone that fails, and both sweeps.
 */
export async function playEveryMode(world: World): Promise<readonly PlayedStep[]> {
  const { cloud, repository } = world
  const { clock, region } = cloud
  const night = scheduleEvent(cloud.github, { repository })
  const steps: PlayedStep[] = []
  const step = async (what: string, play: () => Promise<{ readonly outputs: Outputs }>): Promise<string> => {
    const before = cloud.aws.requests.length
    const { outputs } = await play()
    const outcome = [outputs['outcome'], outputs['skip-reason']].filter(Boolean).join(' ')
    steps.push({ what, outcome, requests: cloud.aws.requests.slice(before) })
    return outputs['cluster-identifier'] ?? ''
  }

  await step('create without waiting', () => world.create({ wait: 'false' }))
  await step('wait', () => world.wait())
  await step('auto, after a push', () =>
    world.play({ ...AUTO, ttl: '9d', hold: 'true' }, { event: world.synchronize() }),
  )
  await step('auto, closed and held', () => world.play(AUTO, { event: world.close({ merged: false }) }))
  await step('auto, closed and let go', () =>
    world.play({ ...AUTO, hold: 'false' }, { event: world.closed() }),
  )
  await clock.sleep(120_000)
  world.pull.reopen()

  region.seedSubnetGroup({ name: 'previews' })
  const stopped = await step('create in a subnet group', () =>
    world.create({ 'db-subnet-group-name': 'previews' }),
  )
  region.stopCluster(stopped)
  await step('destroy a stopped clone', () => world.destroy({ wait: 'true' }, { event: world.labeled() }))

  region.failCluster(({ tags }) => tags['aurora-clone:name'] === 'fails', {
    status: 'failed',
    message: 'The storage could not be copied.',
    applies: 'every-next',
  })
  await step('create where AWS fails', () => world.create({ 'clone-name': 'fails' }))
  await step('create', () => world.create())
  await step('destroy', () => world.destroy({ wait: 'true' }, { event: world.labeled() }))

  const nightly = { 'clone-key': 'nightly', label: '' }
  for (const generation of ['1', '2', '3'])
    await step(`create generation ${generation}`, () =>
      world.create({ ...nightly, generation }, { event: night }),
    )
  await step('wait for the newest', () => world.wait({ 'clone-key': 'nightly' }, { event: night }))
  await step('clone the newest', () => world.create({ 'source-cluster': '', 'source-key': 'nightly' }))
  await step('destroy all but the newest', () =>
    world.destroy({ 'clone-key': 'nightly', 'keep-latest': '1', wait: 'true' }, { event: night }),
  )

  for (const { identifier } of world.clones()) letTimePass(world, identifier, 2 * HOUR_MS)
  world.unlabel()
  await step('sweep', () => world.play({ mode: 'sweep', 'dry-run': 'false' }, { event: night }))
  for (const { identifier } of world.clones()) letTimePass(world, identifier, 14 * DAY_MS)
  await step('sweep the account', () =>
    world.play({ mode: 'sweep', scope: 'account', 'dry-run': 'false' }, { event: night }),
  )
  await clock.sleep(120_000)
  return steps
}

type Outputs = Readonly<Record<string, string>>

const AUTO = { mode: 'auto', 'source-cluster': 'orders', label: LABEL }
