import { describe, expect, test } from '@jest/globals'
import { pullRequestEvent } from '../../local/github/events.ts'
import { aTeam, actionStep, outcomeOf } from './team.ts'
import { at, changesByJob, labelEvent, ranOneAfterTheOther, restores } from './workflow-calls.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const SLOW = { behaviour: { clusterCreatingMs: 120_000, instanceCreatingMs: 600_000 } }

const DELETED = ['DeleteDBInstance', 'DeleteDBCluster']

/** The polls of the run that came later than a minute after `sinceMs`, before it looked at the pull request again. */
function latePolls({ cloud }: World, sinceMs: number): number {
  const seenAtMs =
    cloud.github.requests.find(
      ({ at: atMs, method, path }) => method === 'GET' && path.endsWith('/pulls/42') && atMs > sinceMs,
    )?.at ?? Infinity
  return cloud.aws.requests.filter(
    ({ at: atMs, operation }) =>
      operation === 'DescribeDBClusters' && atMs > sinceMs + MINUTE_MS && atMs < seenAtMs,
  ).length
}

/** A run looks at the pull request once more when its comment says that the clone is ready; nothing that comes then is seen by it. */
function afterTheLastLook({ cloud, pull }: World, act: () => void): void {
  const { hooks } = cloud.github
  hooks.beforeAnswer = ({ method, path }) => {
    const isTold = pull.comments().some(({ body }) => body.includes('is ready'))
    if (!isTold || method !== 'GET' || !path.endsWith('/pulls/42')) return
    delete hooks.beforeAnswer
    act()
  }
}

describe('not wanted any more, while the clone is being made', () => {
  const ENDS = [
    {
      what: 'unlabelled',
      reason: 'label-missing',
      end: (world: World) => labelEvent(world, 'unlabeled'),
    },
    {
      what: 'closed',
      reason: 'pull-request-closed',
      end: (world: World) => world.close(),
    },
  ]

  test.each(ENDS)('$what: the run that makes it sees so within a minute', async ({ reason, end }) => {
    const team = await aTeam(SLOW)
    const { world } = team
    const create = team.begin(world.labeled())
    await world.until(() => world.cloud.region.instances().length === 2)
    // The event starts no run: what is seen is seen by the run that is there.
    end(world)
    const sinceMs = world.cloud.clock.now()
    const result = await create.result
    expect(actionStep(result).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': reason,
      endpoint: '',
    })
    expect(result.conclusion).toBe('success')
    // A minute, and the poll after which it was due.
    expect(latePolls(world, sinceMs)).toBeLessThanOrEqual(1)
    expect(changesByJob(world)).toEqual([['RestoreDBClusterToPointInTime', 'CreateDBInstance', ...DELETED]])
    expect(world.comment()).toContain('Database clone is being deleted')
    await world.until(() => world.clones().length === 0)
  })

  test.each(ENDS)('$what: the run of that event waits, and finds nothing to do', async ({ reason, end }) => {
    // AWS takes the deletion only when the cluster is available: until then the other run would come in between.
    const team = await aTeam({ behaviour: { clusterCreatingMs: 400_000 } })
    const { world } = team
    const create = team.begin(world.labeled())
    await world.until(() => world.cloud.region.instances().length === 2)
    const ended = team.begin(end(world))
    const results = await Promise.all([create.result, ended.result])
    expect(results.map((result) => result.conclusion)).toEqual(['success', 'success'])
    expect(results.map((result) => actionStep(result).outputs['skip-reason'])).toEqual([reason, reason])
    expect(ranOneAfterTheOther(world)).toBe(true)
    expect(changesByJob(world)).toEqual([
      ['RestoreDBClusterToPointInTime', 'CreateDBInstance', ...DELETED],
      [],
    ])
    await world.until(() => world.clones().length === 0)
    expect(world.comment()).toMatch(/is being deleted|is gone/)
  })

  test.each(ENDS)(
    '$what after the last look of that run: the waiting one removes it',
    async ({ reason, end }) => {
      const team = await aTeam()
      const { world } = team
      const create = team.begin(world.labeled())
      const waiting = new Promise<ReturnType<typeof team.begin>>((resolve) => {
        afterTheLastLook(world, () => {
          resolve(team.begin(end(world)))
        })
      })
      const first = await create.result
      expect(outcomeOf(first)).toBe('ready')
      const second = await (await waiting).result
      expect(actionStep(second).outputs).toMatchObject({
        outcome: 'deleting',
        'skip-reason': reason,
      })
      expect(ranOneAfterTheOther(world)).toBe(true)
      expect(changesByJob(world)[1]).toEqual(DELETED)
      await world.until(() => world.clones().length === 0)
      expect(world.comment()).toContain('Database clone is being deleted')
    },
  )

  test('closed while a push waits for its turn: that one creates nothing and removes what is there', async () => {
    const team = await aTeam()
    const { world } = team
    const create = team.begin(world.labeled())
    const waiting = new Promise<ReturnType<typeof team.begin>>((resolve) => {
      afterTheLastLook(world, () => {
        resolve(team.begin(world.synchronize()))
        world.close()
      })
    })
    const first = await create.result
    expect(outcomeOf(first)).toBe('ready')
    const second = await (await waiting).result
    expect(actionStep(second).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'pull-request-closed',
    })
    expect(changesByJob(world)[1]).toEqual(DELETED)
    await world.until(() => world.clones().length === 0)
    expect(restores(world)).toBe(1)
  })

  test('closed between the last look and the restore: the clone that comes of it is removed', async () => {
    const team = await aTeam()
    const { world } = team
    const create = team.begin(world.labeled())
    const waiting = new Promise<ReturnType<typeof team.begin>>((resolve) => {
      at(world, { operation: 'RestoreDBClusterToPointInTime' }, () => {
        resolve(team.begin(world.close()))
      })
    })
    const closed = await (await waiting).result
    expect(closed.conclusion).toBe('success')
    expect((await create.result).conclusion).toBe('success')
    await world.until(() => world.clones().length === 0)
    expect(restores(world)).toBe(1)
    expect(world.cloud.region.instances()).toHaveLength(1)
  })
})

