import { describe, expect, test } from '@jest/globals'
import { deleteEvent, scheduleEvent } from '../../local/github/events.ts'
import type { RunResult } from '../../local/runner/run-result.ts'
import { DAY_MS, HOUR_MS, letTimePass, prepareNights, seedClone } from './seeded-clones.ts'
import { staying } from './staying.ts'
import {
  EXAMPLE_LABEL,
  actionStep,
  aTeam,
  annotationsOf,
  describeRun,
  outcomeOf,
  workflowPath,
} from './team.ts'

interface Row {
  readonly clone: string
  /** The plan of a dry run, or what became of it. */
  readonly fate: string
  readonly why: string
}

/** The table in the summary, in its order. */
function rowsOf(result: RunResult): readonly Row[] {
  const lines = actionStep(result).summary.split('\n')
  return lines
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$|[`*]/g, ''))
      // Key and class stand below the identifier.
      const [clone = ''] = (cells[0] ?? '').split('<br>')
      return { clone, fate: cells.at(-2) ?? '', why: cells.at(-1) ?? '' }
    })
}

function fateOf(result: RunResult, clone: string): Omit<Row, 'clone'> {
  const { fate = '', why = '' } = rowsOf(result).find((row) => row.clone === clone) ?? {}
  return { fate, why }
}

describe('the closing is lost', () => {
  test('a merge conflict: no run at all, and the scheduled sweep removes the clone and puts its comment right', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    expect(world.comment()).toContain('Database clone is ready')
    world.pull.close()

    const swept = await team.sweep()
    expect(swept.conclusion).toBe('success')
    expect(outcomeOf(swept)).toBe('swept')
    expect(staying(world)).toEqual([])
    expect(world.comment()).toMatch(/is being deleted.*The pull request is closed\./s)
    expect(world.comment()).not.toContain('Database clone is ready')
  })

  test('the branch went with the merge: the run is cancelled before it begins, and the event of the branch sweeps', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const closing = team.start(world.close())
    await closing?.cancel()
    const { conclusion, jobs } = (await closing?.result) ?? {}
    expect(conclusion).toBe('cancelled')
    expect(jobs?.flatMap(({ steps }) => steps)).toEqual([])
    expect(staying(world)).toHaveLength(1)

    const { cloud, pull, repository } = world
    const swept = await team.play(deleteEvent(cloud.github, { repository, branch: pull.headRef }))
    expect(outcomeOf(swept)).toBe('swept')
    expect(staying(world)).toEqual([])
    expect(world.comment()).toContain('is being deleted')
  })
})

describe('started by hand', () => {
  test('it is a dry run unless somebody says otherwise, and the real run does what its table says', async () => {
    const team = await aTeam()
    const { cloud, repository } = team.world
    const { world } = team
    await team.play(world.labeled())
    const closed = world.clone().identifier
    world.pull.close()
    const pull = (number: number, labels: readonly string[] = [EXAMPLE_LABEL]) =>
      repository.pullRequest({ number, labels })
    pull(43)
    pull(44, [])
    pull(45)
    pull(46).close()
    pull(47).close()
    const clones = {
      inUse: seedClone(world, { key: 'pr-43' }),
      unlabelled: seedClone(world, { key: 'pr-44' }),
      expired: seedClone(world, { key: 'pr-45', expiresInMs: -HOUR_MS }),
      held: seedClone(world, { key: 'pr-46', hold: 'true' }),
      isProtected: seedClone(world, { key: 'pr-47', deletionProtection: true }),
      nightly: seedClone(world, { key: 'nightly', generation: '1', label: null }),
      oldNightly: seedClone(world, { key: 'nightly', generation: '0', label: null, expiresInMs: -1_000 }),
    }
    const before = { comment: world.comment(), mutations: world.mutations().length, staying: staying(world) }

    const planned = await team.play(team.dispatch('sweep.yml'))
    expect(planned.conclusion).toBe('success')
    expect(actionStep(planned).summary).toContain('Sweep (dry run)')
    expect(actionStep(planned).summary).toContain('`<br>pr-42, db.serverless | ')
    expect(rowsOf(planned)).toHaveLength(8)
    expect(fateOf(planned, clones.held)).toMatchObject({ fate: 'keep', why: expect.stringContaining('held') })
    expect(fateOf(planned, clones.isProtected).fate).toBe('keep')
    expect(fateOf(planned, clones.inUse)).toEqual({ fate: 'keep', why: 'wanted' })
    expect({
      comment: world.comment(),
      mutations: world.mutations().length,
      staying: staying(world),
    }).toEqual(before)

    const done = await team.play(team.dispatch('sweep.yml', { 'dry-run': 'false' }))
    expect(done.conclusion).toBe('success')
    const planToResult = { delete: 'deleting', keep: 'kept' } as const
    expect(rowsOf(done)).toEqual(
      rowsOf(planned).map((row) => ({ ...row, fate: planToResult[row.fate as 'delete' | 'keep'] })),
    )
    const due = [closed, clones.unlabelled, clones.expired, clones.oldNightly]
    expect(staying(world)).toEqual(before.staying.filter((identifier) => !due.includes(identifier)))
    expect(staying(world)).toHaveLength(4)
    expect(cloud.region.cluster(clones.isProtected)?.status).toBe('available')
    expect(world.comment()).toContain('is being deleted')
  })
})

