import { describe, expect, test } from '@jest/globals'
import { NO_PULL_REQUEST, livePullRequest, unreadablePullRequest } from '../../src/github/pull-request.ts'
import { FakeClock } from '../world.ts'
import { FakeGitHub, httpError } from './fake-api.ts'

const PULL = {
  state: 'open',
  labels: [{ name: 'clone-db' }, { name: 'bug' }],
  head: { repo: { id: 4711 } },
  base: { repo: { id: 4711 } },
}

function live(github: FakeGitHub, clock = new FakeClock()) {
  const repository = { id: '4711', owner: 'acme', name: 'shop', visibility: 'private' } as const
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
      { ...PULL, head: { repo: { id: 5 } } },
      { kind: 'open', labels: ['clone-db', 'bug'], fromFork: true },
    ],
    [
      'a deleted fork’s',
      { ...PULL, head: { repo: null } },
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
    expect(await live(github).read(0)).toEqual(reading)
    expect(github.calls).toEqual(['pullRequest 42'])
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
      repository: { id: '4711', owner: 'acme', name: 'shop', visibility: 'private' },
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

test('a clone with a key of its own is always wanted', async () => {
  expect(await NO_PULL_REQUEST.read(0)).toEqual({ kind: 'open', labels: [], fromFork: false })
})

test('unreadable: what to do', () => {
  expect(unreadablePullRequest(42, 'HTTP 404')).toMatchObject({
    title: 'Pull request cannot be read',
    what: 'Pull request #42 could not be read (HTTP 404), so nothing more was created or deleted for it.',
    remedy: expect.stringContaining('pull-requests: write'),
  })
})
