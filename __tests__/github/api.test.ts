import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { installTimers } from '../../local/time/virtual-timers.ts'
import { connectGitHub } from '../../src/github/api.ts'
import { readGitHubContext } from '../../src/github/context.ts'

interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Called instead of answering: the request is left open. */
  readonly hang?: (response: ServerResponse) => void
}

/** GitHub on this machine: answers in the order they were given, and keeps the requests. */
let server: Server
let base: string
let answers: Answer[] = []
let requests: {
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}[] = []

/** The pauses between tries take no time. */
let clock: SimulatedClock
let restoreTimers: () => void

beforeEach(async () => {
  clock = new SimulatedClock()
  restoreTimers = installTimers(clock.timers)
  requests = []
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      requests.push({
        line: `${request.method ?? ''} ${request.url ?? ''}`,
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      })
      const { status = 200, body = {}, headers = {}, hang } = answers.shift() ?? { status: 500 }
      if (hang !== undefined) {
        hang(response)
        return
      }
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  restoreTimers()
  await clock.close()
})

/** An enterprise server: REST and GraphQL under paths of their own. */
function connect() {
  const context = readGitHubContext(
    {
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_REPOSITORY_ID: '4711',
      GITHUB_SERVER_URL: base,
      GITHUB_API_URL: `${base}/api/v3`,
      GITHUB_GRAPHQL_URL: `${base}/api/graphql`,
    },
    undefined,
  )
  return connectGitHub(context, 'ghs_token')
}

/** As much of GitHub's answers as is read. */
const pull = (number: number) => ({
  number,
  state: 'open',
  labels: [{ name: 'clone-db' }],
  head: { sha: '1a2b3c4d'.repeat(5), repo: { id: 4711 } },
  base: { repo: { id: 4711 } },
})
const comment = (id: number) => ({
  id,
  body: 'x',
  html_url: `https://github.com/${id}`,
  user: { login: 'mona' },
})

const lines = () => requests.map(({ line }) => line)

test('the pull request, with the token', async () => {
  answers = [{ body: pull(42) }]
  expect(await connect().pullRequest(42)).toEqual(pull(42))
  expect(lines()).toEqual(['GET /api/v3/repos/acme/shop/pulls/42'])
  expect(requests[0]?.headers).toMatchObject({
    authorization: 'token ghs_token',
    'user-agent': expect.stringContaining('aurora-clone-action'),
  })
})

test.each([
  ['2026-11-21T10:00:00Z', true],
  // A tag would not know these again, so the clone would be reset each time.
  ['2026-11-21T10:00:00.123Z', false],
  ['2026-11-21T10:00:00+00:00', false],
])('when a label was put on: %s is an answer: %s', async (createdAt, isAnswer) => {
  const nodes = [{ createdAt, label: { name: 'fresh-data' } }]
  answers = [{ body: { data: { repository: { pullRequest: { timelineItems: { nodes } } } } } }]
  const asked = connect().labelings(42)
  await (isAnswer ? expect(asked).resolves.toEqual(nodes) : expect(asked).rejects.toThrow('did not answer'))
})

describe('whose token it is', () => {
  test('asked under the address that the runner gives', async () => {
    answers = [{ body: { data: { viewer: { login: 'github-actions[bot]' } } } }]
    expect(await connect().viewerLogin()).toBe('github-actions[bot]')
    expect(lines()).toEqual(['POST /api/graphql'])
    expect(requests[0]?.body).toEqual({ query: '{ viewer { login } }' })
  })

  test('asked once, however many comments it is for', async () => {
    answers = [{ body: { data: { viewer: { login: 'github-actions[bot]' } } } }]
    const github = connect()
    const logins = await Promise.all([github.viewerLogin(), github.viewerLogin()])
    expect([...logins, await github.viewerLogin()]).toEqual(Array(3).fill('github-actions[bot]'))
    expect(requests).toHaveLength(1)
  })

  test('asked again after it was not told', async () => {
    answers = [{ status: 403 }, { body: { data: { viewer: { login: 'github-actions[bot]' } } } }]
    const github = connect()
    await expect(github.viewerLogin()).rejects.toMatchObject({ status: 403 })
    expect(await github.viewerLogin()).toBe('github-actions[bot]')
  })

  test.each([{}, { data: null }, { data: { viewer: { login: 7 } } }, { errors: [{ message: 'no' }] }])(
    'not told: %j',
    async (body) => {
      answers = [{ body }]
      await expect(connect().viewerLogin()).rejects.toThrow('GitHub did not say whose token this is')
    },
  )
})

