import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Failure } from '../src/failure.ts'
import { parsePattern } from '../src/file-patterns.ts'
import type { SelectedFiles } from '../src/file-selection.ts'
import { readWorkspaceFiles } from '../src/workspace-files.ts'

let outside: string
let root: string

beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'workspace-')))
  root = join(outside, 'shop')
  mkdirSync(root)
})

afterEach(() => {
  rmSync(outside, { recursive: true })
})

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

async function read(...texts: readonly string[]): Promise<SelectedFiles<'sql'>> {
  return await readFrom(root, ...texts)
}

async function readFrom(
  place: string | undefined,
  ...texts: readonly string[]
): Promise<SelectedFiles<'sql'>> {
  const sql = texts.map((text) => {
    const pattern = parsePattern(text)
    if (typeof pattern === 'string') throw new Error(pattern)
    return pattern
  })
  return await readWorkspaceFiles(place, { patterns: { sql }, signal: new AbortController().signal })
}

async function failureOf(selected: Promise<unknown>): Promise<Failure> {
  const error: unknown = await selected.catch((reason: unknown) => reason)
  if (error instanceof Failure) return error
  throw new Error('nothing was refused')
}

const names = ({ files }: SelectedFiles<'sql'>): readonly string[] => files.sql.map(({ name }) => name)

test('files with their bytes, in the order of their names', async () => {
  const content = Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00])
  write({ 'db/b.sql': 'b', 'db/a.sql': content, 'db/.c.sql': 'c', 'db/deep/d.sql': 'd', 'x.txt': 'x' })
  const selected = await read('db/*.sql')
  expect(selected.where).toBe('the workspace')
  expect(names(selected)).toEqual(['db/.c.sql', 'db/a.sql', 'db/b.sql'])
  expect(selected.files.sql[1]?.content).toEqual(content)
  expect(names(await read('**/*.sql'))).toEqual(['db/.c.sql', 'db/a.sql', 'db/b.sql', 'db/deep/d.sql'])
})

test('the workspace itself may be a link', async () => {
  write({ 'a.sql': 'a' })
  symlinkSync(root, join(outside, 'linked'))
  expect(names(await readFrom(join(outside, 'linked'), '*.sql'))).toEqual(['a.sql'])
})

test('what belongs to git, or to a repository in the repository, is no file', async () => {
  write({ 'a.sql': 'a', '.git/config': 'secret', 'vendor/.git': 'gitdir: ../x', 'vendor/b.sql': 'b' })
  expect(names(await read('**'))).toEqual(['a.sql'])
  expect((await failureOf(read('.git/config'))).what).toContain('matches no file of the workspace')
  expect((await failureOf(read('vendor/b.sql'))).what).toContain(
    '"vendor" of the workspace, which is a submodule',
  )
})

describe('links are refused, inside and out', () => {
  beforeEach(() => {
    write({ 'db/a.sql': 'a' })
    mkdirSync(join(outside, 'other'))
    writeFileSync(join(outside, 'other/a.sql'), 'outside')
    symlinkSync('a.sql', join(root, 'db/inside.sql'))
    symlinkSync('../other', join(root, 'out'))
    symlinkSync('../other/a.sql', join(root, 'out.sql'))
  })

  test.each([
    ['db/inside.sql', '"db/inside.sql" of the workspace, which is a symbolic link'],
    ['db/*', '"db/inside.sql" of the workspace, which is a symbolic link'],
    ['out.sql', '"out.sql" of the workspace, which is a symbolic link'],
    ['out/a.sql', '"out" of the workspace, which is a symbolic link'],
    ['{db,out}/a.sql', '"out" of the workspace, which is a symbolic link'],
  ])('%s', async (text, what) => {
    expect(await failureOf(read(text))).toMatchObject({
      title: 'File not usable',
      what: expect.stringContaining(what),
    })
  })

  test('a glob that goes through folders follows none', async () => {
    expect(names(await read('**/a.sql', '*/a.sql'))).toEqual(['db/a.sql'])
  })
})

test('a pipe is no file', async () => {
  execFileSync('mkfifo', [join(root, 'pipe.sql')])
  expect((await failureOf(read('*.sql'))).what).toContain('neither a file nor a folder')
})

test('a pointer of Git LFS is no content', async () => {
  write({ 'a.sql': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' })
  expect((await failureOf(read('a.sql'))).what).toContain('pointer of Git LFS')
})

describe('without a check-out', () => {
  test.each<[what: string, place: () => string | undefined, said: string]>([
    ['no variable', () => undefined, 'GITHUB_WORKSPACE is not set'],
    ['an empty variable', () => '', 'GITHUB_WORKSPACE is not set'],
    ['an empty folder', () => root, 'The workspace is empty'],
    ['no folder', () => join(root, 'gone'), 'ENOENT: no such file or directory'],
  ])('%s', async (_, place, said) => {
    expect(await failureOf(readFrom(place(), 'a.sql'))).toMatchObject({
      title: 'Repository cannot be read',
      what: expect.stringContaining(said),
      remedy: 'Run actions/checkout before this step, and give the job `permissions: contents: read`.',
    })
  })

  test('something else stands there', async () => {
    write({ 'build.log': '' })
    expect(await failureOf(read('db/a.sql'))).toMatchObject({
      title: 'File not usable',
      what: 'Input sql: "db/a.sql" matches no file of the workspace.',
      remedy: expect.stringContaining('actions/checkout'),
    })
  })
})
