import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { splitMysql } from '../../../src/sanitise/split/mysql.ts'
import type { SqlStatement } from '../../../src/sanitise/split/statement.ts'
import { MYSQL } from './cases.ts'
import { SCRIPTS } from './scripts.ts'

function split(script: string | Buffer): readonly SqlStatement[] {
  const result = splitMysql({ name: 'a.sql', content: Buffer.from(script) })
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.statements
}

function problems(script: string | Buffer): readonly string[] {
  const result = splitMysql({ name: 'a.sql', content: Buffer.from(script) })
  if ('statements' in result) throw new Error('no problem was found')
  return result.problems.map(({ file, line, column, message, remedy = '' }) => {
    expect(file).toBe('a.sql')
    return `${line}:${column} ${message}. ${remedy}`.trim()
  })
}

const COMMAND = 'is a command of the mysql client and no SQL.'
const NO_DELIMITER =
  'this DELIMITER is not one that the mysql client knows. Let it begin a line, and give it 1 to 15 characters of ASCII without blanks and backslashes.'

describe('splitMysql', () => {
  test.each(MYSQL)('$name', ({ script, sent }) => {
    expect(split(script).map(({ text }) => text)).toEqual(sent)
  })

  test('numbers statements, and names the line of the first word', () => {
    const script = "-- a\n\nSELECT 'é\n';\r\nDELIMITER //\n/* b\n*/ SELECT 2// SELECT 3\n//"
    expect(split(script).map(({ file, number, line, alone }) => [file, number, line, alone])).toEqual([
      ['a.sql', 1, 3, false],
      ['a.sql', 2, 7, false],
      ['a.sql', 3, 7, false],
    ])
  })

  test('takes a byte order mark for no text', () => {
    expect(split('\uFEFFDELIMITER //\nSELECT 1;//').map(({ text }) => text)).toEqual(['SELECT 1;'])
  })

  test('takes ten thousand statements', () => {
    const statements = split("UPDATE users SET email = 'é' WHERE id > 5;\n".repeat(10_000))
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
    ['string', `SELECT '${String.raw`x;''\'é`.repeat(2 ** 13)}'`],
    ['comment', `SELECT 1 /*${'x;* /é'.repeat(2 ** 13)}*/`],
  ])('takes a %s of some length', (_what, literal) => {
    expect(split(`${literal};SELECT 2`).map(({ text }) => text)).toEqual([literal, 'SELECT 2'])
  })

  test('refuses a statement that is too long for a call', () => {
    const literal = `'${'é'.repeat(64_503)}'`
    expect(split(`SELECT ${literal}`)).toHaveLength(1)
    const found = problems(`-- a\nSELECT  ${literal}`)
    expect(found).toEqual([
      '2:1 the statement has 64518 characters, and the Data API takes at most 64512. Divide it into several statements.',
    ])
    // Of 4 MiB, many of them escapes.
    const huge = `SELECT '${String.raw`x;''\\é`.repeat(2 ** 20)}';`
    expect(problems(huge)).toHaveLength(1)
  })

  test.each<readonly [script: string | Buffer, expected: readonly string[]]>([
    ["SELECT 'é😀'; SELECT 'abc;\n", ['1:21 the quotation has no end.']],
    ['SELECT 1;\n😀 `abc;\n', ['2:3 the quotation has no end.']],
    ['SELECT 1;\n/* abc;', ['2:1 the comment has no end.']],
    [
      '/*! SELECT 1; */ SELECT 2; SELECT /*! 3',
      [
        '1:1 the statement ends inside a comment that begins with /*!. End the comment before the delimiter, or choose another DELIMITER.',
        '1:28 the statement ends inside a comment that begins with /*!. End the comment before the delimiter, or choose another DELIMITER.',
      ],
    ],
    [
      "SELECT 'é'\\G\nBEGIN;",
      [
        `1:11 "\\G" ${COMMAND} Remove it, and end statements with the delimiter.`,
        '2:1 transaction control has no effect, since each statement is sent in a call of its own. Remove the statement.',
      ],
    ],
    ['SELECT 1 \\', [`1:10 "\\" ${COMMAND} Remove it, and end statements with the delimiter.`]],
    ['\\. other.sql', [`1:1 "\\." ${COMMAND} Remove it, and end statements with the delimiter.`]],
    ["-- é\nsource it's.sql\nSELECT 1;", [`2:1 "source" ${COMMAND} Remove it.`]],
    [
      'SELECT 1; system ls\nexit;',
      [`1:11 "system" ${COMMAND} Remove it.`, `2:1 "exit" ${COMMAND} Remove it.`],
    ],
    ['? x', [`1:1 "?" ${COMMAND} Remove it.`]],
    [
      'use orders\nSELECT 1;',
      [
        '1:1 USE has no effect on the next statement, which is sent in a call of its own. Write database.table.',
      ],
    ],
    ['SELECT 1; DELIMITER //', [`1:11 ${NO_DELIMITER}`]],
    ['/* a */ DELIMITER //', [`1:9 ${NO_DELIMITER}`]],
    ['DELIMITER', [`1:1 ${NO_DELIMITER}`]],
    ['DELIMITER;', [`1:1 ${NO_DELIMITER}`]],
    ['DELIMITER a\\b', [`1:1 ${NO_DELIMITER}`]],
    ["DELIMITER '//", [`1:1 ${NO_DELIMITER}`]],
    ['DELIMITER 1234567890123456', [`1:1 ${NO_DELIMITER}`]],
    ['DELIMITER §', [`1:1 ${NO_DELIMITER}`]],
    ['SELECT 1;\n-- é\0', ['2:5 the file has a NUL byte. Remove it, or write binary data in hexadecimal.']],
    [Buffer.from([0x41, 0xff]), ['1:2 the file is not UTF-8. Save it as UTF-8.']],
  ])('says what is wrong and where: %j', (script, expected) => {
    expect(problems(script)).toEqual(expected)
  })

  test.each([
    'begin',
    'Begin Work',
    'START /* a */ TRANSACTION READ ONLY',
    'COMMIT',
    '-- a\nROLLBACK TO a',
    'SAVEPOINT a',
    'RELEASE SAVEPOINT a',
    "XA START 'a'",
    '/*!40000 COMMIT */',
    "LOAD DATA LOCAL INFILE 'a' INTO TABLE t",
    "LOAD XML CONCURRENT LOCAL INFILE 'a' INTO TABLE t",
  ])('refuses %j', (script) => {
    expect(problems(script)).toHaveLength(1)
  })

  test.each([
    "LOAD DATA INFILE 'local' INTO TABLE t",
    'CREATE PROCEDURE p() BEGIN END',
    'START SLAVE',
    'UPDATE source SET begin = 1',
    'sourced',
  ])('leaves %j to the server', (script) => {
    expect(split(script).map(({ text }) => text)).toEqual([script])
  })
})

test('loses nothing but delimiters, their lines and blanks', () => {
  let some = 0
  fc.assert(
    fc.property(SCRIPTS, ({ script, kept }) => {
      const result = splitMysql({ name: 'a.sql', content: Buffer.from(script) })
      expect(result).toHaveProperty('statements')
      if ('problems' in result || result.statements.length === 0) return
      some += 1
      const squeezed = (text: string): string => text.replace(/\s/g, '')
      expect(squeezed(result.statements.map(({ text }) => text).join(''))).toBe(squeezed(kept))
    }),
    { numRuns: 2_000, seed: 20_261_128 },
  )
  expect(some).toBeGreaterThan(1_000)
})
