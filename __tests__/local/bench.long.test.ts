import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions } from '../../local/bench/options.ts'
import { type Measurement, awsTimes, turned } from '../../local/bench/rounds.ts'
import { rowsOf } from '../../local/bench/rows.ts'
import { median, medianRatio, ratioOfMedians, summarize } from '../../local/bench/statistics.ts'
import { type Row, renderTable } from '../../local/bench/table.ts'
import { isFailure, judge, renderVerdicts } from '../../local/bench/targets.ts'

const START = join(import.meta.dirname, '..', '..', 'local', 'start.js')

describe('the bench as its user starts it', () => {
  let temporary: string

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'bench-test-'))
  })

  afterEach(async () => {
    await rm(temporary, { recursive: true })
  })

  async function startBench(
    args: readonly string[],
    { interruptAt }: { readonly interruptAt?: string } = {},
  ): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
    const child = spawn(process.execPath, [START, 'bench', ...args], {
      env: { PATH: process.env['PATH'], TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
      if (interruptAt !== undefined && text.includes(interruptAt)) child.kill('SIGINT')
    })
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { exitCode, ...output }
  }

  test('prints one table from one round of everything, and leaves nothing behind', async () => {
    const { exitCode, stdout } = await startBench(['--rounds', '1', '--no-scripts', '--speed', '20'])
    const cells = stdout
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(cells[0]).toEqual(['', '', 'action', 'RDS client alone', 'action ÷ it', ''])
    const action = new Map(cells.slice(2).map(([, label = '', figure = '']) => [label, figure]))
    expect(Object.fromEntries([...action].filter(([label]) => label.endsWith('AWS calls')))).toEqual({
      'create without waiting: AWS calls': '4',
      'destroy: AWS calls': '6',
      'create on a ready clone: AWS calls': '4',
      'skipped, no label: AWS calls': '1',
      'skipped, fork without credentials: AWS calls': '0',
    })
    for (const situation of [
      'create without waiting',
      'destroy',
      'create on a ready clone',
      'skipped, no label',
    ]) {
      expect(action.get(`${situation}: first AWS request`)).toMatch(/^[\d,]+ ms$/)
      expect(action.get(`${situation}: exit`)).toMatch(/^[\d,]+ ms$/)
      expect(action.get(`${situation}: GitHub calls`)).toMatch(/^\d+$/)
    }
    expect(action.has('skipped, fork without credentials: first AWS request')).toBe(false)
    expect(action.get('create and wait: AWS is ready → outputs written')).toMatch(/^\d+\.\d s$/)
    expect(action.get('bundle, dist/index.js')).toMatch(/^\d\.\d MB$/)
    expect(stdout).toContain('✓ met     at most 4 AWS calls for create without waiting: 4 at most')
    expect(stdout).toContain('the local clock ran 20 times faster')
    expect(stdout).toContain('The scripts with the AWS CLI and boto3 are left out: --no-scripts was given.')
    expect(exitCode).toBe(0)
    expect(await readdir(temporary)).toEqual([])
  })

  test('ends on Ctrl-C, and tidies up', async () => {
    const { exitCode, stdout } = await startBench(['--rounds', '3', '--no-scripts', '--only', 'published'], {
      interruptAt: 'side by side',
    })
    expect(exitCode).toBe(130)
    expect(stdout).toBe('')
    expect(await readdir(temporary)).toEqual([])
  })

  test('explains its options', async () => {
    expect((await startBench(['--help'])).stdout).toContain('--rounds <number>')
    const mistaken = await startBench(['--rounds', '0'])
    expect(mistaken.exitCode).toBe(1)
    expect(mistaken.stderr).toContain('--rounds is a whole number from 1 to 100, got "0"')
  })
})

describe('options', () => {
  test('the defaults', () => {
    expect(readOptions([])).toEqual({
      rounds: 7,
      situations: ['create', 'destroy', 'ready', 'skipped', 'skipped-fork', 'published'],
      withScripts: true,
      speed: 1,
      json: false,
      strict: false,
    })
  })

  test('some situations only, in the order of the table', () => {
    expect(
      readOptions(['--only', 'ready', '--only', 'create', '--no-scripts', '--json', '--strict']),
    ).toMatchObject({
      situations: ['create', 'ready'],
      withScripts: false,
      json: true,
      strict: true,
    })
  })

  test.each([
    [['--rounds', '1.5'], '--rounds is a whole number from 1 to 100, got "1.5"'],
    [['--rounds', 'many'], '--rounds is a whole number from 1 to 100, got "many"'],
    [['--speed', '21'], '--speed is a number from 1 to 20, got "21"'],
    [
      ['--only', 'sweep'],
      '--only is one of create, destroy, ready, skipped, skipped-fork, published, got "sweep"',
    ],
    [['--quick'], "Unknown option '--quick'"],
    [['extra'], "Unexpected argument 'extra'"],
  ])('%j is a mistake', (args, because) => {
    expect(() => readOptions(args)).toThrow(because)
  })
})