test('comments, page by page', async () => {
  answers = [
    {
      body: [comment(1)],
      headers: {
        link: `<${base}/api/v3/repositories/4711/issues/42/comments?per_page=100&page=2>; rel="next"`,
      },
    },
    { body: [comment(2)] },
  ]
  const pages: unknown[] = []
  for await (const page of connect().comments(42)) pages.push(page)
  expect(pages).toEqual([[comment(1)], [comment(2)]])
  expect(lines()).toEqual([
    'GET /api/v3/repos/acme/shop/issues/42/comments?per_page=100',
    'GET /api/v3/repositories/4711/issues/42/comments?per_page=100&page=2',
  ])
})

test('open pull requests, page by page', async () => {
  const next = `<${base}/api/v3/repositories/4711/pulls?state=open&per_page=100&page=2>; rel="next"`
  answers = [{ body: [pull(42)], headers: { link: next } }, { body: [pull(43)] }]
  const pages: unknown[] = []
  for await (const page of connect().openPullRequests()) pages.push(page)
  expect(pages).toEqual([[pull(42)], [pull(43)]])
  expect(lines()).toEqual([
    'GET /api/v3/repos/acme/shop/pulls?per_page=100&state=open',
    'GET /api/v3/repositories/4711/pulls?state=open&per_page=100&page=2',
  ])
})

test('labels of the repository, page by page', async () => {
  const next = `<${base}/api/v3/repositories/4711/labels?per_page=100&page=2>; rel="next"`
  answers = [{ body: [{ name: 'clone-db' }], headers: { link: next } }, { body: [{ name: 'docs' }] }]
  const pages: unknown[] = []
  for await (const page of connect().labels()) pages.push(page)
  expect(pages).toEqual([[{ name: 'clone-db' }], [{ name: 'docs' }]])
  expect(lines()).toEqual([
    'GET /api/v3/repos/acme/shop/labels?per_page=100',
    'GET /api/v3/repositories/4711/labels?per_page=100&page=2',
  ])
})

const HASH = '1a2b3c4d'.repeat(5)
const branch = { commit: { sha: HASH, commit: { tree: { sha: HASH } } } }
const tree = { tree: [{ path: 'db', mode: '040000', sha: HASH }], truncated: false }

test('the repository, its branch, folders and files', async () => {
  const content = Buffer.from([0xff, 0x00, 0x0a])
  answers = [
    { body: { id: 4711, default_branch: 'release/1.0' } },
    { body: branch },
    { body: tree },
    { body: tree },
    { body: { content: `${content.toString('base64')}\n`, encoding: 'base64' } },
  ]
  const github = connect()
  expect(await github.repository()).toEqual({ id: 4711, default_branch: 'release/1.0' })
  expect(await github.branch('release/1.0')).toEqual(branch)
  expect(await github.tree(HASH, { deep: true })).toEqual(tree)
  expect(await github.tree(HASH, { deep: false })).toEqual(tree)
  expect(await github.blob(HASH)).toEqual(content)
  expect(lines()).toEqual([
    'GET /api/v3/repos/acme/shop',
    'GET /api/v3/repos/acme/shop/branches/release%2F1.0',
    `GET /api/v3/repos/acme/shop/git/trees/${HASH}?recursive=1`,
    `GET /api/v3/repos/acme/shop/git/trees/${HASH}`,
    `GET /api/v3/repos/acme/shop/git/blobs/${HASH}`,
  ])
})

