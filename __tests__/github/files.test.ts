import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startGitHubServer, type GitHubServer } from '../../local/github/server.ts'
import type { Repository } from '../../local/github/state.ts'
import { Failure } from '../../src/failure.ts'
import { type FilePattern, parsePattern } from '../../src/file-patterns.ts'
import type { SelectedFiles } from '../../src/file-selection.ts'
import { type GitHubApi, connectGitHub } from '../../src/github/api.ts'
import { readGitHubContext } from '../../src/github/context.ts'
import { MAX_FOLDERS, readRepositoryFiles } from '../../src/github/files.ts'
import { FakeGitHub, httpError } from './fake-api.ts'

const { repository } = readGitHubContext(
  { GITHUB_REPOSITORY: 'acme/shop', GITHUB_REPOSITORY_ID: '4711' },
  undefined,
)
const { signal } = new AbortController()

function patterns(...texts: readonly string[]): readonly FilePattern[] {
  return texts.map((text) => {
    const pattern = parsePattern(text)
    if (typeof pattern === 'string') throw new Error(pattern)
    return pattern
  })
}

async function read(api: GitHubApi, ...texts: readonly string[]): Promise<SelectedFiles<'sql'>> {
  return await readRepositoryFiles(api, repository, { patterns: { sql: patterns(...texts) }, signal })
}

function textOf({ files }: SelectedFiles<'sql'>): Readonly<Record<string, string>> {
  return Object.fromEntries(files.sql.map(({ name, content }) => [name, content.toString()]))
}

async function failureOf(api: GitHubApi, ...texts: readonly string[]): Promise<Failure> {
  const error: unknown = await read(api, ...texts).catch((reason: unknown) => reason)
  if (error instanceof Failure) return error
  throw new Error('nothing was refused')
}

const SHOP = { 'db/a.sql': 'a', 'db/b.sql': 'b', 'db/deep/c.sql': 'c', 'README.md': '# Shop' }

let github: FakeGitHub

beforeEach(() => {
  github = new FakeGitHub()
  github.pushFiles(SHOP)
})

test('files of the default branch, by one listing of one commit', async () => {
  github.repositoryAnswer = { id: 4711, default_branch: 'trunk' }
  const selected = await read(github, 'db/*.sql')
  expect(selected.where).toBe('trunk at 1a2b3c4')
  expect(textOf(selected)).toEqual({ 'db/a.sql': 'a', 'db/b.sql': 'b' })
  expect(github.calls.map((call) => call.replace(/ [0-9a-f]{40}/, ''))).toEqual([
    'repository',
    'branch trunk',
    'tree deep',
    'blob',
    'blob',
  ])
})

test('bytes stay what they are', async () => {
  const content = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00, 0x0d, 0x0a])
  github.pushFiles({ 'a.sql': content, 'empty.sql': '' })
  const { files } = await read(github, '*.sql')
  expect(files.sql).toEqual([
    { name: 'a.sql', content },
    { name: 'empty.sql', content: Buffer.alloc(0) },
  ])
})

test.each([
  [
    'db/x.sql',
    'Input sql: "db/x.sql" matches no file of main at 1a2b3c4.',
    'merge the file into the default branch',
  ],
  ['db', 'which is a folder', 'folder/**'],
  ['db/link.sql', 'which is a symbolic link', 'not followed'],
  ['db/l*', 'which is a symbolic link', 'not followed'],
  ['vendor/a.sql', '"vendor" of main at 1a2b3c4, which is a submodule', 'repository of the workflow'],
  ['odd', 'neither a file nor a folder', 'Correct the pattern'],
  ['lfs.sql', 'pointer of Git LFS', 'git itself'],
])('%s is refused', async (text, what, remedy) => {
  github.pushFiles({
    ...SHOP,
    'db/120000 link.sql': 'a.sql',
    '160000 vendor': '',
    '777777 odd': '',
    '100755 lfs.sql': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  })
  expect(await failureOf(github, text)).toMatchObject({
    title: 'File not usable',
    what: expect.stringContaining(what),
    remedy: expect.stringContaining(remedy),
  })
})

