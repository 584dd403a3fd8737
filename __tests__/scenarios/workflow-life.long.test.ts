import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local/runner/run-result.ts'
import { type WorkflowEvent, pullRequestEvent } from '../../local/github/events.ts'
import { HOUR_MS, letTimePass } from './seeded-clones.ts'
import { EXAMPLE_LABEL, type Team, aTeam, actionStep, jobOf, outcomeOf, teamIn } from './team.ts'
import { labelEvent, ranOneAfterTheOther, reopen, restores } from './workflow-calls.ts'
import type { World } from './world.ts'

const CALLED_JOB = 'database / clone'
const SLOW = { behaviour: { instanceCreatingMs: 300_000 } }
const EXPIRY = 'aurora-clone:expires-at'
const LABEL_TAG = 'aurora-clone:label'

/** Takes the cheap filter out of a callable workflow: its job runs whatever the event. */
function withoutFilter(text: string): string {
  return text.replace(/^ {4}if: [^]*?(?=^ {4}runs-on:)/m, '')
}

function expiresAt(world: World): number {
  return Date.parse(world.clone().tags[EXPIRY] ?? '')
}

describe('the companion workflow', () => {
  test('label, ready, push, close, gone', async () => {
    const team = await aTeam()
    const { world } = team
    const labelled = await team.play(world.labeled())
    expect(actionStep(labelled).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    expect(world.comment()).toContain('Database clone is ready')
    const clone = world.clone()
    const expiry = expiresAt(world)
    const before = world.calls().length

    const pushed = await team.play(world.synchronize())
    expect(actionStep(pushed).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(world.calls().length - before).toBeLessThanOrEqual(4)
    expect(world.clone().resourceId).toBe(clone.resourceId)
    expect(expiresAt(world)).toBeGreaterThan(expiry)

    const closed = await team.play(world.close())
    expect(actionStep(closed).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'pull-request-closed',
    })
    expect(world.comment()).toContain('Database clone is being deleted')
    await world.until(() => world.clones().length === 0)
  })

  test('a push while the clone is being made waits for its turn and finds it', async () => {
    const team = await aTeam(SLOW)
    const { world } = team
    const first = team.begin(world.labeled())
    await world.until(() => world.clones().length === 1)
    const second = team.begin(world.synchronize())
    const results = await Promise.all([first.result, second.result])
    expect(results.map((result) => actionStep(result).outputs)).toMatchObject([
      { outcome: 'ready', created: 'true' },
      { outcome: 'ready', created: 'false' },
    ])
    expect(ranOneAfterTheOther(world)).toBe(true)
    expect(restores(world)).toBe(1)
    expect(world.clone()).toMatchObject({ status: 'available', tags: { [LABEL_TAG]: EXAMPLE_LABEL } })
    expect(world.comment()).toContain('Database clone is ready')
  })

  test('runs where the team’s own runners are', async () => {
    const given = `      runs-on: '["self-hosted", "vpc"]'\n`
    const team = await aTeam({ edit: (text) => text.replace(/^ {6}label: .*\n/m, `$&${given}`) })
    const labelled = await team.play(team.world.labeled())
    expect(jobOf(labelled, CALLED_JOB).labels).toEqual(['self-hosted', 'vpc'])
    expect(outcomeOf(labelled)).toBe('ready')
  })

  test('a draft has its database like any other', async () => {
    const team = await aTeam()
    const { world } = team
    world.pull.draft = true
    expect(outcomeOf(await team.play(world.labeled()))).toBe('ready')
    expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
    expect(restores(world)).toBe(1)
    expect(world.clone().status).toBe('available')
  })
})

describe('another label, while the clone is being made', () => {
  /** `docs` is put on and taken off again while the clone is being made. */
  async function meanwhile(team: Team) {
    const { world } = team
    const create = team.begin(world.labeled())
    await world.until(() => world.clones().length === 1)
    const others = [labelEvent(world, 'labeled', { label: 'docs' })]
    others.push(labelEvent(world, 'unlabeled', { label: 'docs' }))
    const runs = others.map((event) => team.begin(event))
    const results = await Promise.all(runs.map((run) => run.result))
    const created = create.status
    return { created, results, create: await create.result }
  }

  test('starts no job', async () => {
    const team = await aTeam(SLOW)
    const { world } = team
    const { create, created, results } = await meanwhile(team)
    expect(results.map((result) => jobOf(result, CALLED_JOB).conclusion)).toEqual(['skipped', 'skipped'])
    expect(created).toBe('in_progress')
    expect(outcomeOf(create)).toBe('ready')
    expect(restores(world)).toBe(1)
    expect(world.clone().status).toBe('available')
  })

  test('would find everything in order if it did', async () => {
    const team = await aTeam({ ...SLOW, copiesCalled: true, edit: withoutFilter })
    const { world } = team
    const { create, results } = await meanwhile(team)
    expect([create, ...results].map((result) => actionStep(result).outputs)).toMatchObject([
      { outcome: 'ready', created: 'true' },
      { outcome: 'ready', created: 'false' },
      { outcome: 'ready', created: 'false' },
    ])
    expect(ranOneAfterTheOther(world)).toBe(true)
    expect(restores(world)).toBe(1)
    expect(world.mutations().filter((operation) => operation.startsWith('Delete'))).toEqual([])
    expect(world.comment()).toContain('Database clone is ready')
  })
})

describe('after the merge, which keeps the label', () => {
  const LATE: readonly (readonly [name: string, event: (world: World) => WorkflowEvent])[] = [
    ['synchronize', (world) => world.synchronize()],
    ['labeled', (world) => labelEvent(world, 'labeled')],
  ]

  test.each(LATE)('a late %s does not bring the clone back', async (_, late) => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    await team.play(world.close())
    await world.until(() => world.clones().length === 0)
    const before = world.mutations().length
    const result = await team.play(late(world))
    expect(actionStep(result).outputs).toMatchObject({
      outcome: 'absent',
      'skip-reason': 'pull-request-closed',
      endpoint: '',
    })
    expect(world.mutations().length).toBe(before)
    expect(world.clones()).toEqual([])
    expect(world.comment()).toContain('Database clone is gone')
  })

  test.each(LATE)('a late %s removes what is still there', async (_, late) => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    // The run of `closed` got lost.
    world.close()
    const result = await team.play(late(world))
    expect(actionStep(result).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'pull-request-closed',
    })
    expect(world.comment()).toContain('The pull request is closed.')
    await world.until(() => world.clones().length === 0)
  })
})

