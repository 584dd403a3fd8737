import { describe, expect, test } from '@jest/globals'
import {
  issueCommentEvent,
  pullRequestTargetEvent,
  type WorkflowEvent,
} from '../../../local/github/events.ts'
import { excessOf, readOnly, restrictionOf } from '../../../local/runner/permissions.ts'
import { aPull, cloud, labeled, Notes, play, repository, workflow } from './service.ts'

const JOB = `runs-on: x
  steps:
    - uses: test/note@v1
      with:
        token: \${{ github.token }}
        secret: '[\${{ secrets.PASSWORD }}]'
        variable: '[\${{ vars.REGION }}]'`

interface Seen {
  readonly token: string
  readonly secret: string
  readonly variable: string
  readonly hasIdentity: boolean
}

async function seen(options: {
  readonly event?: WorkflowEvent
  readonly top?: string
  readonly permissions?: string
  readonly dependabotIsGranted?: boolean
}): Promise<Seen> {
  const notes = new Notes()
  const {
    dependabotIsGranted = false,
    event = labeled(),
    permissions = '',
    top = 'permissions: {}',
  } = options
  const on = `{ ${event.name}: { types: ${JSON.stringify([event.payload['action']])} } }`
  const text = workflow(`job:\n  ${permissions}\n  ${JOB}`, top).replace(/on:\n.*\n/, `on: ${on}\n`)
  const result = await play(text, {
    event,
    actions: notes.actions,
    secrets: { PASSWORD: 'open' },
    variables: { REGION: 'eu-west-1' },
    dependabotIsGranted,
  })
  expect(result.conclusion).toBe('success')
  const [step] = notes.steps
  const { token = '', secret = '', variable = '' } = step?.inputs ?? {}
  const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']
  const there = names.filter((name) => step?.env[name] !== undefined)
  expect([0, 2]).toContain(there.length)
  return { token, secret, variable, hasIdentity: there.length === 2 }
}

/** What the API lets a token do with the comments of a pull request. */
async function access(
  token: string,
  number: number,
  fullName = repository.fullName,
): Promise<'none' | 'read' | 'write'> {
  const url = `${cloud.github.url}/repos/${fullName}/issues/${number}/comments`
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' }
  if (!(await fetch(url, { headers })).ok) return 'none'
  const written = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ body: 'hello' }) })
  return written.ok ? 'write' : 'read'
}

describe('the token of a job', () => {
  test.each([
    ['permissions: {}', '', 'none'],
    ['permissions: { pull-requests: write }', '', 'write'],
    ['permissions: { pull-requests: write }', 'permissions: { pull-requests: read }', 'read'],
    ['permissions: { pull-requests: write }', 'permissions: { contents: read }', 'none'],
    ['permissions: {}', 'permissions: { issues: write }', 'write'],
    ['', '', 'none'],
  ])('%s and %s: %s', async (top, permissions, allowed) => {
    const pull = aPull()
    const { token } = await seen({ event: labeled(pull), top, permissions })
    expect(await access(token, pull.number)).toBe(allowed)
  })
})

test('reaches its own repository alone', async () => {
  const other = cloud.github.repository({ owner: 'acme', name: 'toys', private: true })
  const { number } = other.pullRequest({ number: 1 })
  const { token } = await seen({ permissions: 'permissions: { pull-requests: write }' })
  expect(await access(token, number, other.fullName)).toBe('none')
})

test('in a called workflow that says nothing, it may what the calling job may', async () => {
  const notes = new Notes()
  const callee = '.github/workflows/callee.yml'
  const pull = aPull()
  const files = {
    '.github/workflows/test.yml': workflow(
      `outer: { uses: ./${callee}, permissions: { pull-requests: write, id-token: write } }`,
    ),
    [callee]: `on: workflow_call\njobs:\n  inner:\n    runs-on: x
    steps: [{ uses: test/note@v1, with: { token: '\${{ github.token }}' } }]`,
  }
  await play(files, { event: labeled(pull), actions: notes.actions })
  expect(await access(notes.inputs[0]?.['token'] ?? '', pull.number)).toBe('write')
  expect(notes.steps[0]?.env).toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL')
})

