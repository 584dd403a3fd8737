import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  issueCommentEvent,
  pullRequestEvent,
  pullRequestTargetEvent,
  pushEvent,
  scheduleEvent,
  workflowDispatchEvent,
} from '../../local/github/events.ts'
import { startGitHubServer, type GitHubServer } from '../../local/github/server.ts'
import type { Repository } from '../../local/github/state.ts'

const NOW = Date.UTC(2031, 4, 6, 7, 8, 9)
const time = { ms: NOW }
const clock = { now: () => time.ms }

let github: GitHubServer
let shop: Repository

beforeEach(async () => {
  time.ms = NOW
  github = await startGitHubServer({ clock })
  shop = github.repository({ owner: 'octo-org', name: 'shop', id: 7_001, private: true })
})

afterEach(async () => {
  await github.close()
})

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly json: Record<string, unknown>
  readonly list: readonly Record<string, unknown>[]
}

async function ask(
  path: string,
  options: {
    readonly token?: string
    readonly method?: string
    readonly body?: unknown
    readonly url?: string
    readonly redirect?: 'manual' | 'follow'
  } = {},
): Promise<Reply> {
  const response = await fetch(`${options.url ?? github.url}${path}`, {
    method: options.method ?? 'GET',
    redirect: options.redirect ?? 'follow',
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  })
  const text = await response.text()
  const body: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}
  return {
    status: response.status,
    headers: response.headers,
    json: body as Record<string, unknown>,
    list: body as readonly Record<string, unknown>[],
  }
}

function workflowToken(permissions = { 'pull-requests': 'write' } as const): string {
  return github.token({ login: 'github-actions[bot]', type: 'Bot', permissions })
}

describe('pull requests', () => {
  test('one pull request, as its state changes', async () => {
    const token = workflowToken()
    const pullRequest = shop.pullRequest({ number: 42, labels: ['clone-db'], author: 'mona', draft: true })

    const open = await ask('/repos/octo-org/shop/pulls/42', { token })
    expect(open.status).toBe(200)
    expect(open.json).toMatchObject({
      number: 42,
      state: 'open',
      merged: false,
      draft: true,
      user: { login: 'mona', type: 'User' },
      labels: [{ name: 'clone-db' }],
      head: { ref: 'change-42', sha: pullRequest.headSha, repo: { id: 7_001 } },
      base: { ref: 'main', repo: { id: 7_001, full_name: 'octo-org/shop', private: true } },
      created_at: '2031-05-06T07:08:09Z',
      closed_at: null,
    })

    time.ms += 60_000
    pullRequest.addLabel('urgent')
    pullRequest.removeLabel('clone-db')
    pullRequest.close({ merged: true })
    const merged = await ask('/repos/octo-org/shop/pulls/42', { token })
    expect(merged.json).toMatchObject({
      state: 'closed',
      merged: true,
      merged_at: '2031-05-06T07:09:09Z',
      labels: [{ name: 'urgent' }],
    })
    expect(() => {
      pullRequest.reopen()
    }).toThrow(/was merged/)
  })

  test('closing without a merge can be undone', async () => {
    const token = workflowToken()
    const pullRequest = shop.pullRequest({ number: 1 })
    pullRequest.close()
    expect((await ask('/repos/octo-org/shop/pulls/1', { token })).json).toMatchObject({
      state: 'closed',
      merged: false,
    })
    pullRequest.reopen()
    expect((await ask('/repos/octo-org/shop/pulls/1', { token })).json).toMatchObject({
      state: 'open',
      closed_at: null,
    })
  })

  test('the head may live in a fork, or nowhere any more', async () => {
    const token = workflowToken()
    const fork = shop.pullRequest({ number: 1, author: 'hubot', headRepository: 'fork' })
    shop.pullRequest({ number: 2, headRepository: null })
    const pull = '/repos/octo-org/shop/pulls'
    expect((await ask(`${pull}/1`, { token })).json['head']).toMatchObject({
      repo: { full_name: 'hubot/shop', fork: true },
    })
    expect((await ask(`${pull}/2`, { token })).json['head']).toMatchObject({ repo: null, user: null })
    fork.deleteHeadRepository()
    const head = { repo: null, user: { login: 'hubot' } }
    expect((await ask(`${pull}/1`, { token })).json['head']).toMatchObject(head)
    expect((await ask('/repos/hubot/shop/pulls', { token })).status).toBe(404)
  })

  test('the list filters by state, pages, and has no field `merged`', async () => {
    const token = workflowToken()
    for (const number of [1, 2, 3, 4]) shop.pullRequest({ number })
    shop.pullRequests[0]?.close()
    const pulls = '/repos/octo-org/shop/pulls'

    const open = await ask(`${pulls}?per_page=2`, { token })
    expect(open.list.map(({ number }) => number)).toEqual([4, 3])
    expect(open.list[0]).not.toHaveProperty('merged')
    expect(open.headers.get('link')).toMatch(/[?&]page=2>; rel="next".*[?&]page=2>; rel="last"/)
    expect((await ask(`${pulls}?state=closed`, { token })).list.map(({ number }) => number)).toEqual([1])
    expect((await ask(`${pulls}?state=all&head=octo-org:change-3`, { token })).list).toHaveLength(1)
  })

  test('what is not there is not found', async () => {
    const token = workflowToken()
    for (const path of ['/repos/octo-org/shop/pulls/9', '/repos/octo-org/nothing/pulls/1', '/nowhere']) {
      expect(await ask(path, { token })).toMatchObject({
        status: 404,
        json: { message: 'Not Found', status: '404' },
      })
    }
  })

  test('a renamed repository is found by its id and redirects from its old name', async () => {
    const token = workflowToken()
    shop.pullRequest({ number: 42 })
    shop.rename('store')
    const moved = await ask('/repos/octo-org/shop/pulls/42', { token, redirect: 'manual' })
    expect(moved.status).toBe(301)
    expect(moved.headers.get('location')).toBe(`${github.url}/repositories/7001/pulls/42`)
    const followed = await ask('/repos/octo-org/shop/pulls/42', { token })
    expect(followed.json).toMatchObject({ number: 42, base: { repo: { full_name: 'octo-org/store' } } })
  })
})