describe('closed and reopened', () => {
  test('while the former clone is still going away: there is a new one', async () => {
    const team = await aTeam({ behaviour: { deletingMs: 400_000 } })
    const { world } = team
    await team.play(world.labeled())
    const former = world.clone().resourceId
    const closed = await team.play(world.close({ merged: false }))
    expect(outcomeOf(closed)).toBe('deleting')

    const reopened = await team.play(reopen(world))
    expect(actionStep(reopened).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    expect(restores(world)).toBe(2)
    expect(world.clone()).toMatchObject({ status: 'available', members: [`${world.clone().identifier}-1`] })
    expect(world.clone().resourceId).not.toBe(former)
    expect(world.comment()).toContain('Database clone is ready')
  })

  test('before anything was done about it: the clone stays', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const { resourceId } = world.clone()
    const events = [world.close({ merged: false }), reopen(world)]
    const results = await Promise.all(events.map((event) => team.begin(event).result))
    expect(results.map((result) => outcomeOf(result))).toEqual(['ready', 'ready'])
    expect(world.clone()).toMatchObject({ resourceId, status: 'available' })
    expect(world.mutations().filter((operation) => operation.startsWith('Delete'))).toEqual([])
  })
})

describe('two sources', () => {
  const LABELS = ['clone-orders', 'clone-customers']

  async function withTwo(): Promise<Team> {
    const team = await aTeam({ examples: ['several-sources.yml', 'sweep.yml'], labels: LABELS })
    const { world } = team
    world.seedForeign({ identifier: 'customers-anonymised', databaseName: 'crm' })
    const result = await team.play(world.synchronize())
    expect(['orders / clone', 'customers / clone'].map((id) => jobOf(result, id).outputs['outcome'])).toEqual(
      ['ready', 'ready'],
    )
    expect(sources(world)).toEqual(['customers-anonymised', 'orders-anonymised'])
    expect(world.pull.comments()).toHaveLength(2)
    return team
  }

  function sources(world: World): readonly (string | undefined)[] {
    return world
      .clones()
      .filter(({ status }) => status !== 'deleting')
      .map(({ tags }) => tags['aurora-clone:source'])
      .toSorted()
  }

  test('one label is taken away: the other clone stays', async () => {
    const team = await withTwo()
    const { world } = team
    const result = await team.play(labelEvent(world, 'unlabeled', { label: 'clone-orders' }))
    expect(jobOf(result, 'orders / clone').outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'label-missing',
    })
    expect(jobOf(result, 'customers / clone').conclusion).toBe('skipped')
    expect(sources(world)).toEqual(['customers-anonymised'])

    const pushed = await team.play(world.synchronize())
    expect(jobOf(pushed, 'orders / clone').conclusion).toBe('skipped')
    expect(jobOf(pushed, 'customers / clone').outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(sources(world)).toEqual(['customers-anonymised'])
  })

  test('closing removes both', async () => {
    const team = await withTwo()
    const { world } = team
    const result = await team.play(world.close())
    expect(result.conclusion).toBe('success')
    await world.until(() => world.clones().length === 0)
    for (const { body } of world.pull.comments()) expect(body).toMatch(/is being deleted|is gone/)
  })

  test('closing removes the clone of a source that the workflow no longer names', async () => {
    const { world } = await withTwo()
    const team = await teamIn(world, {
      examples: ['several-sources.yml'],
      edit: (text) => text.replace(/^ {2}customers:\n[^]*/m, ''),
    })
    const result = await team.play(world.close())
    expect(result.jobs.map(({ id }) => id)).toEqual(['orders', 'orders / clone'])
    await world.until(() => world.clones().length === 0)
  })
})

