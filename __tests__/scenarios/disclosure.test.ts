import { describe, expect, test } from '@jest/globals'
import { type WorkflowEvent, scheduleEvent } from '../../local/github/events.ts'
import type { JsonObject } from '../../local/github/examples.ts'
import { type World, aTableWorld } from './world.ts'

// Who may see what, and whom a run speaks for: decided by what the event says of the repository, never guessed.

/** The same event, with another repository in its payload; `undefined` leaves it out. */
function about(
  { payload, ...event }: WorkflowEvent,
  changed: { readonly visibility: string | undefined; readonly private: boolean } | undefined,
): WorkflowEvent {
  const { repository, ...rest } = payload
  if (changed === undefined) return { ...event, payload: rest }
  const { visibility: _, ...known } = repository as JsonObject
  const { visibility, private: isPrivate } = changed
  const shown = visibility === undefined ? {} : { visibility }
  return { ...event, payload: { ...rest, repository: { ...known, ...shown, private: isPrivate } } }
}

const schedule = (world: World): WorkflowEvent =>
  scheduleEvent(world.cloud.github, { repository: world.repository })

const VISIBILITIES = [
  ['private', { visibility: 'private', private: true }, true],
  ['internal: the whole enterprise reads it', { visibility: 'internal', private: true }, false],
  ['public', { visibility: 'public', private: false }, false],
  ['private or internal: an older server does not say', { visibility: undefined, private: true }, false],
  ['not in the event', undefined, false],
] as const

describe.each(VISIBILITIES)('a repository that is %s', (_, repository, isFull) => {
  test(`${isFull ? 'shows' : 'does not show'} the endpoint to those who see it`, async () => {
    const world = await aTableWorld()
    const run = await world.create({}, { event: about(world.labeled(), repository) })
    expect(run.outputs['outcome']).toBe('ready')
    const endpoint = run.outputs['endpoint'] ?? 'none'
    for (const text of [world.comment(), run.summary, run.log]) expect(text.includes(endpoint)).toBe(isFull)
  })

  test(`${isFull ? 'may' : 'may not'} list the clones of others`, async () => {
    const world = await aTableWorld()
    const sweep = { mode: 'sweep', scope: 'account' }
    const run = await world.play(sweep, { event: about(schedule(world), repository) })
    expect(run.exitCode).toBe(isFull ? 0 : 1)
    if (isFull) return
    expect(world.calls()).toEqual([])
    expect(run.annotations).toEqual([
      {
        level: 'error',
        title: 'Invalid input',
        message: expect.stringMatching(
          /scope: got "account" .* set comment-details: full if everybody there may see them\.$/,
        ),
      },
    ])
    const told = await world.play(
      { ...sweep, 'comment-details': 'full' },
      { event: about(schedule(world), repository) },
    )
    expect(told.exitCode).toBe(0)
  })
})

test('a sweep that says why: the event does not tell what the repository is', async () => {
  const world = await aTableWorld()
  const run = await world.play(
    { mode: 'sweep', scope: 'account' },
    { event: about(schedule(world), undefined) },
  )
  expect(run.annotations[0]?.message).toContain(
    'an event that does not say whether the repository is public, internal or private',
  )
})

test('comment-details: minimal refuses the list of others in a private repository, too', async () => {
  const world = await aTableWorld()
  const run = await world.play(
    { mode: 'sweep', scope: 'account', 'comment-details': 'minimal' },
    { event: schedule(world) },
  )
  expect(run.annotations[0]?.message).toContain('together with comment-details "minimal"')
})

describe('a run that would speak for another repository does nothing', () => {
  test.each([
    ['9999', 'GITHUB_REPOSITORY_ID is "9999", but the event is about repository 4200. Nothing was done.'],
    ['4200 or 1', 'GITHUB_REPOSITORY_ID is "4200 or 1", which is no number. Nothing was done.'],
    ['042', 'GITHUB_REPOSITORY_ID is "042", which is no number. Nothing was done.'],
    [
      '',
      'GITHUB_REPOSITORY_ID is not set, so clones of this repository could not be distinguished from others.',
    ],
  ])('GITHUB_REPOSITORY_ID %j', async (id, what) => {
    const world = await aTableWorld()
    const run = await world.destroy(
      { 'clone-key': 'nightly' },
      { event: schedule(world), env: { GITHUB_REPOSITORY_ID: id } },
    )
    expect(run.exitCode).toBe(1)
    expect(run.annotations).toEqual([
      { level: 'error', title: 'Unexpected error', message: expect.stringContaining(what) },
    ])
    expect(world.calls()).toEqual([])
    expect(world.cloud.github.requests).toEqual([])
  })

  test('an event without a repository says nothing against it', async () => {
    const world = await aTableWorld()
    const run = await world.destroy({ 'clone-key': 'nightly' }, { event: about(schedule(world), undefined) })
    expect(run.outputs['outcome']).toBe('absent')
  })
})

test('another workflow’s comment that quotes the marker is not written over', async () => {
  const world = await aTableWorld()
  await world.create()
  const [own] = world.pull.comments()
  const marker = own?.body.split('\n')[0] ?? ''
  await world.destroy({ wait: 'true' }, { event: world.synchronize() })
  const quoting = world.pull.addComment({
    author: 'github-actions[bot]',
    body: `${marker} was posted by another workflow\nbuild 17 passed`,
  })
  await world.create({}, { event: world.synchronize() })
  const bodies = new Map(world.pull.comments().map(({ id, body }) => [id, body]))
  expect(bodies.get(quoting.id)).toContain('build 17 passed')
  expect(bodies.get(own?.id ?? 0)).toContain('Database clone is ready')
})

test.each(['constructor', 'toString', '__proto__'])(
  'a word of JavaScript breaks no message, be it AWS’s code, a label or a tag: %s',
  async (word) => {
    const world = await aTableWorld({ labels: [word] })
    const ready = await world.create({ label: word, tags: `${word}=${word}`, wait: 'false' })
    expect(ready).toMatchObject({ exitCode: 0, outputs: { outcome: 'creating' } })
    expect(world.clone().tags).toMatchObject({ 'aurora-clone:label': word.toLowerCase() })

    world.cloud.aws.faults.add({ operation: 'DescribeDBClusters', fault: { code: word, message: word } })
    const run = await world.create({ label: word })
    expect(run.annotations).toEqual([
      {
        level: 'error',
        title: 'AWS rejected the request',
        message: expect.stringMatching(
          `^DescribeDBClusters failed: ${word}: ${word}\\. Correct the input that the message names, then run again\\. \\(AWS request [^)]+\\)$`,
        ),
      },
    ])
    expect(run.summary).toContain('AWS rejected the request')
    expect(run.stderr).toBe('')

    const asked = await world.create({ mode: word })
    expect(asked.annotations[0]?.message).toContain(`mode: got "${word}", expected one of`)
  },
)
