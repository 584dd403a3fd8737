import { describe, expect, test } from '@jest/globals'
import {
  type WorkflowEvent,
  pullRequestEvent,
  pullRequestTargetEvent,
  scheduleEvent,
} from '../../local/github/events.ts'
import type { Repository } from '../../local/github/state.ts'
import { seedClone } from './seeded-clones.ts'
import { staying } from './staying.ts'
import {
  EXAMPLE_LABEL,
  EXAMPLE_SOURCE,
  actionStep,
  aTeam,
  annotationsOf,
  describeRun,
  outcomeOf,
  teamIn,
} from './team.ts'
import type { World } from './world.ts'

describe('names that change', () => {
  test('the source is renamed: the clone is the same under the old name and under the new one', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { resourceId } = world.clone()
    await world.renameByHand(EXAMPLE_SOURCE, 'orders-2027')
    const same = { outcome: 'ready', created: 'false', 'cluster-resource-id': resourceId }
    expect(actionStep(await team.play(world.synchronize())).outputs).toMatchObject(same)

    const later = await teamIn(world, {
      edit: (text) => text.replace(`source-cluster: ${EXAMPLE_SOURCE}`, 'source-cluster: orders-2027'),
    })
    expect(actionStep(await later.play(world.synchronize())).outputs).toMatchObject(same)
    expect(world.clone().resourceId).toBe(resourceId)
    expect(outcomeOf(await later.play(world.close()))).toBe('deleting')
    expect(staying(world)).toEqual([])
  })

  test('the repository is renamed: its clone is found by pushes, and by the sweep', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier, resourceId } = world.clone()
    world.repository.rename('boutique')
    const pushed = await team.play(world.synchronize())
    expect(actionStep(pushed).outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
      'cluster-identifier': identifier,
      'cluster-resource-id': resourceId,
    })
    expect(world.clone().identifier).toBe(identifier)

    world.pull.close()
    expect((await team.sweep()).conclusion).toBe('success')
    expect(staying(world)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })
})

