import { describe, expect, test } from '@jest/globals'
import type { SweepReport, SweepRow } from '../../src/outcome.ts'
import { sweepParts } from '../../src/report/sweep-markdown.ts'
import { CLONE, DAY, HOUR, aReport } from '../factories.ts'

function aRow(overrides: Partial<SweepRow> = {}): SweepRow {
  return {
    clone: aReport(),
    repository: 'acme/shop',
    generation: '',
    ageMs: 2 * DAY + 3 * HOUR,
    action: 'keep',
    reason: 'in-use',
    detail: undefined,
    result: undefined,
    ...overrides,
  }
}

function aSweep(rows: readonly SweepRow[], overrides: Partial<SweepReport> = {}): string {
  return sweepParts({ scope: 'repository', dryRun: false, isStopped: false, rows, ...overrides }).join('\n\n')
}

const NIGHTLY = aReport({
  identifier: 'clone-nightly',
  key: 'nightly',
  name: 'billing',
  pullRequest: undefined,
})
const DUE = aRow({ clone: NIGHTLY, generation: '20261120', action: 'delete', reason: 'expired' })
/** 2026-11-28 08:30, on one line whatever the width. */
const TIME = '2026\u201111\u201128\u00A008:30'
/** AWS was deleting it when it was listed. */
const GOING = aRow({ reason: 'deleting' })
const linesOf = (text: string): readonly string[] => text.split('\n')
const cellsOf = (line = ''): readonly string[] => line.split(' | ')

test('a dry run: what would go, first', () => {
  expect(linesOf(aSweep([aRow(), DUE], { dryRun: true }))).toEqual([
    '### 🧹 Sweep (dry run)',
    '',
    '1 of 2 clones of this repository would be deleted.',
    '',
    '| Clone | Age | Expires (UTC) | Plan | Why |',
    '|---|---|---|---|---|',
    `| \`clone-nightly\`<br>nightly / billing / 20261120, db.serverless | 2d3h | ${TIME} | **delete** | expired |`,
    `| \`${CLONE}\`<br>pr-42, db.serverless | 2d3h | ${TIME} | keep | wanted |`,
    '',
    'Dry run: nothing was deleted. Set `dry-run: false` to delete.',
  ])
})

test('the real run shows the same, but for what became of it', () => {
  const dry = linesOf(aSweep([aRow(), DUE], { dryRun: true })).slice(0, -2)
  const real = linesOf(aSweep([aRow(), { ...DUE, result: 'deleting' }]))
  const PLAN = 3
  const withoutPlan = (line: string) => cellsOf(line).toSpliced(PLAN, 1)
  expect(real.slice(4).map(withoutPlan)).toEqual(dry.slice(4).map(withoutPlan))
  expect(real.slice(4).map((line) => cellsOf(line)[PLAN])).toEqual(['Result', undefined, 'deleting', 'kept'])
  expect(real.slice(0, 3)).toEqual(['### 🧹 Sweep', '', '1 of 2 clones of this repository is being deleted.'])
})

describe('the headline', () => {
  const [deleting, destroyed, kept, failed] = (['deleting', 'destroyed', 'kept', 'failed'] as const).map(
    (result) => ({ ...DUE, result }),
  ) as [SweepRow, SweepRow, SweepRow, SweepRow]
  test.each<[string, readonly SweepRow[], Partial<SweepReport>, string]>([
    ['no clones', [], {}, 'There are no clones of this repository.'],
    ['no clones in a dry run', [], { dryRun: true }, 'There are no clones of this repository.'],
    [
      'none in the account',
      [],
      { scope: 'account' },
      'There are no clones of any repository of this server.',
    ],
    ['nothing due', [aRow()], {}, 'No clone was deleted: 1 clone of this repository stays.'],
    ['nothing due of several', [aRow(), kept], {}, 'No clone was deleted: 2 clones of this repository stay.'],
    ['what goes', [deleting, deleting, aRow()], {}, '2 of 3 clones of this repository are being deleted.'],
    [
      'what was kept or failed does not count',
      [deleting, kept, failed],
      {},
      '1 of 3 clones of this repository is being deleted.',
    ],
    [
      'what somebody else deleted meanwhile',
      [deleting, destroyed, aRow()],
      {},
      '1 of 3 clones of this repository is being deleted, 1 is gone.',
    ],
    [
      'only that',
      [destroyed, destroyed],
      {},
      '0 of 2 clones of this repository are being deleted, 2 are gone.',
    ],
    [
      'what AWS was deleting before',
      [deleting, GOING, aRow()],
      {},
      '2 of 3 clones of this repository are being deleted (1 already before this sweep).',
    ],
    [
      'only that',
      [GOING, aRow()],
      {},
      '1 of 2 clones of this repository is being deleted (1 already before this sweep).',
    ],
    [
      'of the account',
      [deleting, aRow()],
      { scope: 'account' },
      '1 of 2 clones of all repositories of this server is being deleted.',
    ],
    [
      'nothing due in a dry run',
      [aRow()],
      { dryRun: true },
      '0 of 1 clone of this repository would be deleted.',
    ],
    [
      'stopped',
      [DUE, DUE, aRow()],
      { isStopped: true },
      '2 of 3 clones of this repository are due, more than `max-deletions` allows: nothing was deleted.',
    ],
    [
      'stopped in a dry run',
      [DUE, DUE],
      { isStopped: true, dryRun: true },
      '2 of 2 clones of this repository are due, more than `max-deletions` allows: nothing was deleted.',
    ],
  ])('%s', (_, rows, overrides, headline) => {
    expect(linesOf(aSweep(rows, overrides))[2]).toBe(headline)
  })
})

