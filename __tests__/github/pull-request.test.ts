import { describe, expect, test } from '@jest/globals'
import { NO_PULL_REQUEST, livePullRequest, livePullRequests } from '../../src/github/pull-request.ts'
import { FakeClock } from '../world.ts'
import { FakeGitHub, HEAD_SHA, aPull, httpError } from './fake-api.ts'

const PULL = aPull({ labels: [{ name: 'clone-db' }, { name: 'bug' }] })

const repository = { id: '4711', owner: 'acme', name: 'shop', visibility: 'private' } as const

function live(github: FakeGitHub, clock = new FakeClock()) {
  return livePullRequest({ clock, connect: () => Promise.resolve(github), repository, number: 42 })
}

describe('only a definite answer counts', () => {
  test.each<[string, FakeGitHub['pull'], object]>([
    ['open', PULL, { kind: 'open', labels: ['clone-db', 'bug'], fromFork: false }],
    [
      'closed',
      { ...PULL, state: 'closed' },
      { kind: 'closed', labels: ['clone-db', 'bug'], fromFork: false },
    ],
    [
      'a fork’s',
      { ...PULL, head: { ...PULL.head, repo: { id: 5 } } },
      { kind: 'open', labels: ['clone-db', 'bug'], fromFork: true },
    ],
    [
      'a deleted fork’s',
      { ...PULL, head: { ...PULL.head, repo: null } },
      { kind: 'open', labels: ['clone-db', 'bug'], fromFork: true },
    ],
    [
      'another repository’s (transferred, or a wrong address)',
      { ...PULL, state: 'closed', base: { repo: { id: 5 } } },
      { kind: 'unreadable', because: 'GitHub answered about another repository' },
    ],
    [
      'a state that nobody knows',
      { ...PULL, state: 'merged' },
      { kind: 'unreadable', because: 'GitHub answered with an unknown state' },
    ],
    ['403', httpError(403), { kind: 'unreadable', because: 'GitHub answered 403: HTTP 403' }],
    [
      '404: a token without access gets it for everything',
      httpError(404),
      { kind: 'unreadable', because: 'GitHub answered 404: HTTP 404' },
    ],
    ['500', httpError(500), { kind: 'unreadable', because: 'GitHub answered 500: HTTP 500' }],
  ])('%s', async (_, pull, reading) => {
    const github = new FakeGitHub()
    github.pull = pull
    const isReadable = 'labels' in reading
    expect(await live(github).read(0)).toEqual(isReadable ? { ...reading, headSha: HEAD_SHA } : reading)
    expect(github.calls).toEqual(['pullRequest 42'])
  })

  test('not an answer about another pull request', async () => {
    const github = new FakeGitHub()
    github.pulls.set(42, { ...PULL, number: 41, state: 'closed' })
    const because = 'GitHub answered about another pull request'
    expect(await live(github).read(0)).toEqual({ kind: 'unreadable', because })
  })

  test('an answer of another shape is none', async () => {
    const github = new FakeGitHub()
    github.pull = {} as FakeGitHub['pull']
    expect(await live(github).read(0)).toMatchObject({ kind: 'unreadable' })
  })

  test('nor is a connection that fails', async () => {
    const pullRequest = livePullRequest({
      clock: new FakeClock(),
      connect: () => Promise.reject(new Error('no token')),
      repository,
      number: 42,
    })
    expect(await pullRequest.read(0)).toEqual({ kind: 'unreadable', because: 'no token' })
  })
})

test('a look is good for as long as the caller finds it fresh', async () => {
  const github = new FakeGitHub()
  const clock = new FakeClock()
  const pullRequest = live(github, clock)
  await pullRequest.read(5_000)
  clock.pass(5_000)
  await pullRequest.read(5_000)
  expect(github.calls).toHaveLength(1)
  clock.pass(1)
  await pullRequest.read(5_000)
  expect(github.calls).toHaveLength(2)
  clock.pass(60_000)
  await pullRequest.read(Number.POSITIVE_INFINITY)
  expect(github.calls).toHaveLength(2)
})

test('two that look at the same time share one call', async () => {
  const github = new FakeGitHub()
  const pullRequest = live(github)
  await Promise.all([pullRequest.read(0), pullRequest.read(0)])
  expect(github.calls).toEqual(['pullRequest 42'])
})

describe('many pull requests', () => {
  function many(github: FakeGitHub) {
    const clock = new FakeClock()
    return {
      clock,
      pullRequests: livePullRequests({ clock, connect: () => Promise.resolve(github), repository }),
    }
  }
  const OPEN = { kind: 'open', labels: ['clone-db'], fromFork: false, headSha: HEAD_SHA }

  test('the open ones come with the list, the others by a call of their own', async () => {
    const github = new FakeGitHub()
    github.openPages = [[aPull()], [aPull({ number: 43, labels: [] })]]
    github.pulls.set(44, aPull({ number: 44, state: 'closed' }))
    const { pullRequests } = many(github)
    expect(await pullRequests.listOpen()).toEqual({ kind: 'listed' })
    expect(await pullRequests.of(42).read(0)).toEqual(OPEN)
    expect(await pullRequests.of(43).read(0)).toEqual({ ...OPEN, labels: [] })
    expect(github.calls).toEqual(['openPullRequests', 'openPullRequests'])
    expect(await pullRequests.of(44).read(Number.POSITIVE_INFINITY)).toEqual({ ...OPEN, kind: 'closed' })
    expect(github.calls.at(-1)).toBe('pullRequest 44')
  })

  test('what the list said is a look like any other: it grows old', async () => {
    const github = new FakeGitHub()
    github.openPages = [[aPull()]]
    github.pull = aPull({ state: 'closed' })
    const { clock, pullRequests } = many(github)
    await pullRequests.listOpen()
    clock.pass(1)
    expect(await pullRequests.of(42).read(1)).toMatchObject({ kind: 'open' })
    expect(await pullRequests.of(42).read(0)).toMatchObject({ kind: 'closed' })
  })

  test('each is the same for all that ask', async () => {
    const github = new FakeGitHub()
    const { pullRequests } = many(github)
    await Promise.all([pullRequests.of(42).read(0), pullRequests.of(42).read(0)])
    expect(github.calls).toEqual(['pullRequest 42'])
  })

  test('one that the list has under another repository is unreadable', async () => {
    const github = new FakeGitHub()
    github.openPages = [[aPull({ base: { repo: { id: 5 } } })]]
    const { pullRequests } = many(github)
    await pullRequests.listOpen()
    expect(await pullRequests.of(42).read(0)).toMatchObject({ kind: 'unreadable' })
  })

  test.each([
    ['GitHub refuses', httpError(403), 'GitHub answered 403: HTTP 403'],
    ['the connection fails', new Error('no token'), 'no token'],
  ])('%s: not listed', async (_, fault, because) => {
    const github = new FakeGitHub()
    github.openPages = [[aPull()]]
    github.faults.set('openPullRequests', fault)
    expect(await many(github).pullRequests.listOpen()).toEqual({ kind: 'unreadable', because })
  })
})

test('a clone with a key of its own is always wanted', async () => {
  expect(await NO_PULL_REQUEST.read(0)).toEqual({ kind: 'open', labels: [], fromFork: false })
})
