import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Contender } from '../../local/bench/contenders.ts'
import { type Measurement, type Times, awsTimes } from '../../local/bench/measure.ts'
import { readOptions } from '../../local/bench/options.ts'
import { turned } from '../../local/bench/rounds.ts'
import { median, ratioTo, renderTable, rowsOf } from '../../local/bench/table.ts'
import { judge } from '../../local/bench/targets.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const START = join(ROOT, 'local', 'start.js')

describe('the bench as its user starts it', () => {
  let temporary: string

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'bench-test-'))
  })

  afterEach(async () => {
    await rm(temporary, { recursive: true })
  })

  async function bench(args: string, { interruptAt }: { readonly interruptAt?: string } = {}) {
    const child = spawn(process.execPath, [START, 'bench', ...args.split(' ')], {
      env: { PATH: process.env['PATH'], TMPDIR: temporary },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (interruptAt !== undefined && text.includes(interruptAt)) child.kill('SIGINT')
    })
    const exitCode = await new Promise((resolve) => child.once('close', resolve))
    return { exitCode, stdout, stderr, left: await readdir(temporary) }
  }

  test('prints one table from one round of everything, and leaves nothing behind', async () => {
    const { exitCode, stdout, left } = await bench('--rounds 1 --no-scripts --speed 20')
    const cells = stdout.split('\n').map((line) => line.split(/ *\| */).slice(1, -1))
    expect(cells[0]).toEqual(['', 'action', 'RDS client alone', 'action ÷ it'])
    const start = ['create without waiting', 'destroy', 'create on a ready clone', 'skipped, no label']
    const rows = start.flatMap((what) => [`${what}: first AWS request`, `${what}: exit`])
    const waiting = ['AWS is ready → outputs written', 'whole run, beyond AWS’s own time']
    expect(cells.slice(2, 12)).toEqual([
      ...rows.map((label) => [label, ...[/^[\d,]+ ms/, /^[\d,]+ ms/, /^\d+\.\d\d×$/].map(matching)]),
      ...waiting.map((what) => [`create and wait: ${what}`, matching(/^[\d.,]+ s/), '–', '–']),
    ])
    expect(stdout).toContain('the local clock ran 20 times faster')
    expect(stdout).toContain('The script with boto3 is left out: --no-scripts was given.')
    expect({ exitCode, left }).toEqual({ exitCode: 0, left: [] })
  })

  test('ends on Ctrl-C, and tidies up', async () => {
    const interrupted = await bench('--no-scripts --only published', { interruptAt: 'side by side' })
    expect(interrupted).toMatchObject({ exitCode: 130, stdout: '', left: [] })
  })

  test('explains its options', async () => {
    expect((await bench('--help')).stdout).toContain('--rounds <number>')
    const { exitCode, stderr } = await bench('--rounds 0')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('--rounds is a whole number from 1 to 20, got "0"')
  })
})

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

test('options', () => {
  const situations = ['create', 'destroy', 'ready', 'skipped', 'published']
  expect(readOptions([])).toEqual({
    rounds: 7,
    situations,
    crowd: false,
    sanitize: false,
    against: undefined,
    bundle: join(ROOT, 'dist', 'index.js'),
    withScripts: true,
    speed: 1,
    strict: false,
  })
  expect(readOptions(['--sanitize', '--against', 'v1.0.0'])).toMatchObject({
    sanitize: true,
    against: 'v1.0.0',
  })
  const some = readOptions(['--only', 'ready', '--only', 'create', '--no-scripts', '--strict'])
  expect(some).toMatchObject({ situations: ['create', 'ready'], withScripts: false, strict: true })
})

test.each([
  ['--rounds 1.5', '--rounds is a whole number from 1 to 20, got "1.5"'],
  ['--speed 21', '--speed is a number from 1 to 20, got "21"'],
  ['--only sweep', '--only is one of create, destroy, ready, skipped, published, got "sweep"'],
])('%s is a mistake', (args, because) => {
  expect(() => readOptions(args.split(' '))).toThrow(because)
})

test('in turned rounds everybody comes to be first', () => {
  expect([0, 1, 5].map((by) => turned(['a', 'b', 'c'], by).join(''))).toEqual(['abc', 'bca', 'cab'])
})

test('AWS gets ready all over the interval of a poll', () => {
  const times = Array.from({ length: 7 }, (_, index) => awsTimes(index + 1))
  const quarters = (ends: readonly number[], intervalMs: number) =>
    new Set(ends.map((end) => Math.floor((4 * (end % intervalMs)) / intervalMs)))
  const writers = times.map(({ writerMs }) => writerMs)
  const both = times.map(({ clusterCreatingMs, writerMs }) => clusterCreatingMs + writerMs)
  expect([quarters(writers, 30_000).size, quarters(both, 10_000).size]).toEqual([4, 4])
})

test('the median', () => {
  expect([[4], [9, 1, 5], [10, 1, 2, 4], [10, 9, 100]].map(median)).toEqual([4, 5, 3, 10])
})

/** A measurement a round. */
function measured(contender: Contender, time: keyof Times, ms: readonly number[]): readonly Measurement[] {
  const situation = time === 'publishedMs' ? 'published' : 'create'
  return ms.map((value, index) => ({ situation, contender, round: index + 1, times: { [time]: value } }))
}

test('the table is Markdown: medians, spreads, ratios', () => {
  const rows = rowsOf([
    ...measured('action', 'exitMs', [200, 1_300, 220]),
    ...measured('boto3', 'exitMs', [1_000, 2_600, 2_200]),
    ...measured('action', 'publishedMs', [4_500, 5_500]),
  ])
  expect(renderTable(rows)).toEqual([
    '|                                                 |             action |           boto3 script | action ÷ it |',
    '| ----------------------------------------------- | -----------------: | ---------------------: | ----------: |',
    '| create without waiting: exit                    | 220 ms (200–1,300) | 2,200 ms (1,000–2,600) |       0.20× |',
    '| create and wait: AWS is ready → outputs written |    5.0 s (4.5–5.5) |                      – |           – |',
  ])
})

test.each([
  // Round 2 met a machine ten times slower.
  ['within each round', 'exitMs', [20, 300, 40], [10, 150, 15], 2],
  ['of the medians, where whose poll comes first is chance', 'addedMs', [1, 9, 5], [30, 10, 20], 0.25],
] as const)('a ratio is made %s', (_, time, ours, theirs, expected) => {
  const [row] = rowsOf([...measured('action', time, ours), ...measured('boto3', time, theirs)])
  expect(row && ratioTo(row, 'boto3')).toBe(expected)
})

test('targets are judged by the worst, where there is something to judge', () => {
  const measurements = [
    ...measured('action', 'firstRequestMs', [151]),
    ...measured('rds-client', 'firstRequestMs', [100]),
    ...measured('action', 'publishedMs', [1_000, 11_000, 2_000]),
    ...measured('action', 'exitMs', [99]),
    ...measured('boto3', 'exitMs', [100]),
  ]
  expect(judge(rowsOf(measurements)).map(({ line }) => line)).toEqual([
    '✗ missed  first AWS request ÷ that of the RDS client alone: 1.51, limit 1.5',
    '✓ met     seconds from ready to published: 11.00, limit 11',
    '✓ met     any row ÷ that of the boto3 script: 0.99, limit 1',
  ])
  expect(judge(rowsOf(measured('action', 'firstRequestMs', [1])))).toEqual([])
})