describe('labels of a pull request', () => {
  const labels = '/repos/octo-org/shop/issues/42/labels'

  beforeEach(() => {
    shop.pullRequest({ number: 42 })
  })

  test('are added and removed, whatever the case of their letters', async () => {
    const token = workflowToken()
    const added = await ask(labels, { token, method: 'POST', body: { labels: ['clone-db', 'docs'] } })
    expect(added).toMatchObject({ status: 200, json: [{ name: 'clone-db' }, { name: 'docs' }] })
    const removed = await ask(`${labels}/Clone-DB`, { token, method: 'DELETE' })
    expect(removed).toMatchObject({ status: 200, json: [{ name: 'docs' }] })
    expect(await ask(`${labels}/clone-db`, { token, method: 'DELETE' })).toMatchObject({ status: 404 })
  })

  test.each([{}, { labels: 'docs' }, { labels: [1] }])('%j is refused', async (body) => {
    expect(await ask(labels, { token: workflowToken(), method: 'POST', body })).toMatchObject({ status: 422 })
  })

  test('are not for a token that may only read', async () => {
    const token = github.token({
      login: 'github-actions[bot]',
      type: 'Bot',
      permissions: { 'pull-requests': 'read' },
    })
    expect(await ask(labels, { token, method: 'POST', body: { labels: ['docs'] } })).toMatchObject({
      status: 403,
    })
  })
})

describe('labels of a repository', () => {
  const labels = '/repos/octo-org/shop/labels'
  const namesOf = ({ list }: Reply) => list.map(({ name }) => name)

  test('all that it has, page by page, also those that no pull request has any more', async () => {
    const token = github.token({ login: 'x[bot]', type: 'Bot', permissions: { 'pull-requests': 'read' } })
    expect(await ask(labels, { token })).toMatchObject({ status: 200, json: [] })
    shop.pullRequest({ number: 42, labels: ['clone-db', 'docs', 'preview'] }).removeLabel('docs')
    const first = await ask(`${labels}?per_page=2`, { token })
    expect(namesOf(first)).toEqual(['clone-db', 'docs'])
    expect(first.headers.get('link')).toMatch(/\/repositories\/7001\/labels\?[^>]*page=2[^>]*>; rel="next"/)
    expect(namesOf(await ask(`${labels}?per_page=2&page=2`, { token }))).toEqual(['preview'])
    const blind = github.token({ login: 'y[bot]', type: 'Bot', permissions: {} })
    expect((await ask(labels, { token: blind })).status).toBe(403)
  })

  test('renamed: on every pull request that has it, in its place, and the old name is free', async () => {
    const token = workflowToken()
    const has = shop.pullRequest({ number: 42, labels: ['clone-db', 'docs'] })
    const hasNot = shop.pullRequest({ number: 43, labels: ['docs'] })
    shop.renameLabel('Clone-DB', 'Database')
    const of = async (number: number): Promise<unknown> =>
      (await ask(`/repos/octo-org/shop/pulls/${String(number)}`, { token })).json['labels']
    expect(await of(has.number)).toMatchObject([{ name: 'Database' }, { name: 'docs' }])
    expect(await of(hasNot.number)).toMatchObject([{ name: 'docs' }])
    expect(namesOf(await ask(labels, { token })).toSorted()).toEqual(['Database', 'docs'])
    has.removeLabel('database')
    expect(await of(has.number)).toMatchObject([{ name: 'docs' }])
    expect(() => {
      shop.renameLabel('clone-db', 'x')
    }).toThrow('there is no label clone-db')
  })
})