describe('started by hand with max-deletions', () => {
  async function withTwoDue() {
    const team = await aTeam()
    const { world } = team
    world.repository.pullRequest({ number: 43, labels: [EXAMPLE_LABEL] }).close()
    world.pull.close()
    return { team, world, clones: [seedClone(world), seedClone(world, { key: 'pr-43' })].toSorted() }
  }

  test('25: as many may go', async () => {
    const { team, world } = await withTwoDue()
    const swept = await team.play(team.dispatch('sweep.yml', { 'dry-run': 'false', 'max-deletions': '25' }))
    expect(describeRun(swept)).toMatch(/^success/)
    expect(staying(world)).toEqual([])
  })

  test('1: too few, and nothing goes', async () => {
    const { team, world, clones } = await withTwoDue()
    const stopped = await team.play(team.dispatch('sweep.yml', { 'dry-run': 'false', 'max-deletions': '1' }))
    expect(annotationsOf(stopped, 'error')).toContainEqual(
      expect.objectContaining({
        title: 'Sweep stopped',
        message: expect.stringContaining('max-deletions (1)'),
      }),
    )
    expect(staying(world)).toEqual(clones)
  })

  test('nothing in its field: twenty, as on schedule', async () => {
    const { team, world } = await withTwoDue()
    const swept = await team.play(team.dispatch('sweep.yml', { 'dry-run': 'false', 'max-deletions': '' }))
    expect(describeRun(swept)).toMatch(/^success/)
    expect(staying(world)).toEqual([])
  })
})

describe('what is due', () => {
  test('a label that went unnoticed: not in the first hour of a clone, and then', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier } = world.clone()
    world.pull.removeLabel(EXAMPLE_LABEL)

    const early = await team.sweep()
    expect(fateOf(early, identifier)).toEqual({ fate: 'kept', why: 'younger than an hour' })
    expect(world.clone().status).toBe('available')
    expect(world.comment()).toContain('Database clone is ready')

    letTimePass(world, identifier, HOUR_MS)
    const swept = await team.sweep()
    expect(fateOf(swept, identifier)).toEqual({ fate: 'deleting', why: 'label was removed' })
    expect(staying(world)).toEqual([])
    expect(world.comment()).toMatch(/is being deleted.*label/s)
  })

  test('a clone whose time has passed, though its pull request is open and has the label', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier } = world.clone()
    letTimePass(world, identifier, 7 * DAY_MS - HOUR_MS)
    expect(fateOf(await team.sweep(), identifier)).toEqual({ fate: 'kept', why: 'wanted' })

    letTimePass(world, identifier, HOUR_MS)
    expect(fateOf(await team.sweep(), identifier)).toEqual({ fate: 'deleting', why: 'expired' })
    expect(staying(world)).toEqual([])
    expect(world.comment()).toMatch(/is being deleted.*It expired/s)
  })

  test('not what is held, until it no longer is', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier } = world.clone()
    await world.tagByHand(identifier, { 'aurora-clone:hold': '2099-01-01T00:00:00Z' })
    world.pull.close()
    const before = world.mutations().length
    const kept = await team.sweep()
    expect(kept.conclusion).toBe('success')
    expect(fateOf(kept, identifier)).toEqual({ fate: 'kept', why: expect.stringMatching(/^held/) })
    expect(world.mutations().length).toBe(before)

    await world.tagByHand(identifier, { 'aurora-clone:hold': '2026-01-01T00:00:00Z' })
    expect(fateOf(await team.sweep(), identifier).fate).toBe('deleting')
  })

  test('not the newest generations of a key, however old they are, and not at the cost of one that failed', async () => {
    const team = await aTeam({
      edit: (text, name) =>
        name === 'sweep.yml' ? text.replace(/^ {6}dry-run: .*$/m, '$&\n      keep-latest: 2') : text,
    })
    const { world } = team
    const night = (generation: number, seed: Parameters<typeof seedClone>[1] = {}) =>
      seedClone(world, {
        key: 'nightly',
        label: null,
        generation: String(generation),
        ageMs: (10 - generation) * DAY_MS,
        expiresInMs: -HOUR_MS,
        ...seed,
      })
    const nights = [night(1), night(2), night(3), night(4), night(5, { status: 'cloning-failed' })]
    // Pull requests have no generations: their time is their time.
    const preview = seedClone(world, { expiresInMs: -HOUR_MS })

    const swept = await team.sweep()
    expect(swept.conclusion).toBe('success')
    expect(staying(world)).toEqual([nights[2], nights[3]].toSorted())
    expect(fateOf(swept, nights[3] ?? '')).toEqual({ fate: 'kept', why: 'one of the newest generations' })
    expect(fateOf(swept, nights[4] ?? '').fate).toBe('deleting')
    expect(fateOf(swept, preview)).toEqual({ fate: 'deleting', why: 'expired' })
  })
})