describe('the label in the workflow is another one from now on', () => {
  const NEW_LABEL = 'database'

  /** The clone is there and was ready before. With `withoutFilter`, pushes to pull requests without the label start a job, too. */
  async function relabelled({ filters = true } = {}): Promise<Team> {
    const former = await aTeam()
    await former.play(former.world.labeled())
    return await teamIn(former.world, {
      copiesCalled: !filters,
      edit: (text) =>
        (filters ? text : withoutFilter(text)).replace(`label: ${EXAMPLE_LABEL}`, `label: ${NEW_LABEL}`),
    })
  }

  async function sweepTwoHoursLater(team: Team): Promise<RunResult> {
    const { world } = team
    letTimePass(world, world.clone().identifier, 2 * HOUR_MS)
    return await team.sweep()
  }

  test('the clone stays as long as the pull request has the label it was made for', async () => {
    const team = await relabelled({ filters: false })
    const { world } = team
    const { resourceId } = world.clone()
    const pushed = await team.play(world.synchronize())
    expect(actionStep(pushed).outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'label-missing' })
    expect(outcomeOf(await sweepTwoHoursLater(team))).toBe('swept')
    expect(world.clone()).toMatchObject({ resourceId, status: 'available' })
  })

  test.each([
    ['a push', { filters: false }, (team: Team) => team.play(team.world.synchronize())],
    ['the close', { filters: true }, (team: Team) => team.play(team.world.close())],
    ['the sweep', { filters: true }, sweepTwoHoursLater],
  ])('when that is taken away, %s removes it', async (_, options, next) => {
    const team = await relabelled(options)
    const { world } = team
    labelEvent(world, 'unlabeled')
    expect((await next(team)).conclusion).toBe('success')
    await world.until(() => world.clones().length === 0)
    expect(restores(world)).toBe(1)
  })

  test('neither the other label nor a push without the new one starts a job', async () => {
    const team = await relabelled()
    const { world } = team
    const before = world.calls().length
    for (const event of [labelEvent(world, 'unlabeled'), world.synchronize()])
      expect(jobOf(await team.play(event), CALLED_JOB).conclusion).toBe('skipped')
    expect(world.calls().length).toBe(before)
  })

  test('with the new label the same clone goes on', async () => {
    const team = await relabelled()
    const { world } = team
    const { resourceId } = world.clone()
    const labelled = await team.play(labelEvent(world, 'labeled', { label: NEW_LABEL }))
    expect(actionStep(labelled).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(world.clone()).toMatchObject({ resourceId, tags: { [LABEL_TAG]: NEW_LABEL } })

    // The old label has nothing to do with it any more.
    labelEvent(world, 'unlabeled')
    const pushed = await team.play(world.synchronize())
    expect(outcomeOf(pushed)).toBe('ready')
    expect(outcomeOf(await sweepTwoHoursLater(team))).toBe('swept')
    expect(world.clone()).toMatchObject({ resourceId, status: 'available' })
  })
})