describe('permissions of people', () => {
  const permission = (login: string): string => `/repos/octo-org/shop/collaborators/${login}/permission`

  test.each([
    { role: 'admin', permission: 'admin', push: true, pull: true },
    { role: 'maintain', permission: 'write', push: true, pull: true },
    { role: 'write', permission: 'write', push: true, pull: true },
    { role: 'triage', permission: 'read', push: false, pull: true },
    { role: 'read', permission: 'read', push: false, pull: true },
    { role: 'none', permission: 'none', push: false, pull: false },
  ] as const)('$role', async ({ role, permission: expected, push, pull }) => {
    const token = workflowToken()
    const { id } = shop.collaborator('mona', role)
    expect(await ask(permission('Mona'), { token })).toMatchObject({
      status: 200,
      json: {
        permission: expected,
        role_name: role,
        user: {
          login: 'mona',
          id,
          role_name: role,
          permissions: { push, pull, admin: role === 'admin' },
        },
      },
    })
  })

  test('may be asked with any token that sees the repository', async () => {
    const token = github.token({ login: 'github-actions[bot]', type: 'Bot', permissions: {} })
    shop.collaborator('mona', 'write')
    expect(await ask(permission('mona'), { token })).toMatchObject({ json: { permission: 'write' } })
    expect((await ask(permission('mona'))).status).toBe(401)
    const stranger = github.token({ login: 'x[bot]', type: 'Bot', permissions: {}, repositories: ['o/r'] })
    expect((await ask(permission('mona'), { token: stranger })).status).toBe(404)
  })

  test('the owner is admin, the public may read, and others may not even see what is private', async () => {
    const token = workflowToken()
    const own = github.repository({ owner: 'mona', name: 'own', ownerType: 'User' })
    own.pullRequest({ number: 1, author: 'hubot', headRepository: 'fork' })
    const of = async (path: string): Promise<unknown> => (await ask(path, { token })).json['permission']
    expect(await of('/repos/mona/own/collaborators/mona/permission')).toBe('admin')
    expect(await of('/repos/mona/own/collaborators/hubot/permission')).toBe('read')
    expect(await of(permission('hubot'))).toBe('none')
    expect(() => own.collaborator('mona', 'read')).toThrow(/owns mona\/own/)
  })

  test.each(['nobody', 'octo-org'])('%s is not a user', async (login) => {
    expect(await ask(permission(login), { token: workflowToken() })).toMatchObject({
      status: 404,
      json: { message: `${login} is not a user` },
    })
  })
})