describe('forks and Dependabot', () => {
  const privileged = (text: string): string => text.replace(/^ {2}pull_request:/m, '  pull_request_target:')
  const targetEvent = (world: World, action: 'labeled' | 'closed'): WorkflowEvent =>
    pullRequestTargetEvent(world.cloud.github, {
      pullRequest: world.pull,
      ...(action === 'labeled' ? { action, label: EXAMPLE_LABEL } : { action }),
    })

  test.each([
    ['a fork', { headRepository: 'fork' }, 'fork-without-credentials'],
    ['a fork that is gone', { headRepository: null }, 'fork-without-credentials'],
    ['Dependabot', { author: 'dependabot[bot]' }, 'dependabot-without-credentials'],
  ] as const)(
    '%s without credentials: skipped, with a notice and a green run',
    async (_, options, reason) => {
      const team = await aTeam(options)
      const { world } = team
      for (const event of [world.labeled(), world.synchronize(), world.close()]) {
        const run = await team.play(event)
        expect(describeRun(run)).toMatch(/^success/)
        expect(actionStep(run).outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': reason })
        expect(annotationsOf(run, 'notice')).toHaveLength(1)
        expect([...annotationsOf(run, 'error'), ...annotationsOf(run, 'warning')]).toEqual([])
      }
      expect(world.calls()).toEqual([])
      expect(world.pull.comments()).toEqual([])
    },
  )

  test('Dependabot, where its runs are given what permissions say: a pull request like any other', async () => {
    const team = await aTeam({ author: 'dependabot[bot]', dependabotIsGranted: true })
    const { world } = team
    const labelled = await team.play(world.labeled())
    expect(describeRun(labelled)).toMatch(/^success/)
    expect(actionStep(labelled).outputs).toMatchObject({ outcome: 'ready', 'skip-reason': '' })
    expect(world.comment()).toContain('Database clone is ready')
    expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
    expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    expect(staying(world)).toEqual([])
  })

  test('Dependabot’s pull request, labelled by a person whose run has credentials, is one like any other', async () => {
    const team = await aTeam({ author: 'dependabot[bot]' })
    const { world } = team
    const { github } = world.cloud
    const labelled = await team.play(
      pullRequestEvent(github, {
        pullRequest: world.pull,
        action: 'labeled',
        label: EXAMPLE_LABEL,
        sender: 'octocat',
      }),
    )
    expect(outcomeOf(labelled)).toBe('ready')

    // Dependabot itself closes what it has replaced: that run cannot remove the clone, and the sweep does.
    const closed = await team.play(world.close({ merged: false }))
    expect(closed.conclusion).toBe('success')
    expect(actionStep(closed).outputs['skip-reason']).toBe('dependabot-without-credentials')
    expect(staying(world)).toHaveLength(1)
    await team.sweep()
    expect(staying(world)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })

  test.each(['fork', null] as const)('a fork (%s) with credentials: refused', async (headRepository) => {
    const team = await aTeam({ headRepository, examples: ['pull-request.yml'], edit: privileged })
    const { world } = team
    const refused = await team.play(targetEvent(world, 'labeled'))
    expect(refused.conclusion).toBe('failure')
    expect(annotationsOf(refused, 'error')).toContainEqual({
      level: 'error',
      title: 'Fork refused',
      message: expect.stringContaining('allow-forks: true'),
    })
    expect(world.mutations()).toEqual([])
  })

  test('allowed, it gets its clone, and loses it although the fork was deleted meanwhile', async () => {
    const team = await aTeam({
      headRepository: 'fork',
      examples: ['pull-request.yml'],
      edit: (text) => privileged(text).replace(/^ {6}label: .*$/m, '$&\n      allow-forks: true'),
    })
    const { world } = team
    expect(outcomeOf(await team.play(targetEvent(world, 'labeled')))).toBe('ready')
    world.pull.deleteHeadRepository()
    expect(world.pull.headRepository).toBeNull()
    expect(outcomeOf(await team.play(targetEvent(world, 'labeled')))).toBe('ready')
    world.pull.close()
    expect(outcomeOf(await team.play(targetEvent(world, 'closed')))).toBe('deleting')
    expect(staying(world)).toEqual([])
  })
})

describe('two repositories in one account, with a pull request of the same number', () => {
  async function neighbours() {
    const team = await aTeam()
    const { world } = team
    const other = world.cloud.github.repository({
      owner: 'acme',
      name: 'shop-mirror',
      id: 9_999,
      private: true,
    })
    const pull = other.pullRequest({ number: 42, labels: [EXAMPLE_LABEL] })
    const clonesOf = ({ id }: Repository): readonly string[] =>
      world
        .clones()
        .filter(
          ({ status, tags }) => status !== 'deleting' && tags['aurora-clone:repository-id'] === String(id),
        )
        .map(({ identifier }) => identifier)
    return { team, world, other, pull, clonesOf }
  }

  test('closing one leaves the other’s clone, and so does sweeping', async () => {
    const { team, world, other, pull, clonesOf } = await neighbours()
    const labelled = pullRequestEvent(world.cloud.github, {
      pullRequest: pull,
      action: 'labeled',
      label: EXAMPLE_LABEL,
    })
    const [mine, theirs] = await Promise.all([team.play(world.labeled()), team.play(labelled)])
    expect([outcomeOf(mine), outcomeOf(theirs)]).toEqual(['ready', 'ready'])
    expect(world.clones()).toHaveLength(2)
    const kept = clonesOf(other)

    expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    expect(clonesOf(world.repository)).toEqual([])
    expect(clonesOf(other)).toEqual(kept)

    // Both are closed by now, but that is none of this repository's business.
    pull.close()
    const swept = await team.sweep()
    expect(swept.conclusion).toBe('success')
    expect(clonesOf(other)).toEqual(kept)
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining('is ready')])

    const theirSweep = await team.play(scheduleEvent(world.cloud.github, { repository: other }))
    expect(theirSweep.conclusion).toBe('success')
    expect(clonesOf(other)).toEqual([])
    expect(pull.comments().map(({ body }) => body)).toEqual([expect.stringContaining('is being deleted')])
  })

  test('scope account takes what has expired in both, and judges nobody’s pull requests', async () => {
    const { world, other, pull } = await neighbours()
    pull.close()
    world.pull.close()
    const alive = [
      seedClone(world, { repository: other }),
      seedClone(world),
      seedClone(world, { repository: other, key: 'nightly', generation: '2', label: null }),
    ]
    seedClone(world, { repository: other, key: 'pr-43', expiresInMs: -1_000 })
    seedClone(world, { key: 'pr-43', expiresInMs: -1_000 })
    seedClone(world, { repository: other, key: 'nightly', generation: '1', label: null, expiresInMs: -1_000 })

    const account = await teamIn(world, {
      edit: (text, name) =>
        name === 'sweep.yml'
          ? text
              .replace('role/aurora-clone-sweep', '$&-account')
              .replace(/^ {6}dry-run: .*$/m, '$&\n      scope: account')
          : text,
    })
    const swept = await account.sweep()
    expect(staying(world)).toEqual(alive.toSorted())
    expect(swept.conclusion).toBe('success')
    expect(actionStep(swept).summary).toContain('acme/shop-mirror')
  })
})

