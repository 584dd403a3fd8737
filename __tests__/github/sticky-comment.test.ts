import { describe, expect, test } from '@jest/globals'
import { stickyComment } from '../../src/github/sticky-comment.ts'
import { FakeGitHub, aComment, httpError } from './fake-api.ts'

const MARKER = '<!-- aurora-clone-action:v1 clone=2deea4d997059a7e -->'
const OWN = aComment({ id: 7, body: `${MARKER}\nold` })

function sticky(github: FakeGitHub) {
  return stickyComment({ connect: () => Promise.resolve(github), number: 42, marker: MARKER })
}

test('no comment yet: one is made, with the marker first', async () => {
  const github = new FakeGitHub([])
  expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-101')
  expect(github.bodies).toEqual([`${MARKER}\nnew`])
  expect(github.calls.slice(0, 3)).toEqual(['viewerLogin', 'comments 42', 'createComment 42'])
})

test('there is one: written in place', async () => {
  const github = new FakeGitHub([aComment({ id: 1 }), OWN])
  expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-7')
  expect(github.calls).toEqual(['viewerLogin', 'comments 42', 'updateComment 7'])
})

test('on a later page; the pages behind it are not asked for', async () => {
  const github = new FakeGitHub([aComment({ id: 1 })], [aComment({ id: 2 })], [OWN], [aComment({ id: 9 })])
  await sticky(github).write('new')
  expect(github.calls).toEqual([
    'viewerLogin',
    'comments 42',
    'comments 42',
    'comments 42',
    'updateComment 7',
  ])
})

test('unchanged: not written', async () => {
  const github = new FakeGitHub([OWN])
  expect(await sticky(github).write('old')).toBe('https://github.com/acme/shop/pull/42#issuecomment-7')
  expect(github.bodies).toEqual([])
})

describe('not ours', () => {
  test.each([
    ['a forged marker: another author', aComment({ ...OWN, user: { login: 'mallory' } })],
    ['an author who is gone', aComment({ ...OWN, user: null })],
    ['the marker further down: a quotation', aComment({ id: 7, body: `> ${MARKER}\nold` })],
    [
      'the marker of another clone',
      aComment({ id: 7, body: '<!-- aurora-clone-action:v1 clone=41fd066075631703 -->\nold' }),
    ],
    ['the marker as a part of a line', aComment({ id: 7, body: `${MARKER} said @maria:\nold` })],
    ['the marker behind a line', aComment({ id: 7, body: `\n${MARKER}\nold` })],
    ['a comment without a body', aComment({ id: 7, body: undefined })],
  ])('%s', async (_, comment) => {
    const github = new FakeGitHub([comment])
    await sticky(github).write('new')
    expect(github.calls).toContain('createComment 42')
  })
})

test.each([`${MARKER}\r\nedited in the browser`, MARKER])('ours: %j', async (body) => {
  const github = new FakeGitHub([aComment({ id: 7, body })])
  await sticky(github).write('new')
  expect(github.calls.at(-1)).toBe('updateComment 7')
})

describe('amended', () => {
  const more = (text: string): string => `${text} and new`

  test('as it is now, though it was written before', async () => {
    const github = new FakeGitHub([OWN])
    const comment = sticky(github)
    await comment.write('first')
    github.pages[0] = [aComment({ id: 7, body: `${MARKER}\r\nby another run` })]
    await comment.amend(more)
    expect(github.bodies.at(-1)).toBe(`${MARKER}\nby another run and new`)
  })

  test('without a change, or without a comment: not written', async () => {
    const github = new FakeGitHub([OWN])
    await sticky(github).amend((text) => text)
    await sticky(new FakeGitHub([])).amend(more)
    expect(github.bodies).toEqual([])
  })
})

describe('only if present', () => {
  test('there is none: nothing is made', async () => {
    const github = new FakeGitHub([])
    expect(await sticky(github).write('gone', { ifPresent: true })).toBeUndefined()
    expect(github.bodies).toEqual([])
  })

  test('there is one: put right', async () => {
    const github = new FakeGitHub([OWN])
    await sticky(github).write('gone', { ifPresent: true })
    expect(github.bodies).toEqual([`${MARKER}\ngone`])
  })
})