test('a comment is written and rewritten', async () => {
  answers = [{ status: 201, body: comment(7) }, { body: comment(7) }, { status: 204 }]
  const github = connect()
  await github.createComment(42, 'creating')
  await github.updateComment(7, 'ready')
  await github.deleteComment(7)
  expect(requests.map(({ line, body }) => [line, body])).toEqual([
    ['POST /api/v3/repos/acme/shop/issues/42/comments', { body: 'creating' }],
    ['PATCH /api/v3/repos/acme/shop/issues/comments/7', { body: 'ready' }],
    ['DELETE /api/v3/repos/acme/shop/issues/comments/7', undefined],
  ])
})

describe('what does not have the shape is no answer', () => {
  const NO_ANSWER = 'GitHub did not answer the question'
  test.each<[string, object]>([
    ['nothing', {}],
    ['a list', []],
    ['no labels', { ...pull(42), labels: null }],
    ['labels without names', { ...pull(42), labels: [{}] }],
    ['no repository', { ...pull(42), base: {} }],
    ['no state', { ...pull(42), state: null }],
  ])('a pull request: %s', async (_, body) => {
    answers = [{ body }]
    await expect(connect().pullRequest(42)).rejects.toThrow(NO_ANSWER)
    answers = [{ body: [body] }]
    await expect(all(connect().openPullRequests())).rejects.toThrow(NO_ANSWER)
  })

  test.each([{}, { name: 1 }, null])('a label: %j', async (label) => {
    answers = [{ body: [label] }]
    await expect(all(connect().labels())).rejects.toThrow(NO_ANSWER)
  })

  test.each<[what: string, ask: (github: ReturnType<typeof connect>) => Promise<unknown>, body: unknown]>([
    ['a repository without an id', (github) => github.repository(), { default_branch: 'main' }],
    ['a repository without a branch', (github) => github.repository(), { id: 4711, default_branch: null }],
    ['a branch without a commit', (github) => github.branch('main'), { commit: null }],
    ['a commit without a tree', (github) => github.branch('main'), { commit: { sha: HASH } }],
    ['a commit by name', (github) => github.branch('main'), { commit: { ...branch.commit, sha: 'main' } }],
    ['a tree without entries', (github) => github.tree(HASH, { deep: true }), { truncated: false }],
    ['a tree that may be cut', (github) => github.tree(HASH, { deep: true }), { tree: [] }],
    [
      'an entry without a hash',
      (github) => github.tree(HASH, { deep: true }),
      { tree: [{ path: 'a', mode: '100644' }], truncated: false },
    ],
    [
      'an entry with a size in words',
      (github) => github.tree(HASH, { deep: true }),
      { tree: [{ path: 'a', mode: '100644', sha: HASH, size: '1' }], truncated: false },
    ],
    ['a file in another encoding', (github) => github.blob(HASH), { content: 'a', encoding: 'none' }],
    ['a file without content', (github) => github.blob(HASH), { encoding: 'base64' }],
  ])('%s', async (_, ask, body) => {
    answers = [{ body }]
    await expect(ask(connect())).rejects.toThrow(NO_ANSWER)
  })

  test.each([{}, { ...comment(7), id: '7' }, { id: 7 }])('a comment: %j', async (body) => {
    answers = [{ body: [body] }]
    await expect(all(connect().comments(42))).rejects.toThrow(NO_ANSWER)
    answers = [{ status: 201, body }]
    await expect(connect().createComment(42, 'x')).rejects.toThrow(NO_ANSWER)
  })
})

describe('GitHub is out of order for a moment', () => {
  test('a look is made again', async () => {
    answers = [{ status: 502 }, { body: pull(42) }]
    expect(await connect().pullRequest(42)).toEqual(pull(42))
    expect(requests).toHaveLength(2)
  })

  test('a comment is not: one whose answer was lost would be written twice', async () => {
    answers = [{ status: 502 }, { status: 201, body: comment(7) }]
    await expect(connect().createComment(42, 'x')).rejects.toMatchObject({ status: 502 })
    expect(requests).toHaveLength(1)
  })
})

