import { describe, expect, test } from '@jest/globals'
import { type WorkflowEvent, issueCommentEvent } from '../../local/github/events.ts'
import type { RunResult } from '../../local/runner/run-result.ts'
import { forServer } from '../../scripts/server-workflow.ts'
import { EXAMPLE_LABEL, type Team, type TeamOptions, aTeam, actionStep, jobOf, outcomeOf } from './team.ts'
import { ranOneAfterTheOther, restores } from './workflow-calls.ts'
import type { World } from './world.ts'

const WRITER = 'maria'
const DATABASE_JOB = 'database / clone'
const EXPIRY = 'aurora-clone:expires-at'
const HOLD = 'aurora-clone:hold'
const HOUR_MS = 3_600_000

/** A team with the commands beside the quick start's caller. Maria may write to the repository, Rita may read it. */
async function withCommands(options: TeamOptions = {}): Promise<Team> {
  const team = await aTeam({
    examples: ['pull-request.yml', 'comment-commands.yml', 'sweep.yml'],
    labels: [],
    behaviour: { clusterCreatingMs: 5_000, instanceCreatingMs: 5_000, deletingMs: 5_000 },
    ...options,
  })
  const { repository } = team.world
  repository.collaborator(WRITER, 'write')
  repository.collaborator('rita', 'read')
  repository.collaborator('tom', 'triage')
  repository.collaborator('ada', 'admin')
  return team
}

function commentBy(world: World, author: string, body: string): WorkflowEvent {
  const { cloud, pull } = world
  return issueCommentEvent(cloud.github, { pullRequest: pull, comment: pull.addComment({ author, body }) })
}

/** What is said, and what comes of it. */
async function say(team: Team, body: string, author = WRITER): Promise<RunResult> {
  return await team.play(commentBy(team.world, author, body))
}

function labels({ pull }: World): readonly string[] {
  return pull.labels.map(({ name }) => name)
}

/** What the action wrote, among the comments of people. */
function told({ pull }: World): string {
  const own = pull.comments().filter(({ author }) => author.login === 'github-actions[bot]')
  expect(own).toHaveLength(1)
  return own[0]?.body ?? ''
}

describe('a command in a comment', () => {
  test('/clone, a push, /destroy', async () => {
    const team = await withCommands()
    const { world } = team
    const cloned = await say(team, '/clone')
    expect(outcomeOf(cloned)).toBe('ready')
    expect(labels(world)).toEqual([EXAMPLE_LABEL])
    expect(world.clone()).toMatchObject({
      status: 'available',
      tags: { 'aurora-clone:key': 'pr-42', 'aurora-clone:label': EXAMPLE_LABEL },
    })
    expect(told(world)).toContain('Database clone is ready')

    const pushed = await team.play(world.synchronize())
    expect(actionStep(pushed).outputs).toMatchObject({ outcome: 'ready', created: 'false' })

    const destroyed = await say(team, '/destroy')
    expect(actionStep(destroyed).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'label-missing',
    })
    expect(labels(world)).toEqual([])
    expect(told(world)).toContain('Database clone is being deleted')
    await world.until(() => world.clones().length === 0)
  })

  test('/reset: fresh data once for each such comment, and nothing else for a run of it that is repeated', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    const { resourceId } = world.clone()
    const asked = commentBy(world, WRITER, '/reset')
    expect(actionStep(await team.play(asked)).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    const fresh = world.clone()
    expect(fresh.resourceId).not.toBe(resourceId)
    expect(told(world)).toContain(fresh.identifier)
    expect(actionStep(await team.play(asked)).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    await team.play(world.synchronize())
    expect(world.clone().resourceId).toBe(fresh.resourceId)

    expect(actionStep(await say(team, '/reset')).outputs['created']).toBe('true')
    expect(world.clone().resourceId).not.toBe(fresh.resourceId)
  })

  test('/reset of a clone that is held is refused by the action', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    await say(team, '/hold')
    const { resourceId } = world.clone()
    const result = await say(team, '/reset')
    expect(jobOf(result, DATABASE_JOB).steps.flatMap(({ annotations }) => annotations)).toContainEqual(
      expect.objectContaining({ title: 'Clone is protected' }),
    )
    expect(world.clone().resourceId).toBe(resourceId)
  })

  test('/keep: for longer than its time, and never for less', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    const week = Date.parse(world.clone().tags[EXPIRY] ?? '')

    await say(team, '/keep 9d')
    const kept = Date.parse(world.clone().tags[EXPIRY] ?? '')
    expect(kept - week).toBeGreaterThan(47 * HOUR_MS)
    expect(outcomeOf(await say(team, '/keep 48h'))).toBe('ready')
    expect(world.clone().tags[EXPIRY]).toBe(new Date(kept).toISOString())
    expect(restores(world)).toBe(1)
  })

  test('/hold: not even the close takes it away, nor the sweep', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    await say(team, '/hold')
    expect(world.clone().tags[HOLD]).toBe('true')
    // A push says nothing about it.
    await team.play(world.synchronize())
    expect(world.clone().tags[HOLD]).toBe('true')
    const closed = await team.play(world.close({ merged: false }))
    expect(actionStep(closed).outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'held' })
    expect(outcomeOf(await team.sweep())).toBe('swept')
    expect(world.clone().status).toBe('available')
    expect(told(world)).toContain('Database clone is held')
  })

  test('/hold until a time, and off again', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    const until = new Date(world.cloud.clock.now() + 24 * HOUR_MS).toISOString().replace(/\.\d{3}Z$/, 'Z')
    await say(team, `/hold ${until}`)
    expect(Date.parse(world.clone().tags[HOLD] ?? '')).toBe(Date.parse(until))
    await say(team, '/hold off')
    expect(world.clone().tags[HOLD]).toBe('false')
    const closed = await team.play(world.close())
    expect(outcomeOf(closed)).toBe('deleting')
    await world.until(() => world.clones().length === 0)
  })

  test('/hold off lets go what only the hold still keeps', async () => {
    const team = await withCommands()
    const { world } = team
    await say(team, '/clone')
    await say(team, '/hold')
    const closed = await team.play(world.close())
    expect(actionStep(closed).outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'held' })

    const off = await say(team, '/hold off')
    expect(actionStep(off).outputs).toMatchObject({
      outcome: 'deleting',
      'skip-reason': 'pull-request-closed',
    })
    await world.until(() => world.clones().length === 0)
  })

  test('two at once are obeyed in their order', async () => {
    const team = await withCommands()
    const { world } = team
    const events = [commentBy(world, WRITER, '/clone'), commentBy(world, WRITER, '/keep 9d')]
    const runs = events.map((event) => team.begin(event))
    const results = await Promise.all(runs.map((run) => run.result))
    expect(results.map((result) => outcomeOf(result))).toEqual(['ready', 'ready'])
    expect(ranOneAfterTheOther(world)).toBe(true)
    expect(restores(world)).toBe(1)
    expect(Date.parse(world.clone().tags[EXPIRY] ?? '') - world.cloud.clock.now()).toBeGreaterThan(
      8 * 24 * HOUR_MS,
    )
  })

  test('/clone on the pull request of a fork is refused', async () => {
    const team = await withCommands({ headRepository: 'fork' })
    const { world } = team
    const result = await say(team, '/clone')
    expect(result.conclusion).toBe('failure')
    expect(jobOf(result, DATABASE_JOB).steps.flatMap(({ annotations }) => annotations)).toContainEqual(
      expect.objectContaining({ title: 'Fork refused' }),
    )
    expect(world.mutations()).toEqual([])
  })

  test.each<[string, TeamOptions]>([
    ['an enterprise server', { githubBasePath: '/api/v3', githubServerUrl: 'https://ghe.example.com' }],
    ['an enterprise with data residency', { githubServerUrl: 'https://acme.ghe.com' }],
  ])('on %s', async (_, site) => {
    const team = await withCommands({ ...site, edit: forServer })
    const { world } = team
    expect(outcomeOf(await say(team, '/clone'))).toBe('ready')
    expect(labels(world)).toEqual([EXAMPLE_LABEL])
    await say(team, '/hold')
    expect(world.clone().tags[HOLD]).toBe('true')
    await say(team, '/hold off')
    expect(outcomeOf(await say(team, '/destroy'))).toBe('deleting')
    expect(labels(world)).toEqual([])
    await world.until(() => world.clones().length === 0)
  })

  test('from an administrator', async () => {
    const team = await withCommands()
    expect(outcomeOf(await say(team, '/clone', 'ada'))).toBe('ready')
  })
})

