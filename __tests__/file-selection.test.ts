import { describe, expect, test } from '@jest/globals'
import { Failure } from '../src/failure.ts'
import { type FilePattern, parsePattern } from '../src/file-patterns.ts'
import { type Entry, type FileTree, LIMITS, selectFiles } from '../src/file-selection.ts'

interface NoFile {
  readonly kind: Exclude<Entry['kind'], 'file' | 'folder'>
}

/** Files by path: their text, or what stands there instead. */
type Files = Readonly<Record<string, string | Buffer | Error | NoFile>>

const LINK: NoFile = { kind: 'link' }
const SUBMODULE: NoFile = { kind: 'submodule' }
const PIPE: NoFile = { kind: 'other' }

class FakeTree implements FileTree<Entry> {
  readonly where = 'main at 1a2b3c4'
  readonly remedy = 'Correct it.'
  readonly calls: string[] = []
  readonly #files: Files

  constructor(files: Files) {
    this.#files = files
  }

  async children(folder: string): Promise<readonly Entry[]> {
    this.calls.push(`children ${folder}`)
    const head = folder === '' ? '' : `${folder}/`
    const entries = new Map<string, Entry>()
    for (const [path, what] of Object.entries(this.#files)) {
      if (!path.startsWith(head)) continue
      const [name = '', ...rest] = path.slice(head.length).split('/')
      const noFile = typeof what === 'object' && 'kind' in what ? what.kind : undefined
      const kind = rest.length > 0 ? 'folder' : (noFile ?? 'file')
      const size = typeof what === 'string' || what instanceof Buffer ? what.length : 1
      entries.set(name, { path: `${head}${name}`, kind, size })
    }
    return await Promise.resolve([...entries.values()])
  }

  async read({ path }: Entry): Promise<Buffer> {
    this.calls.push(`read ${path}`)
    const what = this.#files[path]
    if (what instanceof Error) throw what
    if (typeof what === 'string' || what instanceof Buffer) return await Promise.resolve(Buffer.from(what))
    throw new Error(`${path} is no file`)
  }
}

function patterns(...texts: readonly string[]): readonly FilePattern[] {
  return texts.map((text) => {
    const pattern = parsePattern(text)
    if (typeof pattern === 'string') throw new Error(pattern)
    return pattern
  })
}

const signal = new AbortController().signal

async function namesOf(files: Files, ...texts: readonly string[]): Promise<readonly string[]> {
  const selected = await selectFiles(new FakeTree(files), { patterns: { sql: patterns(...texts) }, signal })
  return selected.files.sql.map(({ name }) => name)
}

async function failureOf(files: Files, ...texts: readonly string[]): Promise<Failure> {
  const error: unknown = await namesOf(files, ...texts).then(
    (names) => new Error(`gave ${names.join(', ')}`),
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw error
}

const SHOP = {
  'README.md': '# Shop',
  'db/b.sql': 'b',
  'db/a.sql': 'a',
  'db/Z.sql': 'Z',
  'db/é.sql': 'é',
  'db/deep/c.sql': 'c',
  'db/deep/d.txt': 'd',
  'other/db/a.sql': 'other',
}

test('each input gets its files with their content, and where they stand', async () => {
  const tree = new FakeTree(SHOP)
  const selected = await selectFiles(tree, {
    patterns: {
      'sanitize-sql': patterns('db/b.sql', 'db/deep/*'),
      'verify-sql': patterns('**/b.sql'),
      'column-decisions': [],
    },
    signal,
  })
  expect(selected.where).toBe('main at 1a2b3c4')
  const text = (files: readonly { readonly name: string; readonly content: Buffer }[]) =>
    files.map(({ name, content }) => [name, content.toString()])
  expect(text(selected.files['sanitize-sql'])).toEqual([
    ['db/b.sql', 'b'],
    ['db/deep/c.sql', 'c'],
    ['db/deep/d.txt', 'd'],
  ])
  expect(text(selected.files['verify-sql'])).toEqual([['db/b.sql', 'b']])
  expect(selected.files['column-decisions']).toEqual([])
  expect(tree.calls.filter((call) => call === 'read db/b.sql')).toHaveLength(1)
  expect(tree.calls.filter((call) => call === 'children db')).toHaveLength(1)
})

test.each<[texts: readonly string[], names: readonly string[]]>([
  [['db/*.sql'], ['db/Z.sql', 'db/a.sql', 'db/b.sql', 'db/é.sql']],
  [
    ['db/deep/c.sql', 'db/b.sql', 'db/*.sql'],
    ['db/Z.sql', 'db/a.sql', 'db/b.sql', 'db/deep/c.sql', 'db/é.sql'],
  ],
  [['db/**'], ['db/Z.sql', 'db/a.sql', 'db/b.sql', 'db/deep/c.sql', 'db/deep/d.txt', 'db/é.sql']],
  [['**/a.sql'], ['db/a.sql', 'other/db/a.sql']],
  [
    ['*/{a,b}.sql', '{db,other/db}/a.sql'],
    ['db/a.sql', 'db/b.sql', 'other/db/a.sql'],
  ],
  [['*'], ['README.md']],
])('%j gives, in the order of bytes, %j', async (texts, names) => {
  expect(await namesOf(SHOP, ...texts)).toEqual(names)
})

test('only folders are read where a file can be', async () => {
  const tree = new FakeTree(SHOP)
  await selectFiles(tree, { patterns: { sql: patterns('db/a.sql', 'db/*.sql') }, signal })
  expect(tree.calls.filter((call) => call.startsWith('children'))).toEqual(['children ', 'children db'])
})

describe('a pattern without a file', () => {
  test.each(['db/x.sql', 'db/*.yml', 'x/**', 'db/a.sql/b', 'db/dee*', '**/deep/*.yml'])(
    '%s',
    async (text) => {
      expect(await failureOf(SHOP, 'db/a.sql', text)).toMatchObject({
        title: 'File not usable',
        what: `Input sql: "${text}" matches no file of main at 1a2b3c4.`,
        remedy: 'Correct it.',
      })
    },
  )

  test('is quoted as text from outside', async () => {
    expect((await failureOf(SHOP, 'password=hunter2')).what).toContain('"password=***"')
  })
})

describe('what is no file', () => {
  const files = {
    'db/a.sql': 'a',
    'db/link.sql': LINK,
    'db/pipe': PIPE,
    'db/deep/c.sql': 'c',
    linked: LINK,
    vendor: SUBMODULE,
  }

  test.each([
    ['db', '"db" of main at 1a2b3c4, which is a folder.', 'folder/*.sql'],
    ['db/deep', '"db/deep" of main at 1a2b3c4, which is a folder.', 'folder/*.sql'],
    ['db/link.sql', '"db/link.sql" of main at 1a2b3c4, which is a symbolic link.', 'not followed'],
    ['db/*.sql', '"db/link.sql" of main at 1a2b3c4, which is a symbolic link.', 'not followed'],
    ['linked/a.sql', '"linked" of main at 1a2b3c4, which is a symbolic link.', 'not followed'],
    ['linked/**', '"linked" of main at 1a2b3c4, which is a symbolic link.', 'not followed'],
    ['{db,linked}/a.sql', '"linked" of main at 1a2b3c4, which is a symbolic link.', 'not followed'],
    ['vendor', '"vendor" of main at 1a2b3c4, which is a submodule.', 'repository of the workflow'],
    ['vendor/*.sql', '"vendor" of main at 1a2b3c4, which is a submodule.', 'repository of the workflow'],
    ['db/p*', '"db/pipe" of main at 1a2b3c4, which is neither a file nor a folder.', 'Correct the pattern'],
  ])('%s is refused', async (text, what, remedy) => {
    const failure = await failureOf(files, text)
    expect(failure.what).toBe(`Input sql: "${text}" leads to ${what}`)
    expect(failure.remedy).toContain(remedy)
  })

  test('a glob passes over folders and submodules', async () => {
    expect(await namesOf({ ...files, 'x.sql': 'x', linked: 'x' }, '*')).toEqual(['linked', 'x.sql'])
    expect(await namesOf(files, '**/c.sql', 'd*/*/*')).toEqual(['db/deep/c.sql'])
  })
})

describe('what is too much', () => {
  test.each<[what: string, files: Files, said: string]>([
    [
      'a file',
      { a: Buffer.alloc(LIMITS.fileBytes + 1) },
      'The file "a" has 4194305 bytes, and at most 4194304 are read.',
    ],
    [
      'all together',
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, Buffer.alloc(LIMITS.fileBytes)])),
      'The patterns match files of 37748736 bytes, and at most 33554432 are read.',
    ],
    [
      'files',
      Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, 'x'])),
      'The patterns match 201 files, and at most 200 are read.',
    ],
  ])('%s', async (_, files, said) => {
    const tree = new FakeTree(files)
    await expect(selectFiles(tree, { patterns: { sql: patterns('*') }, signal })).rejects.toMatchObject({
      what: said,
    })
    expect(tree.calls.filter((call) => call.startsWith('read'))).toEqual([])
  })

  test('a file that grew since its folder was read', async () => {
    const tree = new FakeTree({ a: 'x' })
    tree.read = () => Promise.resolve(Buffer.alloc(LIMITS.fileBytes + 1))
    await expect(selectFiles(tree, { patterns: { sql: patterns('a') }, signal })).rejects.toThrow(
      '4194305 bytes',
    )
  })

  test('the largest file is read', async () => {
    expect(await namesOf({ a: Buffer.alloc(LIMITS.fileBytes) }, 'a')).toEqual(['a'])
  })
})