describe('a repository with more files than one answer has', () => {
  const cut = (key: string): void => {
    const tree = github.trees.get(key)
    if (tree === undefined) throw new Error(`there is no tree ${key}`)
    github.trees.set(key, { tree: tree.tree.slice(0, 1), truncated: true })
  }
  const root = (): string => github.head.commit.commit.tree.sha

  test.each([
    ['db/deep/c.sql', { 'db/deep/c.sql': 'c' }, 4],
    ['db/*.sql', { 'db/a.sql': 'a', 'db/b.sql': 'b' }, 3],
    ['db/**', { 'db/a.sql': 'a', 'db/b.sql': 'b', 'db/deep/c.sql': 'c' }, 4],
  ])('%s is looked for folder by folder', async (text, files, trees) => {
    cut(`${root()} deep`)
    expect(textOf(await read(github, text))).toEqual(files)
    expect(github.calls.filter((call) => call.startsWith('tree'))).toHaveLength(trees)
  })

  test('a folder with more files than one answer has', async () => {
    cut(`${root()} deep`)
    cut(root())
    expect(await failureOf(github, 'db/a.sql')).toMatchObject({
      title: 'Repository cannot be read',
      what: 'main at 1a2b3c4 has more files than one answer of GitHub, and so has the folder "".',
    })
  })

  test('patterns that look into too many folders', async () => {
    const names = Array.from({ length: MAX_FOLDERS }, (_, index) => [`d${index}/a.sql`, ''])
    github.pushFiles(Object.fromEntries(names) as Record<string, string>)
    cut(`${root()} deep`)
    expect(await failureOf(github, '**/x.sql')).toMatchObject({
      title: 'Repository cannot be read',
      what: expect.stringContaining('look into more than 100 folders'),
      remedy: expect.stringContaining('Begin the patterns with the folder'),
    })
    expect(github.calls.filter((call) => call.startsWith('tree'))).toHaveLength(1 + MAX_FOLDERS)
  })
})

describe('GitHub gives no files', () => {
  const PERMISSION = expect.stringContaining('permissions: contents: read')
  const AGAIN = expect.stringContaining('Run the job again')
  const rateLimit = Object.assign(new Error('API rate limit exceeded'), {
    status: 403,
    response: { headers: { 'x-ratelimit-remaining': '0' } },
  })

  test.each<[call: string, error: Error, what: string, remedy: unknown]>([
    ['repository', httpError(404), 'The repository could not be read (GitHub answered 404', PERMISSION],
    ['branch', httpError(403), 'The repository could not be read (GitHub answered 403', PERMISSION],
    ['branch', httpError(401), 'The repository could not be read (GitHub answered 401', PERMISSION],
    ['branch', rateLimit, "The repository could not be read (GitHub's rate limit", AGAIN],
    [
      'tree',
      httpError(502),
      'The list of files of main at 1a2b3c4 could not be read (GitHub answered 502',
      AGAIN,
    ],
    ['blob', httpError(503), 'The file "db/a.sql" of main at 1a2b3c4 could not be read', AGAIN],
    [
      'branch',
      Object.assign(new Error('the organization has an IP allow list enabled'), {
        status: 403,
        response: {},
      }),
      'IP allow list',
      expect.stringContaining('Add the address of this runner'),
    ],
  ])('%s: %s', async (call, error, what, remedy) => {
    github.faults.set(call, error)
    expect(await failureOf(github, 'db/a.sql')).toMatchObject({
      title: 'Repository cannot be read',
      what: expect.stringContaining(what),
      remedy,
    })
  })

  test('another repository took its name', async () => {
    github.repositoryAnswer = { id: 4712, default_branch: 'main' }
    expect((await failureOf(github, 'db/a.sql')).what).toContain('about another repository')
    expect(github.calls).toEqual(['repository'])
  })

  test('content that has not the hash that was asked for', async () => {
    for (const sha of github.blobs.keys()) github.blobs.set(sha, Buffer.from('drop table orders'))
    expect(await failureOf(github, 'db/a.sql')).toMatchObject({
      title: 'Repository cannot be read',
      what: expect.stringContaining('GitHub answered with other content'),
    })
  })
})