describe('at once', () => {
  test('three pushes: one clone, and none of the runs is dropped', async () => {
    const team = await aTeam()
    const { world } = team
    const runs = [world.synchronize(), world.synchronize(), world.synchronize()].map((event) =>
      team.begin(event),
    )
    const results = await Promise.all(runs.map((run) => run.result))
    expect(results.map((result) => result.conclusion)).toEqual(['success', 'success', 'success'])
    expect(results.map((result) => actionStep(result).outputs)).toMatchObject([
      { outcome: 'ready', created: 'true' },
      { outcome: 'ready', created: 'false' },
      { outcome: 'ready', created: 'false' },
    ])
    expect(ranOneAfterTheOther(world)).toBe(true)
    expect(restores(world)).toBe(1)
    expect(world.clone().members).toHaveLength(1)
    expect(world.comment()).toContain('Database clone is ready')
  })

  test('two pull requests: a clone each, neither waits for the other, and closing one leaves the other’s', async () => {
    const team = await aTeam()
    const { world } = team
    const { cloud, pull, repository } = world
    const other = repository.pullRequest({ number: 43 })
    const isMet = meeting(world, 'RestoreDBClusterToPointInTime')
    const runs = [world.labeled(), labelEvent(world, 'labeled', { pull: other })].map((event) =>
      team.begin(event),
    )
    const results = await Promise.all(runs.map((run) => run.result))
    expect(results.map((result) => actionStep(result).outputs)).toMatchObject([
      { outcome: 'ready', created: 'true' },
      { outcome: 'ready', created: 'true' },
    ])
    expect(await isMet).toBe(true)
    expect(keys(world)).toEqual(['pr-42', 'pr-43'])
    for (const { comments, number } of [pull, other].map((one) => ({
      number: one.number,
      comments: one.comments(),
    }))) {
      expect(comments).toHaveLength(1)
      expect(comments[0]?.body).toContain(`clone-pr-${number}-`)
    }

    other.close({ merged: true })
    const closed = pullRequestEvent(cloud.github, { pullRequest: other, action: 'closed' })
    expect(outcomeOf(await team.play(closed))).toBe('deleting')
    await world.until(() => world.clones().length === 1)
    expect(world.clone()).toMatchObject({ status: 'available', tags: { 'aurora-clone:key': 'pr-42' } })
    expect(pull.comments()[0]?.body).toContain('Database clone is ready')
    expect(changesByJob(world).at(-1)).toEqual(DELETED)
  })

  test('the label taken off and put on again: the clone stays', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { resourceId } = world.clone()
    const events = [labelEvent(world, 'unlabeled'), labelEvent(world, 'labeled')]
    const results = await Promise.all(events.map((event) => team.begin(event).result))
    expect(results.map(outcomeOf)).toEqual(['ready', 'ready'])
    expect(world.clone()).toMatchObject({ resourceId, status: 'available' })
    expect(changesByJob(world).flat()).not.toContain('DeleteDBCluster')
  })
})

function keys(world: World): readonly (string | undefined)[] {
  return world
    .clones()
    .map(({ tags }) => tags['aurora-clone:key'])
    .toSorted()
}

/** Holds the first such call until there is a second one, for five seconds at most; tells whether there was. */
async function meeting({ clock, cloud }: World, operation: string): Promise<boolean> {
  const LIMIT_MS = 5_000
  const met = Promise.withResolvers<boolean>()
  const outcome = Promise.withResolvers<boolean>()
  let calls = 0
  cloud.aws.hooks.beforeApply = async (request) => {
    if (request.operation !== operation) return
    calls += 1
    if (calls > 1) {
      met.resolve(true)
      return
    }
    const limit = new AbortController()
    const tooLate = clock.sleep(LIMIT_MS, { signal: limit.signal }).then(
      () => false,
      () => false,
    )
    outcome.resolve(await Promise.race([met.promise, tooLate]))
    limit.abort()
  }
  return await outcome.promise
}