describe('statistics', () => {
  test.each([
    [[], undefined],
    [[4], 4],
    [[9, 1, 5], 5],
    [[10, 1, 2, 4], 3],
    [[10, 9, 100], 10],
  ])('the median of %j is %j', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test.each([
    [[3, 1, 2], { median: 2, lowest: 1, highest: 3 }],
    [[undefined, 5, undefined], { median: 5, lowest: 5, highest: 5 }],
    [[undefined], undefined],
  ])('the summary of %j', (samples, expected) => {
    expect(summarize(samples)).toEqual(expected)
  })

  test('a ratio is made within each round, so that a slow round counts for nothing', () => {
    // Round 2 met a machine ten times slower: the ratio of medians would not see 2.
    expect(medianRatio([20, 300, 40], [10, 150, 20])).toBe(2)
    expect(medianRatio([20, 300, undefined], [10, undefined, 20])).toBe(2)
    expect(medianRatio([1], [0])).toBeUndefined()
  })

  test('or of the medians, where rounds have nothing in common', () => {
    expect(ratioOfMedians([1, 9, 5], [30, 10, 20])).toBe(0.25)
    expect(ratioOfMedians([1], [0])).toBeUndefined()
    expect(ratioOfMedians([undefined], [1])).toBeUndefined()
  })
})

describe('rounds', () => {
  test.each([
    [0, ['a', 'b', 'c']],
    [1, ['b', 'c', 'a']],
    [5, ['c', 'a', 'b']],
  ])('turned by %i everybody comes to be first', (by, expected) => {
    expect(turned(['a', 'b', 'c'], by)).toEqual(expected)
    expect(turned([], by)).toEqual([])
  })

  test('AWS gets ready all over the interval of a poll', () => {
    const times = Array.from({ length: 7 }, (_, index) => awsTimes(index + 1))
    const writers = times.map(({ writerMs }) => writerMs % 30_000)
    const both = times.map(({ clusterCreatingMs, writerMs }) => (clusterCreatingMs + writerMs) % 10_000)
    for (const [ends, intervalMs] of [
      [writers, 30_000],
      [both, 10_000],
    ] as const) {
      const quarters = ends.map((end) => Math.floor((4 * end) / intervalMs))
      expect([...new Set(quarters)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
    }
  })
})

const BUNDLES = { entry: 2_600_000, whole: 2_900_000, rdsClient: 1_300_000 }

describe('rows', () => {
  const run = (contender: Measurement['contender'], more: Partial<Measurement>): Measurement => ({
    situation: 'create',
    contender,
    round: 1,
    ...more,
  })

  test('have every figure that the action has, with the samples of each round', () => {
    const rows = rowsOf(
      [
        run('action', { exitMs: 200, awsCalls: 4 }),
        run('action', { exitMs: 220, awsCalls: 4, round: 2 }),
        run('action', { peakMemoryBytes: 90_000_000, round: 2 }),
        run('boto3', { exitMs: 400, awsCalls: 3, round: 2 }),
        run('boto3', { publishedMs: 1_000 }),
        run('action', { situation: 'published', publishedMs: 4_500 }),
      ],
      { rounds: 2, bundles: BUNDLES },
    )
    expect(rows.map(({ label, unit, samples }) => [label, unit, samples])).toEqual([
      ['create without waiting: exit', 'ms', { action: [200, 220], boto3: [undefined, 400] }],
      ['create without waiting: AWS calls', 'calls', { action: [4, 4], boto3: [undefined, 3] }],
      ['create without waiting: peak memory', 'MB', { action: [undefined, 90] }],
      ['create and wait: AWS is ready → outputs written', 's', { action: [4.5, undefined] }],
      ['bundle, dist/index.js', 'MB', { action: [2.6], 'rds-client': [1.3] }],
      ['bundle, with what is loaded on demand', 'MB', { action: [2.9], 'rds-client': [1.3] }],
    ])
  })
})

function aRow(row: Partial<Row>): Row {
  return { situation: 'create', figure: 'exit', label: 'a row', unit: 'ms', samples: {}, ...row }
}

describe('the table', () => {
  test('is Markdown: medians, spreads, ratios', () => {
    expect(
      renderTable([
        aRow({ label: 'exit', samples: { action: [200, 1_300, 220], 'aws-cli': [1_000, 2_600, 2_200] } }),
        aRow({ label: 'calls', unit: 'calls', samples: { action: [4, 4], 'aws-cli': [3, 4] } }),
        aRow({ label: 'skipped', samples: { action: [100.4, 100.3] } }),
        aRow({ label: 'waiting', unit: 's', samples: { action: [5], 'aws-cli': [20] } }),
      ]),
    ).toEqual([
      '|         |             action |         AWS CLI script | action ÷ it |',
      '| ------- | -----------------: | ---------------------: | ----------: |',
      '| exit    | 220 ms (200–1,300) | 2,200 ms (1,000–2,600) |       0.20× |',
      '| calls   |                  4 |              3.5 (3–4) |       1.17× |',
      '| skipped |             100 ms |                      – |           – |',
      '| waiting |              5.0 s |                 20.0 s |       0.25× |',
    ])
  })

  test('compares no calls to GitHub, which the scripts do not make', () => {
    const [, , row] = renderTable([
      aRow({ figure: 'github-calls', label: 'GitHub', unit: 'calls', samples: { action: [4], boto3: [0] } }),
    ])
    expect(row).toMatch(/\| +4 \| +0 \| +– \|$/)
  })
})

describe('targets', () => {
  const first = (ratio: number): Row =>
    aRow({ figure: 'first-request', samples: { action: [ratio * 100], 'rds-client': [100] } })
  const calls = (situation: Row['situation'], ...made: number[]): Row =>
    aRow({ situation, figure: 'aws-calls', unit: 'calls', samples: { action: made } })
  const published = (...seconds: number[]): Row =>
    aRow({ situation: 'published', figure: 'published', unit: 's', samples: { action: seconds } })
  const exit = (action: number, boto3: number): Row => aRow({ samples: { action: [action], boto3: [boto3] } })

  test.each<[string, Row, boolean, string]>([
    ['the first request in time', first(1.5), true, 'create 1.50×'],
    ['the first request late', first(1.51), false, 'create 1.51×'],
    ['four calls to create', calls('create', 4, 4), true, '4 at most'],
    ['five calls in one round', calls('create', 4, 5, 4), false, '5 at most'],
    ['five calls on a ready clone', calls('ready', 5), false, '5 at most'],
    ['six calls to destroy', calls('destroy', 6), true, '6 at most'],
    ['published in time', published(1, 11), true, '11.0 s at most'],
    ['published late once', published(1, 11.1, 2), false, '11.1 s at most'],
    ['ahead of a script', exit(99, 100), true, 'in all 1 comparisons'],
    [
      'level with a script',
      exit(100, 100),
      false,
      'in 0 of 1 comparisons; not in a row (boto3 script, 1.00×)',
    ],
  ])('%s', (_name, row, isMet, because) => {
    expect(judge([row])).toEqual([expect.objectContaining({ isMet, because })])
  })

  test('what was not measured is not judged', () => {
    expect(judge([])).toEqual([])
    expect(judge([aRow({ figure: 'first-request', samples: { action: [1] } })])).toEqual([])
    expect(judge([aRow({ figure: 'github-calls', samples: { action: [4], boto3: [1] } })])).toEqual([])
  })

  test.each<[string, readonly Row[], boolean, boolean]>([
    ['everything met', [first(1), calls('create', 4)], false, false],
    ['too many calls', [first(1), calls('create', 6)], true, true],
    ['too slow', [first(2), calls('create', 4)], false, true],
  ])('%s', (_name, rows, fails, failsStrictly) => {
    const verdicts = judge(rows)
    expect(isFailure(verdicts, { strict: false })).toBe(fails)
    expect(isFailure(verdicts, { strict: true })).toBe(failsStrictly)
  })

  test('are told in words', () => {
    expect(renderVerdicts(judge([calls('create', 6), calls('ready', 3)]))).toEqual([
      '✗ missed  at most 4 AWS calls for create without waiting: 6 at most',
      '✓ met     at most 4 AWS calls for create on a ready clone: 3 at most',
    ])
  })
})
