import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/failure.ts'
import { CommentBoard } from '../../src/report/comment-board.ts'
import { type ReportOverrides, aReport } from '../factories.ts'
import { FakeGitHub, aComment, httpError } from '../github/fake-api.ts'

function aBoard(github: FakeGitHub) {
  const warnings: string[] = []
  const board = new CommentBoard({
    connect: () => Promise.resolve(github),
    details: 'full',
    hide: (text) => text.replaceAll('hunter2', '***'),
    region: 'eu-west-1',
    runUrl: 'https://github.com/acme/shop/actions/runs/99',
    warn: (message) => {
      warnings.push(message)
    },
  })
  return { board, warnings }
}

const LIMIT_MS = 5_000
const MARKER = '<!-- aurora-clone-action:v1 clone=2deea4d997059a7e -->'
const headlines = (github: FakeGitHub) => github.bodies.map((body) => body.split('\n')[1])

test('shows a clone, and tells where', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  expect(board.isWriting).toBe(false)
  board.show(aReport())
  expect(board.isWriting).toBe(true)
  expect(await board.settle(LIMIT_MS)).toBe('https://github.com/acme/shop/pull/42#issuecomment-101')
  expect(board.isWriting).toBe(false)
  expect(headlines(github)).toEqual(['### ✅ Database clone is ready'])
})

test('expected first: looked for once, written once', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  board.expect(aReport({ state: 'creating' }))
  board.expect(aReport({ identityHash: '' }))
  board.show(aReport({ state: 'creating' }))
  await board.settle(LIMIT_MS)
  expect(github.calls.slice(0, 3)).toEqual(['viewerLogin', 'comments 42', 'createComment 42'])
})

test('nothing to show: nothing is called', async () => {
  const github = new FakeGitHub([])
  expect(await aBoard(github).board.settle(LIMIT_MS)).toBeUndefined()
  expect(github.calls).toEqual([])
})

test('of several states that come while one is being written, only the last is', async () => {
  const github = new FakeGitHub([])
  const gate = Promise.withResolvers<undefined>()
  github.gate = gate.promise
  const { board } = aBoard(github)
  board.show(aReport({ state: 'creating', standing: 'cluster creating, writer not there yet' }))
  await new Promise(setImmediate)
  board.show(aReport({ state: 'creating', standing: 'cluster creating, writer creating' }))
  board.show(aReport({ state: 'creating', standing: 'cluster available, writer creating' }))
  board.show(aReport())
  gate.resolve(undefined)
  await board.settle(LIMIT_MS)
  expect(headlines(github)).toEqual([
    '### ⏳ Database clone is being created',
    '### ✅ Database clone is ready',
  ])
})

test('the same again is not written again', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  board.show(aReport())
  await board.settle(LIMIT_MS)
  board.show(aReport())
  await board.settle(LIMIT_MS)
  expect(github.bodies).toHaveLength(1)
})

test('one comment a clone', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  board.show(aReport())
  board.show(aReport({ identityHash: '41fd066075631703', name: 'billing' }))
  await board.settle(LIMIT_MS)
  expect(github.calls.filter((call) => call.startsWith('createComment'))).toHaveLength(2)
  expect(github.bodies.map((body) => body.split('\n')[0])).toEqual([
    MARKER,
    '<!-- aurora-clone-action:v1 clone=41fd066075631703 -->',
  ])
})

test('a cluster of nobody has no comment', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  board.show(aReport({ identityHash: '' }))
  await board.settle(LIMIT_MS)
  expect(github.calls).toEqual([])
})

describe.each(['deleting', 'undeleted', 'destroyed', 'held'] as const)('%s', (state) => {
  test('needs no new comment', async () => {
    const github = new FakeGitHub([])
    const { board } = aBoard(github)
    board.show(aReport({ state }))
    expect(await board.settle(LIMIT_MS)).toBeUndefined()
    expect(github.bodies).toEqual([])
  })

  test('puts right what people were told', async () => {
    const github = new FakeGitHub([aComment({ id: 7, body: `${MARKER}\nready` })])
    const { board } = aBoard(github)
    board.show(aReport({ state }))
    await board.settle(LIMIT_MS)
    expect(github.calls.at(-1)).toBe('updateComment 7')
  })
})

describe('a clone that expires within a day', () => {
  const OWN = aComment({ id: 7, body: `${MARKER}\n### ✅ Database clone is ready\n\nmore` })

  test('its comment says so, once', async () => {
    const github = new FakeGitHub([OWN])
    for (const _ of [1, 2]) {
      const { board } = aBoard(github)
      board.announceExpiry(aReport())
      await board.settle(LIMIT_MS)
    }
    expect(github.bodies).toEqual([
      expect.stringMatching(
        /^<!-- .+ -->\n### .+ ready\n\n⏰ \*\*Expires 2026-11-28 08:30 UTC, within a day.+\n\nmore$/,
      ),
    ])
  })

  test('after what this run shows of it', async () => {
    const github = new FakeGitHub([OWN])
    const { board } = aBoard(github)
    board.show(aReport())
    board.announceExpiry(aReport())
    await board.settle(LIMIT_MS)
    expect(github.bodies.at(-1)).toMatch(/⏰[^]*Endpoint/)
  })

  test.each<[string, ReportOverrides]>([
    ['without a pull request', { pullRequest: undefined }],
    ['of nobody', { identityHash: '' }],
    ['without a time', { expiresAt: undefined }],
  ])('%s: nothing to tell', async (_, overrides) => {
    const github = new FakeGitHub([OWN])
    const { board } = aBoard(github)
    board.announceExpiry(aReport(overrides))
    await board.settle(LIMIT_MS)
    expect(github.calls).toEqual([])
  })

  test('without a comment, none is made', async () => {
    const github = new FakeGitHub([])
    const { board } = aBoard(github)
    board.announceExpiry(aReport())
    await board.settle(LIMIT_MS)
    expect(github.bodies).toEqual([])
  })

  test('a comment that cannot be written is a warning, and then no more is tried there', async () => {
    const github = new FakeGitHub([OWN])
    github.faults.set('updateComment 7', httpError(403))
    const { board, warnings } = aBoard(github)
    board.announceExpiry(aReport())
    board.announceExpiry(aReport())
    await board.settle(LIMIT_MS)
    expect(warnings).toHaveLength(1)
    expect(github.calls.filter((call) => call.startsWith('comments'))).toHaveLength(1)
  })
})

