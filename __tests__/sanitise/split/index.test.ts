import { expect, test } from '@jest/globals'
import { splitSql } from '../../../src/sanitise/split/index.ts'

const file = (name: string, script: string) => ({ name, content: Buffer.from(script) })

test.each(['postgresql', 'mysql'] as const)(
  'files for %s come in the order of their names',
  async (engine) => {
    const files = [file('b.sql', 'SELECT 3;'), file('B.sql', ''), file('a.sql', 'SELECT 1; SELECT 2')]
    expect(await splitSql(engine, files)).toEqual({
      statements: [
        { file: 'a.sql', number: 1, line: 1, text: 'SELECT 1', alone: false },
        { file: 'a.sql', number: 2, line: 1, text: 'SELECT 2', alone: false },
        { file: 'b.sql', number: 1, line: 1, text: 'SELECT 3', alone: false },
      ],
    })
  },
)

test.each(['postgresql', 'mysql'] as const)('every bad file for %s is named', async (engine) => {
  const files = [file('c.sql', 'SELECT 1; COMMIT'), file('b.sql', 'SELECT 1'), file('a.sql', "SELECT 'a")]
  const split = await splitSql(engine, files)
  expect(split).toMatchObject({
    problems: [
      { file: 'a.sql', line: 1, column: 8 },
      { file: 'c.sql', line: 1, column: 11 },
    ],
  })
})

test('no file is no statement', async () => {
  expect(await splitSql('postgresql', [])).toEqual({ statements: [] })
})
