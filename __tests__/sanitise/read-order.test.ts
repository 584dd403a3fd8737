import { describe, expect, test } from '@jest/globals'
import type { FilePattern } from '../../src/file-patterns.ts'
import { Failure } from '../../src/failure.ts'
import type { SanitisingOrder } from '../../src/sanitise/order.ts'
import { type SanitisingInputs, readSanitisingOrder } from '../../src/sanitise/read-order.ts'

type Files = Readonly<Record<string, string>>

function order(
  files: Files,
  inputs: Partial<SanitisingInputs> = {},
  engine = 'aurora-mysql',
): Promise<SanitisingOrder> {
  const patternsOf = (name: string): readonly FilePattern[] =>
    files[name] === undefined ? [] : [{ text: name, alternatives: [] }]
  const asked = {
    files: {
      'sanitize-sql': patternsOf('sanitize.sql'),
      'verify-sql': patternsOf('verify.sql'),
      'column-decisions': patternsOf('columns.txt'),
    },
    disablesLogins: true,
    isBySteps: false,
    keepLogins: [],
    database: undefined,
    ...inputs,
  }
  const contentOf = (patterns: readonly FilePattern[]) =>
    patterns.map(({ text: name }) => ({ name, content: Buffer.from(files[name] ?? '') }))
  return readSanitisingOrder(asked, engine, (patterns) =>
    Promise.resolve({
      where: 'main at 1a2b3c4',
      files: {
        'sanitize-sql': contentOf(patterns['sanitize-sql']),
        'verify-sql': contentOf(patterns['verify-sql']),
        'column-decisions': contentOf(patterns['column-decisions']),
      },
    }),
  )
}

async function problemsOf(files: Files, engine?: string): Promise<string> {
  const error = await order(files, {}, engine).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  return (error as Failure).what
}

test('statements, checks and decisions, each from its files', async () => {
  const made = await order({
    'sanitize.sql': 'UPDATE users SET email = NULL;\nSELECT 1;',
    'verify.sql': 'SELECT * FROM users WHERE email IS NOT NULL',
    'columns.txt': 'shop.users.email: masked',
  })
  expect(made.sanitises).toBe(true)
  expect(made.statements.map(({ text, alone }) => [text, alone])).toEqual([
    ['UPDATE users SET email = NULL', false],
    // Its rows would be an answer of the procedure that runs it.
    ['SELECT 1', true],
  ])
  expect(made.checks).toHaveLength(1)
  expect([...(made.decisions?.keys() ?? [])]).toEqual(['shop.users.email'])
})

test('without files, only logins are asked for', async () => {
  expect(await order({})).toMatchObject({
    sanitises: false,
    statements: [],
    checks: [],
    decisions: undefined,
  })
})

describe('the digest', () => {
  test.each<[string, Files, Partial<SanitisingInputs>]>([
    ['another text', { 'sanitize.sql': 'SELECT 2' }, {}],
    ['the same text in another place', { 'verify.sql': 'SELECT 1' }, {}],
    ['another database', { 'sanitize.sql': 'SELECT 1' }, { database: 'shop' }],
    ['logins that stay', { 'sanitize.sql': 'SELECT 1' }, { disablesLogins: false }],
    ['a login that stays', { 'sanitize.sql': 'SELECT 1' }, { keepLogins: ['app'] }],
  ])('%s gives another one', async (_, files, inputs) => {
    const first = await order({ 'sanitize.sql': 'SELECT 1' })
    expect((await order({ 'sanitize.sql': 'SELECT 1' })).digest).toBe(first.digest)
    expect((await order(files, inputs)).digest).not.toBe(first.digest)
  })
})

describe('refused before anything is created', () => {
  test.each<[string, Files, string]>([
    [
      'a setting',
      { 'sanitize.sql': 'SET FOREIGN_KEY_CHECKS = 0' },
      'sanitize.sql:1: each statement has a session of its own',
    ],
    [
      'a temporary table',
      { 'sanitize.sql': '\nCREATE TEMPORARY TABLE x (id INT)' },
      'sanitize.sql:2: each statement has a session',
    ],
    ['a lock', { 'sanitize.sql': '-- why\nLOCK TABLES x WRITE' }, 'each statement has a session of its own'],
    [
      'a check that is no query',
      { 'verify.sql': 'DELETE FROM users' },
      'verify.sql:1: a statement of verify-sql must be a query',
    ],
    ['a wrong line', { 'columns.txt': 'users.email: masked' }, 'columns.txt:1: expected a line'],
    ['half a string', { 'sanitize.sql': "UPDATE x SET y = 'z" }, 'sanitize.sql:1:18: '],
  ])('%s', async (_, files, says) => {
    expect(await problemsOf(files)).toContain(says)
  })

  test('all problems of all files at once', async () => {
    const what = await problemsOf({
      'sanitize.sql': 'SET @x = 1',
      'verify.sql': 'DELETE FROM users',
      'columns.txt': 'x',
    })
    for (const file of ['sanitize.sql:1', 'verify.sql:1', 'columns.txt:1']) expect(what).toContain(file)
  })

  test('a syntax error of PostgreSQL, with line and column', async () => {
    expect(await problemsOf({ 'sanitize.sql': 'SELECT 1;\nUPDAT users' }, 'aurora-postgresql')).toContain(
      'sanitize.sql:2:1: ',
    )
  })
})

test.each([
  'SET GLOBAL max_connections = 10',
  "SET PASSWORD FOR app = 'x'",
  'CREATE TABLE temporary_files (id INT)',
])('%s lasts, so it may stay', async (sql) => {
  expect((await order({ 'sanitize.sql': sql })).statements).toHaveLength(1)
})
