import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { splitPostgresql } from '../../../src/sanitise/split/postgresql.ts'
import type { SqlProblem, SqlStatement } from '../../../src/sanitise/split/statement.ts'
import { ALONE, POSTGRESQL, TOGETHER } from './cases.ts'

async function split(script: string | Buffer): Promise<readonly SqlStatement[]> {
  const result = await splitPostgresql({ name: 'a.sql', content: Buffer.from(script) })
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.statements
}

async function problems(script: string | Buffer): Promise<readonly Omit<SqlProblem, 'file'>[]> {
  const result = await splitPostgresql({ name: 'a.sql', content: Buffer.from(script) })
  if ('statements' in result) throw new Error('no problem was found')
  return result.problems.map(({ file, ...rest }) => {
    expect(file).toBe('a.sql')
    return rest
  })
}

const sentences = (found: readonly Omit<SqlProblem, 'file'>[]): readonly string[] =>
  found.map(({ line, column, message, remedy = '' }) => `${line}:${column} ${message}. ${remedy}`.trim())

describe('splitPostgresql', () => {
  test.each(POSTGRESQL)('$name', async ({ script, sent }) => {
    expect((await split(script)).map(({ text }) => text)).toEqual(sent)
  })

  test('numbers statements, and names the line of the first word', async () => {
    const script = "-- a\n\nSELECT 'é\n';\r\n/* b\n*/ SELECT 2; SELECT 3\n;"
    expect((await split(script)).map(({ file, number, line }) => [file, number, line])).toEqual([
      ['a.sql', 1, 3],
      ['a.sql', 2, 6],
      ['a.sql', 3, 6],
    ])
  })

  test('takes a byte order mark for no text', async () => {
    expect((await split('\uFEFFSELECT 1')).map(({ text }) => text)).toEqual(['SELECT 1'])
    expect(await problems('\uFEFFSELEC')).toMatchObject([{ line: 1, column: 1 }])
  })

  test('takes ten thousand statements', async () => {
    const statements = await split("UPDATE users SET email = 'é' WHERE id > 5;\n".repeat(10_000))
    expect(statements).toHaveLength(10_000)
    expect(statements.at(-1)).toEqual({
      file: 'a.sql',
      number: 10_000,
      line: 10_000,
      text: "UPDATE users SET email = 'é' WHERE id > 5",
      alone: false,
    })
  })

  test.each([
    ['string', `SELECT '${"x;''é".repeat(2 ** 13)}'`],
    ['dollar body', `SELECT $a$${";'$$é".repeat(2 ** 13)}$a$`],
  ])('takes a %s of some length', async (_what, literal) => {
    expect((await split(`${literal};SELECT 2`)).map(({ text }) => text)).toEqual([literal, 'SELECT 2'])
  })

  test('refuses a statement that is too long for a call', async () => {
    const literal = `'${'é'.repeat(64_503)}'`
    expect(await split(`SELECT ${literal}`)).toHaveLength(1)
    const found = sentences(await problems(`-- a\nSELECT  ${literal}`))
    expect(found).toEqual([
      '2:1 the statement has 64518 characters, and the Data API takes at most 64512. Divide it into several statements.',
    ])
    // Of 4 MiB, many of them escapes.
    const huge = `SELECT '${String.raw`x;''\\é`.repeat(2 ** 20)}';`
    expect(await problems(huge)).toHaveLength(1)
  })

  test.each<readonly [script: string | Buffer, expected: readonly string[]]>([
    ["SELECT 'é😀', 1 1", ['1:16 syntax error at or near "1".']],
    ["SELECT 'é😀\n';\r\n SELECT '漢'; SELEC 1;", ['3:14 syntax error at or near "SELEC".']],
    ["SELECT 1;\n'abc", ['2:1 unterminated quoted string at or near "\'abc".']],
    [
      '-- é\n\\copy users to x',
      [
        '2:1 syntax error at or near "\\". Commands of psql that begin with a backslash are no SQL: write the statement itself.',
      ],
    ],
    [
      'SELECT :name',
      ['1:8 syntax error at or near ":". Variables of psql are no SQL: write the value itself.'],
    ],
    [
      'BEGIN; SELECT 1;\n/* é */ COMMIT;',
      [
        '1:1 transaction control has no effect, since each statement is sent in a call of its own. Remove the statement.',
        '2:9 transaction control has no effect, since each statement is sent in a call of its own. Remove the statement.',
      ],
    ],
    [
      'SELECT 1; COPY users FROM STDIN;\nCOPY (SELECT 1) TO STDOUT',
      [
        '1:11 COPY reads from and writes to the client, and the Data API has no such stream. Write the rows as INSERT … VALUES.',
        '2:1 COPY reads from and writes to the client, and the Data API has no such stream. Write the rows as INSERT … VALUES.',
      ],
    ],
    ['SELECT 1;\n-- é\0', ['2:5 the file has a NUL byte. Remove it, or write binary data in hexadecimal.']],
    [Buffer.from('SELECT 1;\n-- é\uFFFD\xE9', 'latin1'), ['2:4 the file is not UTF-8. Save it as UTF-8.']],
    [
      Buffer.concat([Buffer.from("SELECT '\uFFFD';\n-- é"), Buffer.from([0xe9])]),
      ['2:5 the file is not UTF-8. Save it as UTF-8.'],
    ],
    [Buffer.from('\uFEFFSELECT 1', 'utf16le'), ['1:1 the file is not UTF-8. Save it as UTF-8.']],
    [`SELECT 1${'+1'.repeat(50_000)}`, ['1:1 the file is too large, or a statement is nested too deeply.']],
  ])('says what is wrong and where: %#', async (script, expected) => {
    expect(sentences(await problems(script))).toEqual(expected)
  })

  test.each([
    'START TRANSACTION',
    'END',
    'ROLLBACK',
    'SAVEPOINT a',
    'RELEASE a',
    'ROLLBACK TO a',
    "PREPARE TRANSACTION 'a'",
    "COMMIT PREPARED 'a'",
  ])('refuses %s', async (script) => {
    expect(await problems(script)).toMatchObject([{ line: 1, column: 1, remedy: 'Remove the statement.' }])
  })

  test.each(["COPY users FROM '/tmp/a'", "COPY users TO PROGRAM 'cat'"])(
    'leaves %s to the server',
    async (script) => {
      expect(await split(script)).toHaveLength(1)
    },
  )

  test.each(ALONE)('says that no transaction may hold %s', async (script) => {
    expect(await split(script)).toMatchObject([{ alone: true }])
  })

  test.each(TOGETHER)('says that a transaction may hold %s', async (script) => {
    expect(await split(script)).toMatchObject([{ alone: false }])
  })
})