describe('comments', () => {
  const comments = '/repos/octo-org/shop/issues/42/comments'

  test('are created, read and updated in place', async () => {
    const token = workflowToken()
    const pullRequest = shop.pullRequest({ number: 42 })
    const created = await ask(comments, { token, method: 'POST', body: { body: 'ready' } })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({
      body: 'ready',
      user: { login: 'github-actions[bot]', type: 'Bot', id: 41898282 },
      performed_via_github_app: { slug: 'github-actions' },
      created_at: '2031-05-06T07:08:09Z',
    })
    const id = Number(created.json['id'])
    expect(created.json['html_url']).toBe(
      `${github.serverUrl}/octo-org/shop/pull/42#issuecomment-${String(id)}`,
    )

    time.ms += 5_000
    const path = `/repos/octo-org/shop/issues/comments/${String(id)}`
    const updated = await ask(path, { token, method: 'PATCH', body: { body: 'gone' } })
    expect(updated).toMatchObject({
      status: 200,
      json: { id, body: 'gone', updated_at: '2031-05-06T07:08:14Z' },
    })
    expect((await ask(path, { token })).json).toEqual(updated.json)
    expect(pullRequest.comments()).toMatchObject([{ id, body: 'gone' }])

    expect((await ask(path, { token, method: 'DELETE' })).status).toBe(204)
    expect(pullRequest.comments()).toEqual([])
    expect((await ask(path, { token, method: 'PATCH', body: { body: 'x' } })).status).toBe(404)
  })

  test('a person is not an app', async () => {
    const token = github.token({ login: 'mona', type: 'User', permissions: { issues: 'write' } })
    shop.pullRequest({ number: 42 })
    const created = await ask(comments, { token, method: 'POST', body: { body: 'hello' } })
    expect(created.json).toMatchObject({
      user: { login: 'mona', type: 'User' },
      performed_via_github_app: null,
    })
  })

  test('following the links visits each page once, at most 100 a page', async () => {
    const token = workflowToken()
    const pullRequest = shop.pullRequest({ number: 42 })
    for (let index = 0; index < 205; index += 1)
      pullRequest.addComment({ author: 'mona', body: String(index) })

    const first = await ask(`${comments}?per_page=500`, { token })
    expect(first.list).toHaveLength(100)
    expect(first.headers.get('link')).toMatch(/[?&]page=3>; rel="last"/)

    const last = await ask(`${comments}?per_page=100&page=3`, { token })
    expect(last.list).toHaveLength(5)
    expect(last.headers.get('link')).toMatch(/rel="prev"/)
    expect(last.headers.get('link')).not.toMatch(/rel="(?:next|last)"/)
    expect((await ask(`${comments}?per_page=5&page=42`, { token })).list).toHaveLength(0)

    const seen: unknown[] = []
    let next: string | undefined = `${github.url}${comments}?per_page=100`
    for (let page = 0; page < 10 && next !== undefined; page += 1) {
      const reply: Reply = await ask('', { token, url: next })
      seen.push(...reply.list.map(({ body }) => body))
      next = /<(?<url>[^>]+)>; rel="next"/.exec(reply.headers.get('link') ?? '')?.groups?.['url']
    }
    expect(seen).toEqual(Array.from({ length: 205 }, (_, index) => String(index)))
  })

  test('a body may have 65,536 characters and no more', async () => {
    const token = workflowToken()
    shop.pullRequest({ number: 42 })
    const longest = await ask(comments, { token, method: 'POST', body: { body: 'x'.repeat(65_536) } })
    expect(longest.status).toBe(201)
    const tooLong = await ask(comments, { token, method: 'POST', body: { body: 'x'.repeat(65_537) } })
    expect(tooLong).toMatchObject({
      status: 422,
      json: { errors: [{ message: 'Body is too long (maximum is 65536 characters)' }] },
    })
    expect((await ask(comments, { token, method: 'POST', body: { body: ' ' } })).status).toBe(422)
  })

  test.each([403, 423] as const)(
    'a locked conversation refuses with %p until it is unlocked',
    async (status) => {
      const token = workflowToken()
      const pullRequest = shop.pullRequest({ number: 42 })
      pullRequest.lockConversation({ status })
      const post = { token, method: 'POST', body: { body: 'x' } }
      expect(await ask(comments, post)).toMatchObject({
        status,
        json: { message: 'Unable to create comment because issue is locked.' },
      })
      pullRequest.unlockConversation()
      expect((await ask(comments, post)).status).toBe(201)
    },
  )
})