describe('clusters that look like ours', () => {
  test('a hand-made clone of a clone, with all our tags and even the end of our name: never deleted', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier } = world.clone()
    await world.cloneByHand(identifier, `copy-of-${identifier}`)
    await world.cloneByHand(identifier, 'hand-made')
    const copies = [`copy-of-${identifier}`, 'hand-made'].map((name) => world.cloud.region.cluster(name))
    expect(copies.map((copy) => copy?.tags['aurora-clone:cluster'])).toEqual([identifier, identifier])

    const pushed = await team.play(world.synchronize())
    expect(actionStep(pushed).outputs).toMatchObject({ outcome: 'ready', 'cluster-identifier': identifier })
    expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    expect(staying(world)).toEqual([])
    const swept = await team.sweep()
    expect(swept.conclusion).toBe('success')
    for (const name of [`copy-of-${identifier}`, 'hand-made'])
      expect(world.cloud.region.cluster(name)?.status).toBe('available')
  })

  test('the source, given the tags of a clone by mistake: never deleted, and still cloned', async () => {
    const team = await aTeam()
    const { world } = team
    const { region } = world.cloud
    const example = seedClone(world)
    const tags = { ...region.cluster(example)?.tags, 'aurora-clone:cluster': EXAMPLE_SOURCE }
    await world.tagByHand(EXAMPLE_SOURCE, tags)

    expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
    expect(outcomeOf(await team.play(world.close({ merged: false })))).toBe('deleting')
    expect(staying(world)).toEqual([])
    const swept = await team.sweep()
    expect(swept.conclusion).toBe('success')
    expect(actionStep(swept).summary).not.toContain(EXAMPLE_SOURCE)
    expect(region.cluster(EXAMPLE_SOURCE)?.status).toBe('available')
  })
})

test('a thousand clusters in the region: one call for each hundred, and every mode finds its own', async () => {
  const team = await aTeam({ behaviour: { clusterQuota: 2_000, instanceQuota: 2_000 } })
  const { world } = team
  const { aws, region } = world.cloud
  for (let index = 0; index < 1_000; index += 1)
    world.seedForeign({ identifier: `service-${index}`, instances: [] })
  const onePass = Math.ceil((region.clusters().length + 1) / 100)
  /** How often a run has listed the whole region. */
  const passesOf = async (play: () => Promise<unknown>): Promise<number> => {
    const before = aws.requests.length
    await play()
    const pages = aws.requests
      .slice(before)
      .filter(
        ({ input, operation }) =>
          operation === 'DescribeDBClusters' && input['DBClusterIdentifier'] === undefined,
      )
    const passes = pages.filter(({ input }) => input['Marker'] === undefined).length
    expect(pages).toHaveLength(passes * onePass)
    return passes
  }

  expect(
    await passesOf(async () => {
      expect(outcomeOf(await team.play(world.labeled()))).toBe('ready')
    }),
  ).toBeLessThanOrEqual(2)
  expect(
    await passesOf(async () => {
      expect(outcomeOf(await team.play(world.close()))).toBe('deleting')
    }),
  ).toBe(1)
  expect(staying(world)).toEqual([])

  const forgotten = seedClone(world, { key: 'pr-43' })
  world.repository.pullRequest({ number: 43, labels: [EXAMPLE_LABEL] }).close()
  expect(staying(world)).toEqual([forgotten])
  expect(
    await passesOf(async () => {
      expect((await team.sweep()).conclusion).toBe('success')
    }),
  ).toBe(1)
  expect(staying(world)).toEqual([])
})