test('more than max-deletions: nothing is deleted, and the run fails and says what to do', async () => {
  const team = await aTeam({
    edit: (text, name) =>
      name === 'sweep.yml' ? text.replace(/^ {6}max-deletions: .*$/m, '      max-deletions: 1') : text,
  })
  const { world } = team
  world.repository.pullRequest({ number: 43, labels: [EXAMPLE_LABEL] }).close()
  world.pull.close()
  const clones = [seedClone(world), seedClone(world, { key: 'pr-43' })]

  const stopped = await team.sweep()
  expect(stopped.conclusion).toBe('failure')
  expect(annotationsOf(stopped, 'error')).toContainEqual({
    level: 'error',
    title: 'Sweep stopped',
    message: expect.stringMatching(
      /2 clones are due.*max-deletions \(1\).*max-deletions: 2.*dry-run: false/s,
    ),
  })
  expect(staying(world)).toEqual(clones.toSorted())
  expect(world.mutations()).toEqual([])
})

describe('what happens between the listing and the deletion', () => {
  test('the pull request is opened again: its clone stays, with its comment', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { identifier } = world.clone()
    world.pull.close()
    const { hooks } = world.cloud.github
    let looks = 0
    hooks.beforeHandling = ({ method, path }) => {
      // The last look at the pull request, before the clone is looked at and would go.
      if (method === 'GET' && path.endsWith('/pulls/42') && ++looks === 2) world.pull.reopen()
    }
    const before = world.mutations().length
    const swept = await team.sweep()
    expect(looks).toBe(2)
    expect(swept.conclusion).toBe('success')
    expect(fateOf(swept, identifier).fate).toBe('kept')
    expect(world.mutations().length).toBe(before)
    expect(world.comment()).toContain('Database clone is ready')
  })

  test('somebody puts it on hold: it stays', async () => {
    const team = await aTeam()
    const { world } = team
    const identifier = seedClone(world)
    world.pull.close()
    const { hooks } = world.cloud.aws
    hooks.beforeApply = async ({ operation, input }) => {
      if (operation !== 'DescribeDBClusters' || input['DBClusterIdentifier'] !== identifier) return
      delete hooks.beforeApply
      await world.tagByHand(identifier, { 'aurora-clone:hold': 'true' })
    }
    const swept = await team.sweep()
    expect(hooks.beforeApply).toBeUndefined()
    expect(swept.conclusion).toBe('success')
    expect(fateOf(swept, identifier).fate).toBe('held')
    expect(staying(world)).toEqual([identifier])
  })
})

test('keep-latest: nights that failed before they had a writer do not cost the database that staging uses', async () => {
  const team = await aTeam({
    examples: ['nightly-staging.yml', 'sweep.yml'],
    stack: { preparation: true },
    inProcess: false,
    edit: (text, name) =>
      name === 'sweep.yml' ? text.replace(/^ {6}dry-run: .*$/m, '$&\n      keep-latest: 2') : text,
  })
  const { world } = team
  const { cloud, repository } = world
  prepareNights(world)
  const inUse = seedClone(world, {
    key: 'nightly',
    label: null,
    generation: 'good',
    ageMs: 4 * DAY_MS,
    expiresInMs: -DAY_MS,
  })
  cloud.aws.faults.add({
    operation: 'CreateDBInstance',
    fault: { code: 'InstanceQuotaExceeded', message: 'Quota' },
  })
  const workflow = workflowPath('nightly-staging.yml')
  for (const night of [1, 2]) {
    const event = scheduleEvent(cloud.github, { repository, cron: '43 2 * * *', workflow })
    expect((await team.play(event)).conclusion).toBe('failure')
    expect(world.clones()).toHaveLength(1 + night)
  }
  for (const { identifier } of world.clones()) letTimePass(world, identifier, 2 * HOUR_MS)

  expect((await team.sweep()).conclusion).toBe('success')
  expect(cloud.region.cluster(inUse)?.status).toBe('available')
})
