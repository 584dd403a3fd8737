import { describe, expect, test } from '@jest/globals'
import { identityHash } from '../../src/aurora/clone/identity.ts'
import { commentMarker } from '../../src/report/clone-markdown.ts'
import { seedClone } from './seeded-clones.ts'
import { staying } from './staying.ts'
import { aTeam, actionStep, annotationsOf, outcomeOf } from './team.ts'
import { REPOSITORY_ID, type World } from './world.ts'

const UNREADABLE = expect.objectContaining({ title: 'Pull request cannot be read' })

/** Tried again and again. */
const DOWN = { status: 502 }
/** Not tried again: nobody answers better when asked more often. */
const BUSY = { status: 429 }

describe('GitHub’s API is down', () => {
  test.each([
    // Nobody knows what people want, so nothing is swept: not even what goes by its time alone.
    ['for all it is asked', {}, [42, 43, 'nightly']],
    ['for one pull request, and the others are swept', { path: /\/pulls\/42$/ }, [42]],
  ] as const)('during a sweep, %s: what it does not tell about stays, and the run fails', async (...row) => {
    const [, where, kept] = row
    const team = await aTeam()
    const { world } = team
    const clones = new Map<42 | 43 | 'nightly', string>([
      [42, seedClone(world)],
      // Its expired, too: its pull request may have been opened again.
      [43, seedClone(world, { key: 'pr-43', expiresInMs: -1_000 })],
      ['nightly', seedClone(world, { key: 'nightly', label: null, generation: '1', expiresInMs: -1_000 })],
    ])
    world.repository.pullRequest({ number: 43 }).close()
    world.pull.close()
    const outage = world.cloud.github.faults.add({ ...where, ...DOWN })

    const failed = await team.sweep()
    expect(staying(world)).toEqual(kept.map((key) => clones.get(key)).toSorted())
    expect(failed.conclusion).toBe('failure')
    expect(outcomeOf(failed)).toBe('swept')
    expect(annotationsOf(failed, 'error')).toContainEqual({
      level: 'error',
      title: 'Sweep incomplete',
      message: expect.stringMatching(
        new RegExp(`GitHub answered 502.*\\b${kept.length} clones?\\b.*permissions: pull-requests`, 's'),
      ),
    })

    outage.remove()
    expect((await team.sweep()).conclusion).toBe('success')
    expect(staying(world)).toEqual([])
  })

  test('when a clone is asked for: nothing is created, and the run fails; the next one makes it', async () => {
    const team = await aTeam()
    const { world } = team
    const outage = world.cloud.github.faults.add(BUSY)
    const failed = await team.play(world.labeled())
    expect(failed.conclusion).toBe('failure')
    expect(annotationsOf(failed, 'error')).toContainEqual({
      level: 'error',
      title: 'Pull request cannot be read',
      message: expect.stringMatching(/nothing more was created or deleted.*permissions: pull-requests/s),
    })
    expect(world.mutations()).toEqual([])

    outage.remove()
    expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
  })

  test('at a push to a pull request that has its clone: it is published unchanged, and the run fails', async () => {
    const team = await aTeam()
    const { world } = team
    await team.play(world.labeled())
    const before = { clone: world.clone(), comment: world.comment(), mutations: world.mutations().length }
    world.cloud.github.faults.add(BUSY)
    const pushed = await team.play(world.synchronize())
    expect(pushed.conclusion).toBe('failure')
    expect(annotationsOf(pushed, 'error')).toContainEqual(UNREADABLE)
    expect(actionStep(pushed).outputs).toMatchObject({
      outcome: 'ready',
      created: 'false',
      endpoint: before.clone.endpoint.address,
    })
    expect({ clone: world.clone(), comment: world.comment(), mutations: world.mutations().length }).toEqual(
      before,
    )
  })

  test.each(['closed', 'unlabelled'])(
    'when the pull request is %s: nothing is deleted or published, the run fails, and the sweep removes the clone',
    async (what) => {
      const team = await aTeam()
      const { world } = team
      await team.play(world.labeled())
      const before = { clone: world.clone(), mutations: world.mutations().length }
      const event = what === 'closed' ? world.close() : world.unlabel()
      const outage = world.cloud.github.faults.add(DOWN)
      const failed = await team.play(event)
      expect(failed.conclusion).toBe('failure')
      expect(annotationsOf(failed, 'error')).toContainEqual(UNREADABLE)
      const steps = failed.jobs.flatMap((job) => job.steps)
      expect(steps.map(({ outputs }) => outputs['endpoint'] ?? '').join('')).toBe('')
      expect({ clone: world.clone(), mutations: world.mutations().length }).toEqual(before)

      outage.remove()
      // What lost its label within its first hour is left for a later sweep.
      if (what === 'unlabelled') return
      expect((await team.sweep()).conclusion).toBe('success')
      expect(staying(world)).toEqual([])
      expect(world.comment()).toContain('is being deleted')
    },
  )
})