describe('started by hand', () => {
  const FORM = `  workflow_dispatch:
    inputs:
      pr-number:
        description: Number of the pull request
        required: true
`
  const PASSED = "      pr-number: ${{ github.event.inputs['pr-number'] }}\n"

  /** The quick start's caller with a form, whose number it passes on or leaves to the called workflow. */
  async function withForm({ passesNumber }: { readonly passesNumber: boolean }): Promise<Team> {
    return await aTeam({
      ...SLOW,
      edit: (text, name) =>
        name === 'pull-request.yml'
          ? text.replace('permissions: {}', `${FORM}permissions: {}`) + (passesNumber ? PASSED : '')
          : text,
    })
  }

  test.each([true, false])(
    'for a pull request by its number (passed on: %s), one after the other with a push to it',
    async (passesNumber) => {
      const team = await withForm({ passesNumber })
      const { world } = team
      const dispatched = team.begin(team.dispatch('pull-request.yml', { 'pr-number': '42' }))
      await world.until(() => world.clones().length === 1)
      const pushed = team.begin(world.synchronize())
      const results = await Promise.all([dispatched.result, pushed.result])
      expect(results.map((result) => actionStep(result).outputs)).toMatchObject([
        { outcome: 'ready', created: 'true' },
        { outcome: 'ready', created: 'false' },
      ])
      expect(ranOneAfterTheOther(world)).toBe(true)
      expect(world.clone().tags['aurora-clone:key']).toBe('pr-42')
      expect(world.comment()).toContain('Database clone is ready')
    },
  )

  test('for one that is closed: its clone is removed', async () => {
    const team = await withForm({ passesNumber: true })
    const { world } = team
    await team.play(world.labeled())
    world.close()
    const result = await team.play(team.dispatch('pull-request.yml', { 'pr-number': '42' }))
    expect(actionStep(result).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'pull-request-closed',
    })
    await world.until(() => world.clones().length === 0)
  })

  test.each(['43', '42; id', '042'])('for %j, which is none: nothing is touched', async (number) => {
    const team = await withForm({ passesNumber: true })
    const { world } = team
    const result = await team.play(team.dispatch('pull-request.yml', { 'pr-number': number }))
    expect(result.conclusion).toBe('failure')
    expect(world.mutations()).toEqual([])
  })
})

test('the event of another pull request says nothing about this one', async () => {
  const team = await aTeam()
  const { world } = team
  const other = world.repository.pullRequest({ number: 43, labels: [EXAMPLE_LABEL] })
  await team.play(world.labeled())
  other.close({ merged: true })
  const closed = pullRequestEvent(world.cloud.github, { pullRequest: other, action: 'closed' })
  expect(outcomeOf(await team.play(closed))).toBe('absent')
  expect(world.clone().status).toBe('available')
})