describe('an identity for AWS', () => {
  test.each([
    ['permissions: { id-token: write }', '', true],
    ['permissions: {}', 'permissions: { id-token: write }', true],
    ['permissions: { id-token: write }', 'permissions: { contents: read }', false],
    ['permissions: {}', '', false],
    ['', '', false],
  ])('%s and %s: %s', async (top, permissions, hasIdentity) => {
    expect((await seen({ top, permissions })).hasIdentity).toBe(hasIdentity)
  })
})

const ALL = 'permissions: { id-token: write, pull-requests: write }'

test.each<[string, () => { event: WorkflowEvent; number: number }, boolean]>([
  ['of the repository itself', () => from(aPull()), false],
  ['of a fork', () => from(aPull({ headRepository: 'fork', author: 'stranger' })), true],
  ['of a fork that is gone', () => from(aPull({ headRepository: null })), true],
  ['of Dependabot', () => from(aPull({ author: 'dependabot[bot]' })), true],
  ['of Dependabot, labelled by a person', () => from(aPull({ author: 'dependabot[bot]' }), 'octocat'), false],
])('a pull request %s', async (_whose, make, restricted) => {
  const { event, number } = make()
  const { token, ...others } = await seen({ event, permissions: ALL })
  expect(others).toEqual(
    restricted
      ? { secret: '[]', variable: '[]', hasIdentity: false }
      : { secret: '[open]', variable: '[eu-west-1]', hasIdentity: true },
  )
  expect(await access(token, number)).toBe(restricted ? 'read' : 'write')
})

test.each<[string, (pull: ReturnType<typeof aPull>) => WorkflowEvent]>([
  [
    'pull_request_target',
    (pullRequest) => pullRequestTargetEvent(cloud.github, { pullRequest, action: 'closed' }),
  ],
  [
    'issue_comment',
    (pullRequest) => {
      const comment = pullRequest.addComment({ author: 'octocat', body: '/clone' })
      return issueCommentEvent(cloud.github, { pullRequest, comment })
    },
  ],
])('%s of a fork has everything', async (_name, make) => {
  const pull = aPull({ headRepository: 'fork', author: `stranger-${_name}` })
  const { token, ...others } = await seen({ event: make(pull), permissions: ALL })
  expect(others).toEqual({ secret: '[open]', variable: '[eu-west-1]', hasIdentity: true })
  expect(await access(token, pull.number)).toBe('write')
})

test.each([
  ['of Dependabot', { author: 'dependabot[bot]' }, { hasIdentity: true }, 'write'],
  ['of a fork', { headRepository: 'fork', author: 'dependabot[bot]' }, { hasIdentity: false }, 'read'],
] as const)(
  'where GitHub grants it, a pull request %s has what permissions say, and no secrets',
  async (_whose, options, identity, allowed) => {
    const { event, number } = from(aPull(options))
    const { token, ...others } = await seen({ event, permissions: ALL, dependabotIsGranted: true })
    expect(others).toEqual({ secret: '[]', variable: '[]', ...identity })
    expect(await access(token, number)).toBe(allowed)
  },
)

test('a push by Dependabot is restricted, a schedule is not', () => {
  const event = labeled(aPull())
  const actor = { login: 'dependabot[bot]', id: 1 }
  expect(restrictionOf({ ...event, name: 'push', payload: {}, actor })).toBe('dependabot')
  expect(restrictionOf({ ...event, name: 'schedule', payload: {}, actor })).toBeUndefined()
})

test('read only', () => {
  expect(readOnly({ contents: 'write', issues: 'read', checks: 'none', 'id-token': 'write' })).toEqual({
    contents: 'read',
    issues: 'read',
    checks: 'none',
    'id-token': 'none',
  })
})

test.each([
  [{ contents: 'read' }, { contents: 'write' }, 0],
  [{ contents: 'none' }, {}, 0],
  [{ contents: 'read' }, {}, 1],
  [{ contents: 'write', issues: 'write' }, { contents: 'read' }, 2],
] as const)('of %j more than %j allows: %d', (requested, allowed, count) => {
  expect(excessOf(requested, allowed)).toHaveLength(count)
})

function from(pull: ReturnType<typeof aPull>, sender?: string): { event: WorkflowEvent; number: number } {
  return { event: labeled(pull, sender), number: pull.number }
}
