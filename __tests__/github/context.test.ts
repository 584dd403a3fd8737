import { describe, expect, test } from '@jest/globals'
import { isDependabot, isFork, readGitHubContext } from '../../src/github/context.ts'

const ENV = {
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_REPOSITORY_ID: '4711',
  GITHUB_RUN_ID: '99',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
}
const REPOSITORY = { id: 4711, private: true, visibility: 'private' }
const PULL = {
  number: 42,
  user: { login: 'octocat' },
  head: { repo: { id: 4711 } },
  base: { repo: { id: 4711 } },
}

test('a labelled pull request', () => {
  const payload = {
    action: 'labeled',
    label: { name: 'clone-db' },
    pull_request: PULL,
    repository: REPOSITORY,
  }
  expect(readGitHubContext(ENV, payload)).toEqual({
    eventName: 'pull_request',
    eventAction: 'labeled',
    eventLabel: 'clone-db',
    serverUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    graphqlUrl: 'https://api.github.com/graphql',
    repository: { id: '4711', owner: 'acme', name: 'shop', visibility: 'private' },
    repositoryIdInEvent: '4711',
    runUrl: 'https://github.com/acme/shop/actions/runs/99',
    runId: '99',
    commentId: undefined,
    pullRequest: { number: 42, fromFork: false, byDependabot: false },
    dispatchedNumber: undefined,
  })
})

test.each([
  ['issue_comment', '3500000001'],
  // Its id is of another series, and smaller.
  ['pull_request_review_comment', undefined],
  ['commit_comment', undefined],
])('the id of the comment of %s: %s', (GITHUB_EVENT_NAME, commentId) => {
  const payload = { comment: { id: 3_500_000_001 } }
  expect(readGitHubContext({ GITHUB_EVENT_NAME }, payload).commentId).toBe(commentId)
})

describe('which pull request', () => {
  test.each<[string, unknown, object | undefined]>([
    ['pull_request', { pull_request: PULL }, { number: 42, fromFork: false, byDependabot: false }],
    [
      'pull_request of a fork',
      { pull_request: { ...PULL, head: { repo: { id: 5 } } } },
      { number: 42, fromFork: true, byDependabot: false },
    ],
    [
      'pull_request whose fork is gone',
      { pull_request: { ...PULL, head: { repo: null } } },
      { number: 42, fromFork: true, byDependabot: false },
    ],
    [
      'pull_request of Dependabot',
      { pull_request: { ...PULL, user: { login: 'dependabot[bot]' } } },
      { number: 42, fromFork: false, byDependabot: true },
    ],
    [
      'pull_request of somebody gone',
      { pull_request: { ...PULL, user: null } },
      { number: 42, fromFork: false, byDependabot: false },
    ],
    [
      'issue_comment on a pull request',
      {
        action: 'created',
        issue: { number: 42, pull_request: { url: 'x' }, user: { login: 'octocat' } },
        comment: {},
      },
      { number: 42, fromFork: undefined, byDependabot: false },
    ],
    ['issue_comment on an issue', { issue: { number: 42 }, comment: {} }, undefined],
    ['issues', { action: 'closed', issue: { number: 42 } }, undefined],
    ['a number of something else', { number: 42 }, undefined],
    ['workflow_run', { workflow_run: { pull_requests: [] } }, undefined],
    ['schedule', { schedule: '17 * * * *' }, undefined],
    ['a number that is no number', { pull_request: { ...PULL, number: '42' } }, undefined],
    ['no payload', undefined, undefined],
    ['null', null, undefined],
    ['a text', 'pull_request', undefined],
  ])('%s', (_, payload, pullRequest) => {
    expect(readGitHubContext(ENV, payload).pullRequest).toEqual(pullRequest)
  })
})

describe('what a person typed into the form', () => {
  test.each([
    [{ inputs: { 'pr-number': '42' } }, '42'],
    [{ inputs: { 'pr-number': '' } }, undefined],
    [{ inputs: null }, undefined],
    [{}, undefined],
  ])('%j: %s', (payload, number) => {
    expect(readGitHubContext(ENV, payload).dispatchedNumber).toBe(number)
  })
})

describe('the repository', () => {
  test.each([
    [{ repository: { private: true, visibility: 'private' } }, 'private'],
    [{ repository: { private: true, visibility: 'internal' } }, 'internal'],
    [{ repository: { private: false, visibility: 'public' } }, 'public'],
    // An older server: internal ones are private as well.
    [{ repository: { private: true } }, 'unknown'],
    [{ repository: { private: true, visibility: 'constructor' } }, 'unknown'],
    [{ repository: { private: false } }, 'public'],
    [{ repository: {} }, 'unknown'],
    [{}, 'unknown'],
  ])('%j is %s', (payload, visibility) => {
    expect(readGitHubContext(ENV, payload).repository.visibility).toBe(visibility)
  })

  test.each([
    [{ ...ENV }, {}, '4711'],
    [{ ...ENV, GITHUB_REPOSITORY_ID: undefined }, { repository: { id: 12 } }, '12'],
    [{ ...ENV, GITHUB_REPOSITORY_ID: undefined }, {}, ''],
  ])('its id', (env, payload, id) => {
    expect(readGitHubContext(env, payload).repository.id).toBe(id)
  })

  test.each([
    [{ repository: { id: 12 } }, '12'],
    [{ repository: { id: '12' } }, undefined],
    [{}, undefined],
  ])('its id in the event %j: %s', (payload, id) => {
    expect(readGitHubContext(ENV, payload)).toMatchObject({
      repository: { id: '4711' },
      repositoryIdInEvent: id,
    })
  })
})

test('an enterprise server, with slashes at the end', () => {
  expect(
    readGitHubContext(
      {
        ...ENV,
        GITHUB_SERVER_URL: 'https://github.acme.example/',
        GITHUB_API_URL: 'https://github.acme.example/api/v3/',
        GITHUB_GRAPHQL_URL: 'https://github.acme.example/api/graphql/',
      },
      undefined,
    ),
  ).toMatchObject({
    serverUrl: 'https://github.acme.example',
    apiUrl: 'https://github.acme.example/api/v3',
    graphqlUrl: 'https://github.acme.example/api/graphql',
    runUrl: 'https://github.acme.example/acme/shop/actions/runs/99',
    runId: '99',
    commentId: undefined,
  })
})

test('no variables at all', () => {
  expect(readGitHubContext({}, undefined)).toEqual({
    eventName: '',
    eventAction: '',
    eventLabel: undefined,
    serverUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    graphqlUrl: 'https://api.github.com/graphql',
    repository: { id: '', owner: '', name: '', visibility: 'unknown' },
    repositoryIdInEvent: undefined,
    runUrl: 'https://github.com///actions/runs/0',
    runId: '0',
    commentId: undefined,
    pullRequest: undefined,
    dispatchedNumber: undefined,
  })
})

test.each([
  [PULL, false],
  [{ ...PULL, head: { repo: { id: 1 } } }, true],
  [{ ...PULL, head: { repo: null } }, true],
  [{ ...PULL, head: null }, true],
  [{ ...PULL, head: { repo: {} }, base: { repo: {} } }, true],
  [undefined, true],
])('isFork(%j) is %s', (pull, fork) => {
  expect(isFork(pull)).toBe(fork)
})

test.each([
  [{ user: { login: 'dependabot[bot]' } }, true],
  [{ user: { login: 'dependabot' } }, false],
  [{}, false],
])('isDependabot(%j) is %s', (pull, expected) => {
  expect(isDependabot(pull)).toBe(expected)
})