describe('tokens', () => {
  const pull = '/repos/octo-org/shop/pulls/42'
  const comments = '/repos/octo-org/shop/issues/42/comments'

  test('none or a wrong one is refused', async () => {
    expect(await ask(pull)).toMatchObject({ status: 401, json: { message: 'Bad credentials' } })
    expect(await ask(pull, { token: 'ghs_wrong' })).toMatchObject({ status: 401 })
    expect(github.requests[0]?.login).toBeUndefined()
  })

  test.each([
    { permissions: {}, read: 403, readComments: 403, write: 403 },
    { permissions: { 'pull-requests': 'read' }, read: 200, readComments: 200, write: 403 },
    { permissions: { 'pull-requests': 'write' }, read: 200, readComments: 200, write: 201 },
    { permissions: { issues: 'write' }, read: 403, readComments: 200, write: 201 },
    { permissions: { issues: 'read', 'pull-requests': 'none' }, read: 403, readComments: 200, write: 403 },
  ] as const)('in a private repository: $permissions', async ({ permissions, read, readComments, write }) => {
    const token = github.token({ login: 'github-actions[bot]', type: 'Bot', permissions })
    shop.pullRequest({ number: 42 })
    const post = { token, method: 'POST', body: { body: 'x' } }
    expect((await ask(pull, { token })).status).toBe(read)
    expect((await ask(comments, { token })).status).toBe(readComments)
    expect((await ask(comments, post)).status).toBe(write)
  })

  test('a public repository can be read without a permission, not written', async () => {
    const token = github.token({ login: 'github-actions[bot]', type: 'Bot', permissions: {} })
    github.repository({ owner: 'octo-org', name: 'open' }).pullRequest({ number: 1 })
    expect((await ask('/repos/octo-org/open/pulls/1', { token })).status).toBe(200)
    const refused = await ask('/repos/octo-org/open/issues/1/comments', {
      token,
      method: 'POST',
      body: { body: 'x' },
    })
    expect(refused).toMatchObject({
      status: 403,
      json: { message: 'Resource not accessible by integration' },
    })
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('issues=write; pull_requests=write')
  })

  test('a private repository out of reach does not exist', async () => {
    const permissions = { 'pull-requests': 'write' } as const
    const token = github.token({
      login: 'x[bot]',
      type: 'Bot',
      permissions,
      repositories: ['octo-org/other'],
    })
    shop.pullRequest({ number: 42 })
    expect((await ask(pull, { token })).status).toBe(404)

    github.repository({ owner: 'octo-org', name: 'open' }).pullRequest({ number: 1 })
    expect((await ask('/repos/octo-org/open/pulls/1', { token })).status).toBe(200)
    const post = { token, method: 'POST', body: { body: 'x' } }
    expect((await ask('/repos/octo-org/open/issues/1/comments', post)).status).toBe(403)
  })

  test('outlives the name of its repository', async () => {
    const permissions = { 'pull-requests': 'write' } as const
    const token = github.token({
      login: 'github-actions[bot]',
      type: 'Bot',
      permissions,
      repositories: ['octo-org/shop'],
    })
    shop.pullRequest({ number: 42 })
    shop.rename('store')
    expect((await ask('/repos/octo-org/store/pulls/42', { token })).status).toBe(200)
    shop.delete()
    expect((await ask('/repos/octo-org/store/pulls/42', { token })).status).toBe(404)
    expect(() => {
      shop.delete()
    }).toThrow(/deleted already/)
  })

  test('the hourly limit counts on the clock', async () => {
    shop.pullRequest({ number: 42 })
    const token = github.token({
      login: 'github-actions[bot]',
      type: 'Bot',
      permissions: { 'pull-requests': 'read' },
      rateLimit: 2,
    })
    const first = await ask(pull, { token })
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
    expect(first.headers.get('x-ratelimit-reset')).toBe(String((NOW + 3_600_000) / 1_000))
    expect(first.headers.get('x-github-request-id')).toMatch(/^[0-9A-F:CA]+$/)
    expect(first.headers.get('date')).toBe(new Date(NOW).toUTCString())
    await ask(pull, { token })
    const third = await ask(pull, { token })
    expect(third.status).toBe(403)
    expect(third.headers.get('x-ratelimit-remaining')).toBe('0')
    time.ms += 3_600_000
    expect((await ask(pull, { token })).status).toBe(200)
  })

  test('GraphQL tells a token who it is, where REST refuses', async () => {
    const token = workflowToken()
    const query = { query: 'query {\n  viewer { login }\n}' }
    const viewer = await ask('', { token, url: github.graphqlUrl, method: 'POST', body: query })
    expect(viewer.json).toEqual({ data: { viewer: { login: 'github-actions[bot]' } } })
    expect((await ask('/user', { token })).status).toBe(403)
    const other = await ask('', {
      token,
      url: github.graphqlUrl,
      method: 'POST',
      body: { query: '{ rateLimit }' },
    })
    expect(other.json).toHaveProperty('errors')
  })
})