test.each([400, 401, 403, 404, 410, 422, 451])('%i is final', async (status) => {
  answers = [{ status }, { body: {} }]
  await expect(connect().pullRequest(42)).rejects.toMatchObject({ status })
  expect(requests).toHaveLength(1)
})

describe('a rate limit', () => {
  test.each<[string, number, Readonly<Record<string, string>>, number]>([
    ['a secondary one', 429, { 'retry-after': '2' }, 2_000],
    ['one without a time', 429, {}, 60_000],
    [
      'one that is used up',
      403,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Date.parse('2026-11-21T10:00:30Z') / 1_000),
        date: 'Sat, 21 Nov 2026 10:00:00 GMT',
      },
      30_000,
    ],
  ])('%s that ends within a minute is waited out', async (_, status, headers, waitMs) => {
    answers = [{ status, headers }, { body: pull(42) }]
    const beganMs = clock.now()
    expect(await connect().pullRequest(42)).toEqual(pull(42))
    expect(clock.now() - beganMs).toBeGreaterThanOrEqual(waitMs)
  })

  test('a comment that it refused is written afterwards', async () => {
    answers = [
      { status: 403, headers: { 'retry-after': '1' } },
      { status: 201, body: comment(7) },
    ]
    expect(await connect().createComment(42, 'x')).toEqual(comment(7))
  })

  test('once: the next one is final', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '1' } }, { status: 429 }, { body: {} }]
    await expect(connect().pullRequest(42)).rejects.toMatchObject({ status: 429 })
    expect(requests).toHaveLength(2)
  })

  test('one that takes longer is final', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '61' } }, { body: {} }]
    await expect(connect().pullRequest(42)).rejects.toMatchObject({ status: 429 })
    expect(requests).toHaveLength(1)
  })
})

test('an outage of a minute is waited out, a longer one is not', async () => {
  answers = [...Array<Answer>(7).fill({ status: 503 }), { body: pull(42) }]
  const beganMs = clock.now()
  expect(await connect().pullRequest(42)).toEqual(pull(42))
  expect(clock.now() - beganMs).toBeGreaterThan(60_000)
  answers = [...Array<Answer>(8).fill({ status: 503 }), { body: {} }]
  await expect(connect().pullRequest(42)).rejects.toMatchObject({ status: 503 })
})