const part = fc.constantFrom(
  'SELECT 1',
  "SELECT 'é;''😀'",
  'SELECT $$;$$',
  'SELECT /* ; /* é */ */ 1',
  ';',
  ';',
  ';',
  '/* ; -- */',
  '/* 😀 /* ; */ */',
  '-- ; é\n',
  '--\r\n',
  '\n',
  ' \t',
)

test('loses nothing but semicolons and blanks, whatever stands between statements', async () => {
  const squeezed = (text: string): string => text.replace(/[;\s]/g, '')
  const scripts = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(' '))
  let some = 0
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const result = await splitPostgresql({ name: 'a.sql', content: Buffer.from(script) })
      // Two statements without a semicolon between them are none.
      if ('problems' in result || result.statements.length === 0) return
      some += 1
      const { statements } = result
      expect(squeezed(statements.map(({ text }) => text).join(''))).toBe(squeezed(script))
      // Each of them is one statement, and nothing is left to split.
      for (const { text } of statements)
        expect((await split(text)).map((again) => again.text)).toEqual([text])
    }),
    { numRuns: 500, seed: 20_261_128 },
  )
  expect(some).toBeGreaterThan(100)
})

test('many statements take little memory, also while V8 could optimise the parser', () => {
  const parser = join(import.meta.dirname, '../../../src/sanitise/split/postgresql.ts')
  const program = `
    const { splitPostgresql } = await import(${JSON.stringify(parser)})
    const content = Buffer.from('UPDATE people SET name = 1 WHERE id = 1;\\n'.repeat(5_000))
    await splitPostgresql({ name: 'a.sql', content })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    console.log(process.resourceUsage().maxRSS)`
  const maxKb = Number(execFileSync(process.execPath, ['--input-type=module', '--eval', program]))
  expect(maxKb).toBeLessThan(300_000)
})