test('an enterprise server has other base paths', async () => {
  const enterprise = await startGitHubServer({ clock, basePath: '/api/v3', serverUrl: 'https://ghe.example' })
  try {
    expect(enterprise.url).toMatch(/:\d+\/api\/v3$/)
    expect(enterprise.graphqlUrl).toMatch(/:\d+\/api\/graphql$/)
    enterprise.repository({ owner: 'o', name: 'r' }).pullRequest({ number: 1 })
    const token = enterprise.token({ login: 'app[bot]', type: 'Bot', permissions: {} })
    const found = await ask('/repos/o/r/pulls/1', { token, url: enterprise.url })
    expect(found).toMatchObject({ status: 200, json: { html_url: 'https://ghe.example/o/r/pull/1' } })
    const elsewhere = await ask('/repos/o/r/pulls/1', { token, url: enterprise.url.replace('/api/v3', '') })
    expect(elsewhere.status).toBe(404)
    const body = { query: '{viewer{login}}' }
    const viewer = await ask('', { token, url: enterprise.graphqlUrl, method: 'POST', body })
    expect(viewer.json).toEqual({ data: { viewer: { login: 'app[bot]' } } })
    expect(enterprise.requests.map(({ path }) => path)).toEqual([
      '/repos/o/r/pulls/1',
      '/repos/o/r/pulls/1',
      '/graphql',
    ])
  } finally {
    await enterprise.close()
  }
})

describe('faults', () => {
  const pull = '/repos/octo-org/shop/pulls/42'
  const comments = '/repos/octo-org/shop/issues/42/comments'

  test('hit what they match, as often as asked, and leave a record', async () => {
    const token = workflowToken()
    shop.pullRequest({ number: 42 })
    const fault = github.faults.add({ path: /\/pulls\/\d+$/, status: 502, times: 2 })
    expect((await ask(comments, { token })).status).toBe(200)
    expect((await ask(pull, { token })).status).toBe(502)
    expect((await ask(pull, { token })).headers.get('content-type')).toMatch(/html/)
    expect((await ask(pull, { token })).status).toBe(200)
    expect(fault.hits).toBe(2)
    expect(github.requests.map(({ status }) => status)).toEqual([200, 502, 502, 200])
  })

  test('carry headers and a body, and can be taken back', async () => {
    const token = workflowToken()
    shop.pullRequest({ number: 42 })
    const fault = github.faults.add({
      status: 403,
      headers: { 'retry-after': '60' },
      body: { message: 'slow down' },
    })
    const limited = await ask(pull, { token })
    expect(limited).toMatchObject({ status: 403, json: { message: 'slow down' } })
    expect(limited.headers.get('retry-after')).toBe('60')
    fault.remove()
    expect((await ask(pull, { token })).status).toBe(200)
  })

  test('a dropped connection changes nothing, a lost answer does', async () => {
    const token = workflowToken()
    const pullRequest = shop.pullRequest({ number: 42 })
    const post = { token, method: 'POST', body: { body: 'x' } }
    github.faults.add({ method: 'post', status: 'drop', times: 1 })
    await expect(ask(comments, post)).rejects.toThrow()
    expect(pullRequest.comments()).toHaveLength(0)
    github.faults.add({ method: 'POST', status: 'drop', applied: true, times: 1 })
    await expect(ask(comments, post)).rejects.toThrow()
    expect(pullRequest.comments()).toHaveLength(1)
    github.faults.add({ method: 'POST', status: 500, applied: true, times: 1 })
    expect((await ask(comments, post)).status).toBe(500)
    expect(pullRequest.comments()).toHaveLength(2)
  })
})

test('hooks change the world before a request is handled, or just before its answer leaves', async () => {
  const token = workflowToken()
  const pullRequest = shop.pullRequest({ number: 42 })
  github.hooks.beforeHandling = () => {
    pullRequest.addLabel('seen')
  }
  github.hooks.beforeAnswer = ({ status }) => {
    if (status === 200) pullRequest.close()
  }
  const reply = await ask('/repos/octo-org/shop/pulls/42', { token })
  expect(reply.json).toMatchObject({ state: 'open', labels: [{ name: 'seen' }] })
  expect(pullRequest.state).toBe('closed')
})

test('requests are recorded with who asked what', async () => {
  const token = workflowToken()
  shop.pullRequest({ number: 42 })
  await ask('/repos/octo-org/shop/issues/42/comments?x=1', { token, method: 'POST', body: { body: 'hi' } })
  expect(github.requests).toMatchObject([
    {
      at: NOW,
      method: 'POST',
      path: '/repos/octo-org/shop/issues/42/comments',
      query: { x: '1' },
      login: 'github-actions[bot]',
      status: 201,
      body: { body: 'hi' },
    },
  ])
  github.clearRequests()
  expect(github.requests).toHaveLength(0)
})