describe('is refused, and changes nothing', () => {
  async function refused(team: Team, body: string, author?: string): Promise<void> {
    const { world } = team
    const before = { labels: labels(world), calls: world.calls().length }
    const result = await say(team, body, author)
    expect(jobOf(result, 'command').conclusion).toBe('failure')
    expect(jobOf(result, 'database').conclusion).toBe('skipped')
    expect({ labels: labels(world), calls: world.calls().length }).toEqual(before)
  }

  test.each([
    ['who may read', 'rita'],
    ['who may triage', 'tom'],
    ['a stranger', 'somebody'],
  ])('from %s', async (_, author) => {
    const team = await withCommands()
    await refused(team, '/clone', author)
  })

  test('with garbage behind it', async () => {
    const team = await withCommands({ labels: [EXAMPLE_LABEL] })
    for (const body of [
      '/keep',
      '/keep forever',
      '/keep 3d; id',
      '/keep $(id)',
      '/hold tomorrow',
      '/reset 2',
    ])
      await refused(team, body)
  })

  test('on a pull request that is closed: there is nothing to make or to keep any more', async () => {
    const team = await withCommands({ labels: [EXAMPLE_LABEL] })
    team.world.pull.close()
    await refused(team, '/clone')
    await refused(team, '/keep 3d')
    await refused(team, '/reset')
  })

  test('where there is no database to keep', async () => {
    const team = await withCommands()
    await refused(team, '/keep 3d')
    await refused(team, '/hold')
    await refused(team, '/reset')
  })
})

describe('is none, and changes nothing', () => {
  test.each([
    ['in the middle of a text', 'Shall we /clone it?'],
    ['after a line of text', 'Please:\n/clone'],
  ])('%s: no job runs', async (_, body) => {
    const team = await withCommands()
    const result = await say(team, body)
    expect(result.jobs.map(({ conclusion }) => conclusion)).toEqual(['skipped', 'skipped'])
    expect(labels(team.world)).toEqual([])
    expect(team.world.calls()).toEqual([])
  })

  test('when it is somebody else’s', async () => {
    const team = await withCommands()
    const result = await say(team, '/deploy staging')
    expect(jobOf(result, 'command').conclusion).toBe('success')
    expect(jobOf(result, 'database').conclusion).toBe('skipped')
    expect(labels(team.world)).toEqual([])
    expect(team.world.calls()).toEqual([])
  })

  test('on an issue that is no pull request', async () => {
    const team = await withCommands()
    const { world } = team
    const event = commentBy(world, WRITER, '/clone')
    const { pull_request: _, ...issue } = event.payload['issue'] as Readonly<Record<string, never>>
    const result = await team.play({ ...event, payload: { ...event.payload, issue } })
    expect(result.jobs.map(({ conclusion }) => conclusion)).toEqual(['skipped', 'skipped'])
    expect(labels(world)).toEqual([])
    expect(world.calls()).toEqual([])
  })
})
