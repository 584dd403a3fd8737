import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startGitHubServer, type GitHubServer } from '../../local/github/server.ts'
import type { Repository } from '../../local/github/state.ts'

const REPO = '/repos/octo-org/shop'
let github: GitHubServer
let shop: Repository
let token: string

beforeEach(async () => {
  github = await startGitHubServer({ clock: { now: () => Date.UTC(2031, 4, 6) } })
  shop = github.repository({ owner: 'octo-org', name: 'shop', id: 7_001, private: true })
  token = tokenWith({ contents: 'read' })
})

afterEach(async () => {
  await github.close()
})

function tokenWith(permissions: Parameters<GitHubServer['token']>[0]['permissions']): string {
  return github.token({ login: 'github-actions[bot]', type: 'Bot', permissions })
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function ask(path: string, authorization = token): Promise<Answer> {
  const response = await fetch(`${github.url}${path}`, {
    headers: { authorization: `Bearer ${authorization}` },
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

interface Tree {
  readonly sha: string
  readonly truncated: boolean
  readonly tree: readonly {
    readonly path: string
    readonly mode: string
    readonly type: string
    readonly sha: string
    readonly size?: number
  }[]
}

async function treeOf(branch: string, query = '?recursive=1'): Promise<Tree> {
  const { body } = await ask(`${REPO}/branches/${encodeURIComponent(branch)}`)
  const { commit } = body['commit'] as { readonly commit: { readonly tree: { readonly sha: string } } }
  return (await ask(`${REPO}/git/trees/${commit.tree.sha}${query}`)).body as unknown as Tree
}

const paths = ({ tree }: Tree): readonly string[] => tree.map(({ path }) => path)

/** The tree that git itself makes of them. */
function gitTree(
  files: Readonly<Record<string, string>>,
  link: readonly [path: string, target: string],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'git-tree-'))
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()
    git('init', '--quiet', '--object-format=sha1')
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    symlinkSync(link[1], join(folder, link[0]))
    git('-c', 'core.autocrlf=false', 'add', '--all')
    return git('write-tree')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the repository, with its default branch', async () => {
  expect(await ask(REPO)).toMatchObject({
    status: 200,
    body: { id: 7_001, full_name: 'octo-org/shop', default_branch: 'main' },
  })
  shop.rename('store')
  expect((await ask(REPO)).body).toMatchObject({ id: 7_001, full_name: 'octo-org/store' })
})

test('each branch has the files that were pushed to it', async () => {
  shop.push('main', { 'db/a.sql': 'of main' })
  const pull = shop.pullRequest({ number: 42, headRef: 'change/42' })
  expect(paths(await treeOf('change/42'))).toEqual(['db', 'db/a.sql'])
  pull.push({ 'db/a.sql': 'changed', 'db/b.sql': 'new' })
  expect(paths(await treeOf('change/42'))).toEqual(['db', 'db/a.sql', 'db/b.sql'])
  expect(paths(await treeOf('main'))).toEqual(['db', 'db/a.sql'])

  const { body } = await ask(`${REPO}/branches/change%2F42`)
  expect(body).toMatchObject({ name: 'change/42', commit: { sha: pull.headSha } })
  const [text] = (await treeOf('main')).tree.filter(({ type }) => type === 'blob')
  const blob = await ask(`${REPO}/git/blobs/${text?.sha ?? ''}`)
  expect(blob.body).toMatchObject({ size: 7, encoding: 'base64', sha: text?.sha })
  expect(Buffer.from(String(blob.body['content']), 'base64').toString()).toBe('of main')
})

test('a push without files keeps them', async () => {
  shop.push('main', { a: '1' })
  const before = await treeOf('main')
  shop.push('main')
  expect(await treeOf('main')).toEqual(before)
})

test('a branch that is gone is not found', async () => {
  shop.pullRequest({ number: 42 }).deleteHeadBranch()
  expect(await ask(`${REPO}/branches/change-42`)).toMatchObject({
    status: 404,
    body: { message: 'Branch not found' },
  })
})

test('trees have the hashes of git', async () => {
  const files = { 'a/x.sql': 'x', 'a.sql': 'é\n', 'a-b': '', 'b/c/d': 'deep' }
  shop.push('main', { ...files, link: { mode: '120000', content: 'a/x.sql' } })
  expect((await treeOf('main')).sha).toBe(gitTree(files, ['link', 'a/x.sql']))
})

test('entries say what they are', async () => {
  const commit = 'c'.repeat(40)
  shop.push('main', {
    'run.sh': { mode: '100755', content: 'true' },
    link: { mode: '120000', content: 'run.sh' },
    vendor: { mode: '160000', commit },
    'db/a.sql': Buffer.from([0xff, 0x00]),
  })
  const { tree } = await treeOf('main')
  expect(tree.map(({ path, mode, type, size }) => [path, mode, type, size])).toEqual([
    ['db', '040000', 'tree', undefined],
    ['db/a.sql', '100644', 'blob', 2],
    ['link', '120000', 'blob', 6],
    ['run.sh', '100755', 'blob', 4],
    ['vendor', '160000', 'commit', undefined],
  ])
  expect(tree.at(-1)?.sha).toBe(commit)
  expect(paths(await treeOf('main', ''))).toEqual(['db', 'link', 'run.sh', 'vendor'])
})

test('a tree with more entries than the limit is cut, and says so', async () => {
  shop.push('main', { 'a/1': '', 'a/2': '', b: '' })
  expect(await treeOf('main')).toMatchObject({ truncated: false })
  shop.treeLimit = 2
  const cut = await treeOf('main')
  expect({ paths: paths(cut), truncated: cut.truncated }).toEqual({ paths: ['a', 'a/1'], truncated: true })
})

test.each([`${REPO}/git/trees/${'a'.repeat(40)}`, `${REPO}/git/blobs/${'a'.repeat(40)}`])(
  '%s is not found',
  async (path) => {
    expect((await ask(path)).status).toBe(404)
  },
)

describe('the permission contents: read', () => {
  test.each<[permissions: Parameters<typeof tokenWith>[0], status: number]>([
    [{}, 403],
    [{ 'pull-requests': 'write' }, 403],
    [{ contents: 'read' }, 200],
    [{ contents: 'write' }, 200],
  ])('in a private repository %j: %i', async (permissions, status) => {
    const own = tokenWith(permissions)
    expect((await ask(`${REPO}/branches/main`, own)).status).toBe(status)
    const { sha } = await treeOf('main')
    expect((await ask(`${REPO}/git/trees/${sha}`, own)).status).toBe(status)
    // Every token may read what a repository is.
    expect((await ask(REPO, own)).status).toBe(200)
  })

  test('a public repository needs none', async () => {
    github.repository({ owner: 'octo-org', name: 'open' })
    expect((await ask('/repos/octo-org/open/branches/main', tokenWith({}))).status).toBe(200)
  })
})
