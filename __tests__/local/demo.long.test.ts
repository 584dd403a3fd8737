import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderMarkdown } from '../../local/demo/markdown.ts'
import { readOptions } from '../../local/demo/options.ts'
import { EPISODES } from '../../local/demo/sanitise-story.ts'
import { storyOf } from '../../local/demo/story.ts'
import { HAPPENINGS } from '../../local/demo/workflow-story.ts'
import { alignColumns, makeTerminal, terminalOf, widthOf, wrap } from '../../local/demo/terminal.ts'

const START = join(import.meta.dirname, '..', '..', 'local', 'start.js')
const ESCAPE = '\u001B'
const PLAIN = makeTerminal({ colours: false, columns: 80 })
const FAST = ['--speed', '100']

describe('the demo as its user starts it', () => {
  let temporary: string
  const started: ChildProcess[] = []

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'demo-test-'))
    // Databases that are started by root run as somebody else.
    await chmod(temporary, 0o755)
  })

  afterEach(async () => {
    for (const { pid } of started.splice(0))
      if (pid !== undefined && isGroupAlive(pid)) process.kill(-pid, 'SIGKILL')
    await rm(temporary, { recursive: true })
  })

  /** In a process group of its own, so that whatever it leaves behind can be found. */
  function startDemo(
    args: readonly string[],
    {
      nodeFlags = [],
      onText,
    }: {
      readonly nodeFlags?: readonly string[]
      readonly onText?: (text: string, child: ChildProcess) => void
    } = {},
  ): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }> {
    const child = spawn(process.execPath, [...nodeFlags, START, 'demo', ...args], {
      detached: true,
      env: { PATH: process.env['PATH'], TMPDIR: temporary, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.push(child)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
      onText?.(output.stdout, child)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode) => {
        resolve({ exitCode, ...output })
      })
    })
  }

  async function expectNothingLeft(): Promise<void> {
    expect(started.filter(({ pid }) => pid !== undefined && isGroupAlive(pid))).toEqual([])
    expect(await readdir(temporary)).toEqual([])
  }

  test('tells it through the workflows that a team has pasted', async () => {
    const { exitCode, stdout, stderr } = await startDemo(['--workflow'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const headlines = stdout.split('\n').filter((line) => line.startsWith('━━ '))
    expect(headlines.map((line) => line.replaceAll('━', '').trim())).toEqual([
      ...HAPPENINGS.map(({ headline }, index) => `${index + 1}/${HAPPENINGS.length}  ${headline}`),
      'Afterwards: what AWS has',
    ])
    expect(stdout).toContain('database / Clone › Assume the AWS role')
    expect(stdout).toContain('  │ – database / Clone')
    expect(stdout).toContain('The pull request is closed. AWS finishes the deletion by itself.')
    expect(stdout).toMatch(
      / {2}│ clone-pr-42-shop-\w+, pr-42, db\.serverless +.* deleting +pull request is closed/,
    )
    await expectNothingLeft()
  })

  test('tells the story of a clone that is sanitised before anybody gets in', async () => {
    const { exitCode, stdout, stderr } = await startDemo([...FAST, '--sanitize'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const headlines = stdout.split('\n').filter((line) => line.startsWith('━━ '))
    expect(headlines.map((line) => line.replaceAll('━', '').trim())).toEqual([
      ...EPISODES.map(({ headline }, index) => `${index + 1}/${EPISODES.length}  ${headline}`),
      'Afterwards: what AWS has',
      'What next',
    ])
    expect(stdout.match(/shop_app, as in production +gets in +no way in +refused\n/g)).toHaveLength(2)
    expect(stdout).toContain('public.customers.phone: kept\n')
    expect(stdout).toContain('The clone stays in quarantine: postgres no way in')
    expect(stdout).toMatch(
      /Ada Lovelace, ada@lovelace\.example, \+44.+ {2}Customer 1, customer-1@masked\.invalid, –\n/,
    )
    await expectNothingLeft()
  })

  test('tells the whole story, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await startDemo(FAST)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const headlines = stdout.split('\n').filter((line) => line.startsWith('━━ '))
    expect(headlines.map((line) => line.replaceAll('━', '').trim())).toEqual([
      ...storyOf({ inputs: {} }).map(({ headline }, index) => `${index + 1}/3  ${headline}`),
      'Afterwards: what AWS has',
      'What next',
    ])
    expect(stdout).toContain('  │     source-cluster: orders-anonymised')
    expect(stdout).toMatch(/▼ Clone "clone-pr-42-shop-\w+"/)
    expect(stdout).toMatch(/created +true/)
    expect(stdout).toMatch(/created +false/)
    expect(stdout).toMatch(/outcome +deleting/)
    expect(stdout).toMatch(/ change +RestoreDBClusterToPointInTime +1 +– +–\n/)
    expect(stdout).toContain('orders-anonymised, the source, is as it was')
    expect(stdout).toMatch(/customers +500 rows +500 rows\n/)
    expect(stdout).toMatch(
      /customers +500 rows +–\n.+order_totals +– +2000 rows\n.+orders +2000 rows +1000 rows\n/,
    )
    expect(stdout).toMatch(/nobody answers at 127\.0\.0\.1:\d+ any more\n.+customers 500, orders 2000\n/)
    expect(stdout).not.toContain(ESCAPE)
    await expectNothingLeft()
  })

  test('tells a step that did not end as expected by its exit code', async () => {
    const { exitCode, stdout, stderr } = await startDemo([...FAST, '--with', 'label=another'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('outcome ready was expected, got skipped (label-missing)')
    expect(stdout).not.toContain('What next')
    await expectNothingLeft()
  })

  test('says why a step failed', async () => {
    const { exitCode, stderr } = await startDemo([...FAST, '--with', 'ttl=soon'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('the step failed\n  ')
    expect(stderr).toContain('soon')
    await expectNothingLeft()
  })

  test('cancels the running step on Ctrl-C, and tidies up', async () => {
    let isInterrupted = false
    const { exitCode, stdout } = await startDemo(['--speed', '1'], {
      onText(text, child) {
        if (isInterrupted || !text.includes('cluster creating')) return
        isInterrupted = true
        child.kill('SIGINT')
      },
    })
    expect(exitCode).toBe(130)
    expect(stdout).toContain('The step was cancelled')
    expect(stdout).not.toContain('2/3')
    await expectNothingLeft()
  })

  test('tidies up when nobody reads on', async () => {
    const { exitCode } = await startDemo(['--speed', '1'], {
      onText(text, child) {
        if (text.includes('Its log')) child.stdout?.destroy()
      },
    })
    expect(exitCode).toBe(130)
    await expectNothingLeft()
  })

  test('keeps the local cloud until Ctrl-C with --keep', async () => {
    let isInterrupted = false
    const { exitCode, stdout } = await startDemo([...FAST, '--keep'], {
      onText(text, child) {
        if (isInterrupted || !text.includes('aws rds describe-db-clusters')) return
        isInterrupted = true
        child.kill('SIGINT')
      },
    })
    expect(stdout).toMatch(/export AWS_ENDPOINT_URL_RDS=http:\/\/127\.0\.0\.1:\d+\n/)
    expect(exitCode).toBe(0)
    await expectNothingLeft()
  })

  test('says what to do where Node.js cannot run TypeScript', async () => {
    const { exitCode, stdout, stderr } = await startDemo([], { nodeFlags: ['--no-strip-types'] })
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/runs by itself since 22\.18; this is Node\.js v\d+/)
    expect(stderr).toContain('Node.js 24')
  })

  test('explains its options', async () => {
    expect((await startDemo(['--help'])).stdout).toContain('--engine <engine>')
    const mistaken = await startDemo(['--engine', 'oracle'])
    expect(mistaken.exitCode).toBe(1)
    expect(mistaken.stderr).toContain('--engine is aurora-postgresql or aurora-mysql, got "oracle"')
  })
})

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

describe('options', () => {
  test('the defaults', () => {
    expect(readOptions([])).toEqual({
      engine: 'aurora-postgresql',
      inputs: {},
      isPublic: false,
      speed: 30,
      databases: true,
      keep: false,
      workflow: false,
      sanitize: false,
    })
    expect(readOptions(['--sanitize'])).toMatchObject({ sanitize: true, speed: 60 })
  })

  test('inputs for the create steps', () => {
    const options = readOptions([
      '--class',
      'db.r6g.large',
      '--with',
      'tags=Team=a,Cost=b',
      '--with',
      'ttl=48h',
    ])
    expect(options).toMatchObject({
      inputs: { 'instance-class': 'db.r6g.large', tags: 'Team=a,Cost=b', ttl: '48h' },
    })
  })

  test.each([
    [['--speed', '0'], '--speed is a number from 1 to 200, got "0"'],
    [['--speed', 'fast'], '--speed is a number from 1 to 200, got "fast"'],
    [['--with', 'ttl'], 'an input is <name>=<value>, such as max-acu=8, got "ttl"'],
    [['--with', 'mode=sweep'], '--with cannot change the mode'],
    [['--workflow', '--with', 'ttl=48h'], '--workflow plays the files as they are'],
    [['--sanitize', '--no-databases'], '--sanitize needs databases'],
    [['--colour'], "Unknown option '--colour'"],
    [['extra'], "Unexpected argument 'extra'"],
  ])('%j is a mistake', (args, because) => {
    expect(() => readOptions(args)).toThrow(because)
  })
})

describe('Markdown in a terminal', () => {
  test('a comment: no marker, the heading, aligned rows, sentences', () => {
    const markdown = [
      '<!-- aurora-clone-action:v1 clone=8b540f896d9d0b71 -->',
      '### ✅ Database clone is ready (`orders`)',
      '',
      '| **Port** | 5432 |',
      '|:--|:--|',
      '| **Database** | `orders` |',
      '',
      'It is destroyed when the pull request is closed.',
      '',
      '<sub>[Details of the run](https://github.com/acme/shop/actions/runs/1)</sub>',
    ].join('\n')
    expect(renderMarkdown(markdown, PLAIN)).toEqual([
      '✅ Database clone is ready (orders)',
      '',
      'Port      5432',
      'Database  orders',
      '',
      'It is destroyed when the pull request is closed.',
      '',
      'Details of the run',
    ])
  })

  test('a table with a header, numbers to the right', () => {
    const markdown = '| Table | Rows |\n|---|---:|\n| `users` | 1200 |\n| a \\| b | 7 |'
    expect(renderMarkdown(markdown, PLAIN)).toEqual([
      'Table  Rows',
      '───────────',
      'users  1200',
      'a | b     7',
    ])
  })

  test('what was made inert is shown as it was meant', () => {
    expect(renderMarkdown('a \\*b\\* g\\_h &lt;c&gt; &amp; @\u200Bd `**e** \\f`', PLAIN)).toEqual([
      'a *b* g_h <c> & @d **e** \\f',
    ])
  })

  test('a heading ends with its line', () => {
    expect(renderMarkdown('## One\nTwo\nthree', PLAIN)).toEqual(['One', '', 'Two three'])
  })

  test('emphasis is colour, and nests', () => {
    const colourful = makeTerminal({ colours: true, columns: 80 })
    const [line = ''] = renderMarkdown('**bold `code`**', colourful)
    expect(line).toBe(`${ESCAPE}[1mbold ${ESCAPE}[36mcode${ESCAPE}[39m${ESCAPE}[22m`)
    expect(widthOf(line)).toBe(9)
  })
})

describe('the terminal', () => {
  test.each([
    ['a terminal', { isTTY: true }, {}, true],
    ['a pipe', {}, {}, false],
    ['a terminal and NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['a terminal and an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, true],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('%s', (_name, stream, environment, isColourful) => {
    expect(terminalOf(stream, environment).bold('x') !== 'x').toBe(isColourful)
  })

  test('lines break between words, and never inside one', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('a https://example.com/long b', 8)).toEqual(['a', 'https://example.com/long', 'b'])
    expect(wrap('', 8)).toEqual([''])
  })

  test('columns are as wide as they look', () => {
    const red = `${ESCAPE}[31mred${ESCAPE}[39m`
    expect(
      alignColumns(
        [
          [red, '1'],
          ['✅ ok', '10'],
        ],
        ['left', 'right'],
      ),
    ).toEqual([`${red}     1`, '✅ ok  10'])
  })
})