describe('events', () => {
  test('labeled carries the label, the pull request as it is, repository and sender', () => {
    const pullRequest = shop.pullRequest({ number: 42, author: 'mona' })
    pullRequest.addLabel('clone-db')
    const event = pullRequestEvent(github, {
      pullRequest,
      action: 'labeled',
      label: 'clone-db',
      sender: 'hubot',
    })
    expect(event).toMatchObject({
      name: 'pull_request',
      ref: 'refs/pull/42/merge',
      headRef: 'change-42',
      baseRef: 'main',
      actor: { login: 'hubot' },
      repository: { fullName: 'octo-org/shop', id: 7_001, owner: { login: 'octo-org' } },
      payload: {
        action: 'labeled',
        number: 42,
        label: { name: 'clone-db' },
        pull_request: { number: 42, user: { login: 'mona' }, labels: [{ name: 'clone-db' }], merged: false },
        repository: { id: 7_001, full_name: 'octo-org/shop', private: true, visibility: 'private' },
        organization: { login: 'octo-org' },
        sender: { login: 'hubot' },
      },
    })
  })

  test('the ref of a merged close is the base branch', () => {
    const pullRequest = shop.pullRequest({ number: 42 })
    pullRequest.close()
    expect(pullRequestEvent(github, { pullRequest, action: 'closed' }).ref).toBe('refs/pull/42/merge')
    pullRequest.reopen()
    pullRequest.close({ merged: true })
    const closed = pullRequestEvent(github, { pullRequest, action: 'closed' })
    expect(closed).toMatchObject({ ref: 'refs/heads/main', payload: { pull_request: { merged: true } } })
    expect(closed.payload).not.toHaveProperty('label')
  })

  test('synchronize has both commits', () => {
    const pullRequest = shop.pullRequest({ number: 42 })
    const push = pullRequest.push()
    const event = pullRequestEvent(github, { pullRequest, action: 'synchronize', ...push })
    expect(push.before).not.toBe(push.after)
    expect(event.payload).toMatchObject({ ...push, pull_request: { head: { sha: push.after } } })
  })

  test('pull_request_target runs on the default branch', () => {
    const pullRequest = shop.pullRequest({ number: 42, headRepository: 'fork', baseRef: 'next' })
    const event = pullRequestTargetEvent(github, { pullRequest, action: 'opened' })
    expect(event).toMatchObject({ name: 'pull_request_target', ref: 'refs/heads/main', baseRef: 'next' })
  })

  test('issue_comment is about an issue that is a pull request', () => {
    const pullRequest = shop.pullRequest({ number: 42 })
    const comment = pullRequest.addComment({ author: 'mona', body: '/clone' })
    const event = issueCommentEvent(github, { pullRequest, comment })
    expect(event).toMatchObject({
      ref: 'refs/heads/main',
      actor: { login: 'mona' },
      payload: {
        action: 'created',
        issue: { number: 42, pull_request: { url: `${github.url}/repos/octo-org/shop/pulls/42` } },
        comment: { body: '/clone', id: comment.id },
      },
    })
    expect(event.payload).not.toHaveProperty('pull_request')
  })

  test('dispatch, schedule and push know no pull request', () => {
    const dispatch = workflowDispatchEvent(github, { repository: shop, inputs: { 'pr-number': '42' } })
    const schedule = scheduleEvent(github, { repository: shop, cron: '5 3 * * *' })
    const push = pushEvent(github, { repository: shop })
    expect(dispatch.payload).toMatchObject({ inputs: { 'pr-number': '42' }, sender: { login: 'octocat' } })
    expect(schedule.payload).toMatchObject({ schedule: '5 3 * * *', repository: { id: 7_001 } })
    expect(schedule.payload).not.toHaveProperty('sender')
    expect(push.payload).toMatchObject({ ref: 'refs/heads/main', after: push.sha })
    for (const event of [dispatch, schedule, push]) {
      expect(event.payload).not.toHaveProperty('pull_request')
      expect(event).toMatchObject({ ref: 'refs/heads/main', headRef: '', baseRef: '' })
    }
  })
})