test('the second time it is known', async () => {
  const github = new FakeGitHub([])
  const comment = sticky(github)
  await comment.write('creating')
  await comment.write('ready')
  await comment.write('ready')
  expect(github.calls.filter((call) => /create|update/.test(call))).toEqual([
    'createComment 42',
    'updateComment 101',
  ])
})

test('two at once follow one another and make one comment', async () => {
  const github = new FakeGitHub([])
  const comment = sticky(github)
  await Promise.all([comment.write('creating'), comment.write('ready')])
  expect(github.bodies).toEqual([`${MARKER}\ncreating`, `${MARKER}\nready`])
})

test('somebody deleted it between our look and now: made anew', async () => {
  const github = new FakeGitHub([OWN])
  github.updateComment = () => Promise.reject(httpError(404))
  expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-101')
})

test('any other fault is one', async () => {
  const github = new FakeGitHub([OWN])
  github.faults.set('updateComment', httpError(403))
  await expect(sticky(github).write('new')).rejects.toThrow('HTTP 403')
})

test('after a fault the next one looks again', async () => {
  const github = new FakeGitHub([OWN])
  github.faults.set('viewerLogin', httpError(502))
  const comment = sticky(github)
  await expect(comment.write('a')).rejects.toThrow('HTTP 502')
  expect(await comment.write('b')).toBe('https://github.com/acme/shop/pull/42#issuecomment-7')
  expect(github.bodies).toEqual([`${MARKER}\nb`])
})

describe('looked for ahead', () => {
  test('is not looked for again when it is written', async () => {
    const github = new FakeGitHub([OWN])
    const comment = sticky(github)
    comment.find()
    comment.find()
    await comment.write('new')
    expect(github.calls).toEqual(['viewerLogin', 'comments 42', 'updateComment 7'])
  })

  test('in vain: the fault is told by the write, if it is still there', async () => {
    const github = new FakeGitHub([OWN])
    github.faults.set('viewerLogin', httpError(502))
    const comment = sticky(github)
    comment.find()
    expect(await comment.write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-7')
  })
})

describe('GitHub’s limit of 65,536 characters', () => {
  test.each([
    ['of letters', `${'x'.repeat(99)}\n`.repeat(1_000)],
    ['of characters of four bytes', `${'🔒'.repeat(24)}abc\n`.repeat(1_000)],
  ])('a long text %s is cut at a line', async (_, text) => {
    const github = new FakeGitHub([])
    await sticky(github).write(text)
    const [body = ''] = github.bodies
    const [, first = '', ...rest] = body.split('\n')
    expect(Buffer.byteLength(body)).toBeLessThan(61_000)
    expect(Buffer.byteLength(body)).toBeGreaterThan(59_000)
    expect(rest.splice(-2)).toEqual(['', '(shortened)'])
    expect(new Set(rest)).toEqual(new Set([first]))
  })
})

describe('another run has made one at the same time', () => {
  /** Not there at the first look; there behind our own. */
  function raced(other: number) {
    const github = new FakeGitHub([])
    const create = github.createComment.bind(github)
    github.createComment = async (number, body) => {
      const made = await create(number, body)
      github.pages.splice(
        0,
        1,
        [aComment({ id: other, body: `${MARKER}\ntheirs` }), made].toSorted((a, b) => a.id - b.id),
      )
      return made
    }
    return github
  }

  test('before ours: theirs stays with what we have to say, ours goes', async () => {
    const github = raced(7)
    expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-7')
    expect(github.calls.slice(-2)).toEqual(['updateComment 7', 'deleteComment 101'])
  })

  test('after ours: ours stays, and the other run takes its own away', async () => {
    const github = raced(999)
    expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-101')
    expect(github.calls).not.toContain('deleteComment 101')
  })

  test('ours cannot be taken away: the older one is kept up to date', async () => {
    const github = raced(7)
    github.faults.set('deleteComment', httpError(403))
    const comment = sticky(github)
    await comment.write('new')
    await comment.write('newer')
    expect(github.bodies.at(-1)).toBe(`${MARKER}\nnewer`)
    expect(github.calls.at(-1)).toBe('updateComment 7')
  })

  test('the look behind it fails: ours stays', async () => {
    const github = raced(7)
    const comments = github.comments.bind(github)
    let looks = 0
    github.comments = (number) => {
      if (++looks === 2) throw new Error('socket hang up')
      return comments(number)
    }
    expect(await sticky(github).write('new')).toBe('https://github.com/acme/shop/pull/42#issuecomment-101')
  })
})