test('a cancelled run asks nothing more', async () => {
  const cancelled = AbortSignal.abort()
  const request = { patterns: { sql: patterns('db/a.sql') }, signal: cancelled }
  await expect(readRepositoryFiles(github, repository, request)).rejects.toMatchObject({ title: 'Cancelled' })
  expect(github.calls).toEqual([])
})

describe('with the real client', () => {
  let server: GitHubServer
  let shop: Repository

  beforeEach(async () => {
    server = await startGitHubServer({ clock: { now: () => Date.UTC(2031, 4, 6) }, basePath: '/api/v3' })
    shop = server.repository({
      owner: 'acme',
      name: 'shop',
      id: 4711,
      private: true,
      defaultBranch: 'release/1.0',
    })
    shop.push('release/1.0', { ...SHOP, 'db/é #1.sql': Buffer.from([0xff, 0x00, 0x0a]) })
  })

  afterEach(async () => {
    await server.close()
  })

  function connect(permissions: Parameters<GitHubServer['token']>[0]['permissions']): GitHubApi {
    const context = readGitHubContext(
      { GITHUB_REPOSITORY: 'acme/shop', GITHUB_REPOSITORY_ID: '4711', GITHUB_API_URL: server.url },
      undefined,
    )
    return connectGitHub(context, server.token({ login: 'github-actions[bot]', type: 'Bot', permissions }))
  }

  test('the pull request does not choose the files', async () => {
    const pull = shop.pullRequest({ number: 42 })
    pull.push({ 'db/a.sql': 'drop table orders', 'db/evil.sql': 'x' })
    const selected = await read(connect({ contents: 'read' }), 'db/*.sql')
    expect(selected.where).toBe(`release/1.0 at ${shop.head('release/1.0').slice(0, 7)}`)
    expect(textOf(selected)).toMatchObject({ 'db/a.sql': 'a', 'db/b.sql': 'b' })
    expect(selected.files.sql.at(-1)).toEqual({
      name: 'db/é #1.sql',
      content: Buffer.from([0xff, 0x00, 0x0a]),
    })
    expect(selected.files.sql).toHaveLength(3)
  })

  test('a push in between mixes nothing', async () => {
    server.hooks.beforeHandling = ({ path }) => {
      if (path.includes('/git/blobs/')) shop.push('release/1.0', { 'db/a.sql': 'new', 'db/b.sql': 'new' })
    }
    expect(textOf(await read(connect({ contents: 'read' }), 'db/[ab].sql'))).toEqual({
      'db/a.sql': 'a',
      'db/b.sql': 'b',
    })
  })

  test('a cut listing', async () => {
    shop.treeLimit = 4
    expect(textOf(await read(connect({ contents: 'read' }), 'db/deep/*'))).toEqual({ 'db/deep/c.sql': 'c' })
    expect(server.requests.map(({ path, query }) => [path.split('/')[5], query['recursive']])).toEqual([
      [undefined, undefined],
      ['release%2F1.0', undefined],
      ['trees', '1'],
      ['trees', undefined],
      ['trees', undefined],
      ['trees', undefined],
      ['blobs', undefined],
    ])
  })

  test('an outage of a moment is waited out', async () => {
    server.faults.add({ path: /git\/blobs/, status: 502, times: 1 })
    expect(textOf(await read(connect({ contents: 'read' }), 'db/a.sql'))).toEqual({ 'db/a.sql': 'a' })
  })

  test('without contents: read', async () => {
    expect(await failureOf(connect({ 'pull-requests': 'write' }), 'db/a.sql')).toMatchObject({
      title: 'Repository cannot be read',
      what: 'The repository could not be read (GitHub answered 403: Resource not accessible by integration - https://docs.github.com/rest).',
      remedy: expect.stringContaining('`permissions: contents: read`'),
    })
  })
})