test('no clones: no table', () => {
  expect(aSweep([])).not.toContain('|')
})

test('what AWS was deleting already is not kept, planned or done', () => {
  const cells = cellsOf(linesOf(aSweep([GOING])).at(-1))
  expect(cells.slice(-2)).toEqual(['already being deleted', 'AWS is deleting it |'])
  const planned = cellsOf(linesOf(aSweep([GOING], { dryRun: true })).at(-1))
  expect(planned.slice(-2)).toEqual(['already being deleted', 'AWS is deleting it |'])
})

test.each<[string, readonly SweepRow[], Partial<SweepReport>]>([
  ['a dry run with nothing to delete', [aRow()], { dryRun: true }],
  ['a dry run that would be stopped', [DUE, DUE], { dryRun: true, isStopped: true }],
  ['a real run', [{ ...DUE, result: 'deleting' }], {}],
])('%s does not say how to delete', (_, rows, overrides) => {
  expect(aSweep(rows, overrides)).not.toContain('dry-run: false')
})

test('stopped: the table is the plan', () => {
  const text = aSweep([DUE], { isStopped: true })
  expect(text).toContain('| Plan | Why |')
  expect(text).toContain('| **delete** | expired |')
})

test('of an account: whose they are', () => {
  const lines = linesOf(aSweep([aRow(), aRow({ repository: undefined })], { scope: 'account' }))
  expect(lines[4]).toBe('| Clone | Repository | Age | Expires (UTC) | Result | Why |')
  expect(lines[5]).toBe('|---|---|---|---|---|---|')
  expect(lines.slice(6).map((line) => cellsOf(line)[1])).toEqual(['acme/shop', '?'])
})

test('what nobody knows is a question mark', () => {
  const clone = aReport({ expiresAt: undefined, instanceClass: '' })
  const row = linesOf(aSweep([aRow({ clone, ageMs: undefined })])).at(-1)
  expect(row).toBe(`| \`${CLONE}\`<br>pr-42 | ? | ? | kept | wanted |`)
})

test.each<[SweepRow['reason'], string]>([
  ['in-use', 'wanted'],
  ['pull-request-closed', 'pull request is closed'],
  ['label-missing', 'label was removed'],
  ['expired', 'expired'],
  ['deleting', 'AWS is deleting it'],
  ['held', 'held'],
  ['protected', 'deletion protection is on'],
  ['not-owned', 'not provably a clone of this action'],
  ['young', 'younger than an hour'],
  ['latest', 'one of the newest generations'],
  ['label-unknown', 'its label was renamed or deleted'],
  ['pull-request-unreadable', 'pull request cannot be read'],
  ['expiry-unreadable', 'expiry tag missing or unreadable'],
  ['time-unknown', 'AWS did not tell its time'],
])('%s is said as “%s”', (reason, says) => {
  expect(aSweep([aRow({ reason })])).toContain(` | ${says} |`)
  expect(aSweep([aRow({ reason, detail: 'HTTP 502' })])).toContain(` | ${says} (HTTP 502) |`)
})

test('what AWS says is not said twice', () => {
  const row = aRow({ reason: 'protected', detail: 'deletion protection is on' })
  expect(aSweep([row])).toContain(' | deletion protection is on |')
})

test('text from tags and from AWS is inert', () => {
  const evil = '`| <img src=x onerror=1> @everyone [x](https://evil.example)\n\n# owned'
  const clone = aReport({ identifier: evil, expiresAt: evil })
  const row = aRow({ clone, repository: evil, detail: evil })
  const lines = linesOf(aSweep([row], { scope: 'account' }))
  expect(lines).toHaveLength(7)
  const cells = (lines[6] ?? '').replaceAll(String.raw`\|`, '').split('|')
  expect(cells).toHaveLength(8)
  // What is code needs no more: no backtick and no bar is left in it.
  expect(cells.toSpliced(1, 1).join()).not.toMatch(/<|@everyone|https:\/\/|(?<!\\)[`[]|#(?!\u200B)/)
})

test.each([
  ['short', 12_000, 'in use'],
  ['long', 3_000, '🔒'.repeat(200)],
])('more clones than a summary can show are counted, with %s rows', (_, count, detail) => {
  const rows = [...Array.from({ length: count }, () => aRow({ detail })), DUE]
  const text = aSweep(rows)
  const lines = linesOf(text)
  const shown = lines.filter((line) => line.startsWith('| `')).length
  expect(shown).toBeGreaterThan(500)
  expect(lines[6]).toContain('clone-nightly')
  expect(lines.at(-1)).toBe(`… and ${count + 1 - shown} more.`)
  expect(Buffer.byteLength(text)).toBeLessThan(900_000)
})