/** Half of an answer, and then the connection is gone. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('[{"id": 1}, ')
  setTimeout(() => {
    response.destroy()
  }, 20)
}

function page(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' })
  response.end('<html>Please log in</html>')
}

async function all<Page>(pages: AsyncIterable<Page>): Promise<readonly Page[]> {
  const list: Page[] = []
  for await (const one of pages) list.push(one)
  return list
}

describe('an answer that says nothing is no empty list', () => {
  test.each([
    ['breaks off', breakOff],
    ['is a page of a proxy', page],
  ])('one that %s is asked for again', async (_, hang) => {
    answers = [{ hang }, { body: [comment(1)] }]
    expect(await all(connect().comments(42))).toEqual([[comment(1)]])
    expect(requests).toHaveLength(2)
  })

  test.each([
    ['labels', () => all(connect().labels())],
    ['whose token it is', () => connect().viewerLogin()],
  ])('one that breaks off each time is an error: %s', async (_, ask) => {
    answers = Array<Answer>(8).fill({ hang: breakOff })
    await expect(ask()).rejects.toThrow('its answer broke off, or was no JSON')
    expect(requests).toHaveLength(8)
  })

  test('a comment whose answer breaks off is not written twice', async () => {
    answers = [{ hang: breakOff }, { status: 201, body: comment(7) }]
    await expect(connect().createComment(42, 'x')).rejects.toThrow('broke off')
    expect(requests).toHaveLength(1)
  })

  test.each<[string, Answer, string]>([
    ['no list', { body: { message: 'hello' } }, 'GitHub did not answer with a list'],
    ['a conflict', { status: 409, body: { message: 'Conflict' } }, 'GitHub answered 409: Conflict'],
  ])('%s', async (_, answer, message) => {
    answers = [answer]
    await expect(all(connect().labels())).rejects.toThrow(message)
    expect(requests).toHaveLength(1)
  })
})

describe('each try has a time limit of its own', () => {
  let limits: { readonly ms: number; readonly controller: AbortController }[] = []

  beforeEach(() => {
    limits = []
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const controller = new AbortController()
      limits.push({ ms, controller })
      return controller.signal
    })
  })

  afterEach(() => {
    jest.restoreAllMocks()
  })

  /** What `AbortSignal.timeout` does when the time is over. */
  function timeIsOver(index: number): void {
    limits[index]?.controller.abort(
      new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
    )
  }

  const tenSeconds = () => limits.map(({ ms }) => ms)

  test('the time of the first try is over: the second has all of its own', async () => {
    answers = [
      {
        hang: () => {
          timeIsOver(0)
        },
      },
      { body: pull(42) },
    ]
    expect(await connect().pullRequest(42)).toEqual(pull(42))
    expect(tenSeconds()).toEqual([10_000, 10_000])
    expect(limits.map(({ controller }) => controller.signal.aborted)).toEqual([true, false])
  })

  test.each([
    ['stalls', 0],
    ['drips', 5],
  ])('it holds against an answer that begins and then %s', async (_, everyMs) => {
    const closed = Promise.withResolvers<undefined>()
    const hang = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('[')
      const drops = everyMs === 0 ? undefined : setInterval(() => response.write(' '), everyMs)
      response.once('close', () => {
        clearInterval(drops)
        closed.resolve(undefined)
      })
      setTimeout(() => {
        timeIsOver(0)
      }, 50)
    }
    answers = [{ hang }, { body: [comment(1)] }]
    expect(await all(connect().comments(42))).toEqual([[comment(1)]])
    await closed.promise
    expect(tenSeconds()).toEqual([10_000, 10_000])
  })

  test('it runs out between two tries: the second is made all the same', async () => {
    const hang = (response: ServerResponse): void => {
      response.writeHead(502).end()
      setTimeout(timeIsOver, 100, 0)
    }
    answers = [{ hang }, { body: pull(42) }]
    expect(await connect().pullRequest(42)).toEqual(pull(42))
    expect(limits[0]?.controller.signal.aborted).toBe(true)
    expect(tenSeconds()).toEqual([10_000, 10_000])
  })

  test('a comment that nobody confirmed is not written twice', async () => {
    answers = [
      {
        hang: () => {
          timeIsOver(0)
        },
      },
      { status: 201, body: comment(7) },
    ]
    await expect(connect().createComment(42, 'x')).rejects.toMatchObject({ status: 500 })
    expect(requests).toHaveLength(1)
  })

  test('every page, every write and the question whose token it is', async () => {
    const next = `<${base}/api/v3/repositories/4711/issues/42/comments?per_page=100&page=2>; rel="next"`
    answers = [
      { body: [comment(1)], headers: { link: next } },
      { body: [comment(2)] },
      { status: 201, body: comment(7) },
      { body: comment(7) },
      { body: { data: { viewer: { login: 'x' } } } },
    ]
    const github = connect()
    const pages: unknown[] = []
    for await (const page of github.comments(42)) pages.push(page)
    expect(pages).toHaveLength(2)
    expect(tenSeconds()).toEqual([10_000, 10_000])
    await github.createComment(42, 'x')
    await github.updateComment(7, 'y')
    await github.viewerLogin()
    expect(tenSeconds()).toEqual([10_000, 10_000, 10_000, 10_000, 10_000])
  })

  test('the time of a later page can be over too', async () => {
    const next = `<${base}/api/v3/repositories/4711/issues/42/comments?per_page=100&page=2>; rel="next"`
    const hang = (): void => {
      timeIsOver(1)
    }
    answers = [{ body: [comment(1)], headers: { link: next } }, { hang }, { body: [comment(2)] }]
    const pages: unknown[] = []
    for await (const page of connect().comments(42)) pages.push(page)
    expect(pages).toEqual([[comment(1)], [comment(2)]])
    expect(tenSeconds()).toEqual([10_000, 10_000, 10_000])
  })
})
