import { describe, expect, test } from '@jest/globals'
import { judgeColumns, missingLines, readDecisions } from '../../src/sanitise/column-decisions.ts'

function read(text: string): ReturnType<typeof readDecisions> {
  return readDecisions([{ name: 'columns.txt', content: Buffer.from(text) }])
}

describe('a file of decisions', () => {
  test('lines, comments and names of every kind', () => {
    const { decisions, problems } = read(
      [
        '# What we decided.',
        'public.users.email: masked # by 10-users.sql',
        'public.countries.*:kept',
        '',
        'audit."odd.table"."say ""hi""": kept',
        'reports.public.users.email: masked',
      ].join('\r\n'),
    )
    expect(problems).toEqual([])
    expect([...decisions].map(([name, { decision }]) => `${name}=${decision}`)).toEqual([
      'public.users.email=masked',
      'public.countries.*=kept',
      'audit."odd.table"."say ""hi"""=kept',
      'reports.public.users.email=masked',
    ])
  })

  test.each([
    ['public.users.email', 'expected a line such as'],
    ['public.users.email: hidden', 'expected a line such as'],
    ['users.email: masked', 'expected a line such as'],
    ['a.b.c.d.e: kept', 'expected a line such as'],
    ['public.users.: kept', 'expected a line such as'],
    ['public."users.email: kept', 'expected a line such as'],
    ['public.users.*: masked', 'a whole table can only be kept'],
    ['public.*.email: kept', 'only the column may be *'],
    ['public.users.id: kept\npublic.users.id: masked', 'stands in columns.txt:1 already'],
  ])('%s is told with its line', (text, says) => {
    const { problems } = read(text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`columns.txt:${text.split('\n').length}: `)
    expect(problems[0]).toContain(says)
  })
})

test('every column is judged by its own line, then by that of its table', () => {
  const { decisions } = read(
    'public.users.email: masked\npublic.users.*: kept\npublic.gone.*: kept\npublic.users.gone: masked',
  )
  const columns = [
    ['public', 'users', 'email'],
    ['public', 'users', 'id'],
    ['public', 'orders', 'note'],
    ['reports', 'public', 'users', 'email'],
    ['public', 'odd table', 'say "hi"'],
  ]
  const judgement = judgeColumns(columns, decisions)
  expect(judgement).toEqual({
    masked: 1,
    kept: 1,
    undecided: columns.slice(2),
    unused: ['public.gone.* (columns.txt:3)', 'public.users.gone (columns.txt:4)'],
  })
  const lines = missingLines(judgement.undecided)
  expect(lines).toEqual([
    'public.orders.note: kept',
    'reports.public.users.email: kept',
    'public."odd table"."say ""hi""": kept',
  ])
  // What a failed run prints can be committed as it is.
  expect(judgeColumns(judgement.undecided, read(lines.join('\n')).decisions).undecided).toEqual([])
})