test('a failure is shown', async () => {
  const github = new FakeGitHub([])
  const { board } = aBoard(github)
  board.show(aReport({ state: 'creating' }))
  board.show(
    aReport({ state: 'creating' }),
    new Failure({ title: 'Timed out', what: 'Too long.', remedy: 'Again.' }),
  )
  await board.settle(LIMIT_MS)
  expect(headlines(github).at(-1)).toBe('### ❌ Database clone is not ready')
})

test('a comment that cannot be written is one warning, whatever comes after', async () => {
  const github = new FakeGitHub([])
  github.faults.set('viewerLogin', httpError(403))
  const { board, warnings } = aBoard(github)
  board.show(aReport({ state: 'creating' }))
  expect(await board.settle(LIMIT_MS)).toBeUndefined()
  board.show(aReport())
  expect(await board.settle(LIMIT_MS)).toBeUndefined()
  expect(warnings).toEqual([
    'The comment on pull request #42 could not be written (GitHub answered 403: HTTP 403). Give the job `permissions: pull-requests: write`, or set comment: false. The job summary has the same content.',
  ])
  expect(github.calls).toEqual(['viewerLogin'])
})

test.each([
  ['an outage', httpError(502), 'GitHub answered 502: HTTP 502'],
  ['no answer', new Error('socket hang up'), 'socket hang up'],
])('%s is no refusal: the next state is written, and looked for anew', async (_, fault, because) => {
  const github = new FakeGitHub([])
  github.faults.set('createComment', fault)
  const { board, warnings } = aBoard(github)
  board.show(aReport({ state: 'creating' }))
  await board.settle(LIMIT_MS)
  // It was written all the same: only the answer was lost.
  github.pages.push([aComment({ id: 7, body: `${MARKER}\nx` })])
  board.show(aReport())
  expect(await board.settle(LIMIT_MS)).toContain('issuecomment-7')
  expect(github.calls.at(-1)).toBe('updateComment 7')
  expect(warnings).toEqual([
    `The comment on pull request #42 could not be written (${because}). The job summary has the same content.`,
  ])
})

describe('several pull requests', () => {
  const on = (number: number, overrides: ReportOverrides = {}) =>
    aReport({ identityHash: `0000${number}`, pullRequest: number, ...overrides })
  const written = (github: FakeGitHub) => github.calls.filter((call) => call.startsWith('createComment'))

  test('each clone’s comment is on its own', async () => {
    const github = new FakeGitHub([])
    const { board } = aBoard(github)
    board.show(on(42))
    board.show(on(43))
    await board.settle(LIMIT_MS)
    expect(written(github)).toEqual(['createComment 42', 'createComment 43'])
  })

  test('one that refuses keeps no other away, is told once, and is left alone', async () => {
    const github = new FakeGitHub([])
    github.faults.set('createComment 43', httpError(403))
    const { board, warnings } = aBoard(github)
    board.show(on(42))
    board.show(on(43))
    board.show(on(43, { identityHash: '1111', name: 'billing' }))
    board.show(on(44))
    expect(await board.settle(LIMIT_MS)).toContain('issuecomment-102')
    board.show(on(43, { state: 'failed' }))
    board.show(on(44, { state: 'failed' }))
    await board.settle(LIMIT_MS)
    expect(written(github)).toEqual(['createComment 42', 'createComment 43', 'createComment 44'])
    expect(github.calls.at(-1)).toMatch(/^updateComment/)
    expect(warnings).toEqual([
      expect.stringContaining('The comment on pull request #43 could not be written (GitHub answered 403'),
    ])
  })

  test('a token that may write nowhere is one warning', async () => {
    const github = new FakeGitHub([])
    for (const number of [42, 43]) github.faults.set(`createComment ${number}`, httpError(403))
    const { board, warnings } = aBoard(github)
    board.show(on(42))
    board.show(on(43))
    expect(await board.settle(LIMIT_MS)).toBeUndefined()
    expect(written(github)).toHaveLength(2)
    expect(warnings).toEqual([expect.stringContaining('#42')])
  })

  test('a clone of nobody’s pull request has no comment', async () => {
    const github = new FakeGitHub([])
    const { board } = aBoard(github)
    board.expect(aReport({ pullRequest: undefined }))
    board.show(aReport({ pullRequest: undefined }))
    expect(await board.settle(LIMIT_MS)).toBeUndefined()
    expect(github.calls).toEqual([])
  })
})

test('a GitHub that does not answer does not hold the run', async () => {
  const github = new FakeGitHub([])
  github.gate = new Promise(() => undefined)
  const { board, warnings } = aBoard(github)
  board.show(aReport())
  expect(await board.settle(20)).toBeUndefined()
  expect(board.isWriting).toBe(true)
  expect(warnings).toEqual([
    'The comment is not written yet: GitHub does not answer. The job summary has the same content.',
  ])
})