test('a pointer of Git LFS is no content', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'
  expect(await failureOf({ 'db/a.sql': pointer }, 'db/*')).toMatchObject({
    title: 'File not usable',
    what: 'The file "db/a.sql" is a pointer of Git LFS, not the file itself.',
  })
})

test('after a file that cannot be read, nothing more is begun', async () => {
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x']))
  const tree = new FakeTree({ ...files, a: new Error('gone') })
  await expect(selectFiles(tree, { patterns: { sql: patterns('*') }, signal })).rejects.toThrow('gone')
  expect(tree.calls.filter((call) => call.startsWith('read')).length).toBeLessThanOrEqual(4)
})

test('a cancelled run reads nothing more', async () => {
  const cancelled = new AbortController()
  const tree = new FakeTree(SHOP)
  const children = tree.children.bind(tree)
  tree.children = async (folder) => {
    if (folder === 'db') cancelled.abort()
    return await children(folder)
  }
  const request = { patterns: { sql: patterns('db/*.sql') }, signal: cancelled.signal }
  await expect(selectFiles(tree, request)).rejects.toMatchObject({ title: 'Cancelled' })
  await expect(selectFiles(tree, request)).rejects.toMatchObject({ title: 'Cancelled' })
  expect(tree.calls).toEqual(['children ', 'children db'])
})