describe('permissions of the token', () => {
  const withPermission =
    (line: string) =>
    (text: string): string =>
      text.replace(/^ {6}pull-requests: write.*\n/m, line)

  test('to read only: everything but the comment, and one warning', async () => {
    const team = await aTeam({
      examples: ['direct.yml'],
      edit: withPermission('      pull-requests: read\n'),
    })
    const { world } = team
    const labelled = await team.play(world.labeled())
    expect(labelled.conclusion).toBe('success')
    expect(outcomeOf(labelled)).toBe('ready')
    expect(world.pull.comments()).toEqual([])
    expect(annotationsOf(labelled, 'warning')).toEqual([
      {
        level: 'warning',
        title: undefined,
        message: expect.stringMatching(/comment on pull request #42.*403.*pull-requests: write/s),
      },
    ])
    const closed = await team.play(world.close())
    expect(closed.conclusion).toBe('success')
    expect(outcomeOf(closed)).toBe('deleting')
    expect(staying(world)).toEqual([])
  })

  test('none: nothing is done, and the run fails with the line that is missing', async () => {
    const team = await aTeam({ examples: ['direct.yml'], edit: withPermission('') })
    const { world } = team
    const labelled = await team.play(world.labeled())
    expect(labelled.conclusion).toBe('failure')
    expect(annotationsOf(labelled, 'error')).toContainEqual({
      level: 'error',
      title: 'Pull request cannot be read',
      message: expect.stringMatching(/403.*`permissions: pull-requests: write` \(or `read`\)/s),
    })
    expect(world.mutations()).toEqual([])
  })
})

describe('the comment', () => {
  const MARKER = commentMarker(
    identityHash({
      server: 'github.com',
      repositoryId: String(REPOSITORY_ID),
      prefix: 'clone',
      key: 'pr-42',
      name: '',
      generation: '',
      incarnation: 1,
    }),
  )
  const own = ({ pull }: World): readonly string[] =>
    pull.comments().flatMap(({ author, body }) => (author.login === 'github-actions[bot]' ? [body] : []))
  const talk = ({ pull }: World, count: number): void => {
    for (let index = 0; index < count; index += 1)
      pull.addComment({ author: 'maria', body: `What about this? (${index})` })
  }

  test('is found among 250 others, however far down it stands', async () => {
    const team = await aTeam()
    const { world } = team
    talk(world, 230)
    await team.play(world.labeled())
    talk(world, 20)
    expect(own(world)).toEqual([expect.stringContaining('Database clone is ready')])
    const [first] = own(world)
    expect(first?.startsWith(MARKER)).toBe(true)

    const pushed = await team.play(world.synchronize())
    const { outputs } = actionStep(pushed)
    expect(own(world)).toHaveLength(1)
    const comment = world.pull.comments().find(({ author }) => author.login === 'github-actions[bot]')
    expect(outputs['comment-url']).toContain(`#issuecomment-${comment?.id ?? ''}`)

    await team.play(world.close())
    expect(own(world)).toEqual([expect.stringContaining('is being deleted')])
    expect(world.pull.comments()).toHaveLength(251)
  })

  test('is not one that somebody else has marked as ours, not even when a sweep puts it right', async () => {
    const team = await aTeam()
    const { world } = team
    const forged = world.pull.addComment({ author: 'mallory', body: `${MARKER}\nThe password is hunter2.` })
    await team.play(world.labeled())
    expect(own(world)).toEqual([expect.stringContaining('Database clone is ready')])
    world.pull.close()
    expect((await team.sweep()).conclusion).toBe('success')
    expect(own(world)).toEqual([expect.stringContaining('is being deleted')])
    expect(world.pull.comments().find(({ id }) => id === forged.id)?.body).toBe(forged.body)
  })
})
