import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'
import { pullRequestEvent, type WorkflowEvent } from '../../../local/github/events.ts'
import { startGitHubServer, type GitHubServer } from '../../../local/github/server.ts'
import { maskValues } from '../../../local/runner/commands.ts'
import { parseFileCommand } from '../../../local/runner/file-commands.ts'
import {
  inputVariable,
  playStep,
  startStep,
  type RunningStep,
  type StepOptions,
} from '../../../local/runner/step.ts'
import { ON_SIMULATED_TIME } from '../../../local/time/node-flags.ts'

const GRACE_MS = { interrupt: 150, terminate: 100 }
/** For what must not come, however slow the machine is. */
const LONG_MS = 60_000

let github: GitHubServer
let event: WorkflowEvent
let directory: string
let scripts = 0
const running: RunningStep[] = []

beforeAll(async () => {
  github = await startGitHubServer({ clock: { now: () => Date.now() } })
  directory = await mkdtemp(join(tmpdir(), 'runner-test-'))
  const repository = github.repository({ owner: 'octo-org', name: 'shop', id: 7_001 })
  const pullRequest = repository.pullRequest({ number: 42, labels: ['clone-db'], author: 'mona' })
  event = pullRequestEvent(github, { pullRequest, action: 'labeled', label: 'clone-db' })
})

afterEach(() => {
  for (const step of running.splice(0)) step.kill()
})

afterAll(async () => {
  await github.close()
  await rm(directory, { recursive: true })
})

/** The step of an action whose `main` is this script. */
async function stepOf(script: string, options: Partial<StepOptions> = {}): Promise<StepOptions> {
  scripts += 1
  const path = join(directory, `action-${String(scripts)}.mjs`)
  await writeFile(path, `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'\n${script}`)
  return { script: path, event, github, timeoutMs: 2 * LONG_MS, cancelGraceMs: GRACE_MS, ...options }
}

/** Starts the script and waits until it says that it listens for signals. */
async function startListening(script: string, options: Partial<StepOptions> = {}): Promise<RunningStep> {
  const listening = Promise.withResolvers<undefined>()
  const onStdout = (): void => {
    listening.resolve(undefined)
  }
  const step = startStep(
    await stepOf(`${script}\nconsole.log('listening')\nsetInterval(() => {}, 1000)`, {
      onStdout,
      ...options,
    }),
  )
  running.push(step)
  await listening.promise
  return step
}

describe('environment', () => {
  const print = 'console.log(JSON.stringify({ env: process.env, cwd: process.cwd() }))'
  const environmentOf = async (options: Partial<StepOptions>): Promise<Record<string, string>> => {
    const { stdout } = await playStep(await stepOf(print, options))
    const { cwd, env } = JSON.parse(stdout) as { cwd: string; env: Record<string, string> }
    return { ...env, cwd }
  }

  test('is built from scratch, with what the runner gives', async () => {
    process.env['LEAK_OF_THE_TEST'] = 'leaked'
    const env = await environmentOf({ env: { AWS_REGION: 'eu-west-1' }, state: { phase: 'made' } })
    delete process.env['LEAK_OF_THE_TEST']

    expect(env).not.toHaveProperty('LEAK_OF_THE_TEST')
    expect(env['HOME']).not.toBe(process.env['HOME'])
    expect(env['cwd']).toBe(env['GITHUB_WORKSPACE'])
    expect(env).toMatchObject({
      AWS_REGION: 'eu-west-1',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: 'mona',
      GITHUB_API_URL: github.url,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_GRAPHQL_URL: github.graphqlUrl,
      GITHUB_HEAD_REF: 'change-42',
      GITHUB_REF: 'refs/pull/42/merge',
      GITHUB_REF_NAME: '42/merge',
      GITHUB_REPOSITORY: 'octo-org/shop',
      GITHUB_REPOSITORY_ID: '7001',
      GITHUB_REPOSITORY_OWNER: 'octo-org',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SERVER_URL: github.serverUrl,
      STATE_phase: 'made',
    })
    expect(env).not.toHaveProperty('RUNNER_DEBUG')
    expect(await environmentOf({ debug: true })).toHaveProperty('RUNNER_DEBUG', '1')
  })

  test('inputs: given, by default, the token, and empty', async () => {
    const env = await environmentOf({
      token: 'ghs_secret',
      inputs: { 'Source-Cluster': 'orders', 'two words': 'x' },
      inputDefaults: {
        'source-cluster': 'other',
        mode: 'auto',
        'github-token': '${{ github.token }}',
        label: undefined,
        'two words': undefined,
      },
    })
    expect(env).toMatchObject({
      'INPUT_SOURCE-CLUSTER': 'orders',
      INPUT_MODE: 'auto',
      INPUT_LABEL: '',
      INPUT_TWO_WORDS: 'x',
    })
    // Its own output is not masked in stdout, which is raw.
    expect(env['INPUT_GITHUB-TOKEN']).toBe('ghs_secret')
    expect(inputVariable('clone name')).toBe('INPUT_CLONE_NAME')
  })

  test('an undeclared input is only a warning; another expression cannot be evaluated', async () => {
    const result = await playStep(
      await stepOf('', { inputs: { lable: 'x' }, inputDefaults: { label: undefined } }),
    )
    expect(result.conclusion).toBe('success')
    expect(result.annotations).toEqual([
      {
        level: 'warning',
        title: undefined,
        message: "Unexpected input(s) 'lable', valid inputs are ['label']",
      },
    ])
    const unknown = await stepOf('', { inputDefaults: { x: '${{ github.actor }}' } })
    expect(() => startStep(unknown)).toThrow(/cannot evaluate/)
  })

  test('the event file holds the payload', async () => {
    const script = 'console.log(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"))'
    const { stdout } = await playStep(await stepOf(script))
    expect(JSON.parse(stdout)).toEqual(event.payload)
  })
})

describe('result', () => {
  test('what was written to the file commands', async () => {
    const result = await playStep(
      await stepOf(`
        const { env } = process
        appendFileSync(env.GITHUB_OUTPUT, 'endpoint=a=b<<c\\nnote<<EOF_1\\nline 1\\n\\nline=3\\nEOF_1\\n')
        appendFileSync(env.GITHUB_ENV, 'DB_HOST<<X\\nhost\\nX\\n')
        appendFileSync(env.GITHUB_STATE, 'phase=made\\n')
        appendFileSync(env.GITHUB_PATH, '/opt/x\\n')
        appendFileSync(env.GITHUB_STEP_SUMMARY, '# Ready\\n')
        writeFileSync(env.RUNNER_TEMP + '/report.json', '{"swept":1}')
        appendFileSync(env.GITHUB_OUTPUT, 'report-file=' + env.RUNNER_TEMP + '/report.json\\n')`),
    )
    expect(result).toMatchObject({
      exitCode: 0,
      signal: null,
      conclusion: 'success',
      outputs: { endpoint: 'a=b<<c', note: 'line 1\n\nline=3' },
      exportedEnv: { DB_HOST: 'host' },
      state: { phase: 'made' },
      addedPaths: ['/opt/x'],
      summary: '# Ready\n',
    })
    const reportFile = result.outputs['report-file'] ?? ''
    expect(result.readTempFile(reportFile)).toBe('{"swept":1}')
    expect(result.readTempFile('report.json')).toBe('{"swept":1}')
    expect(() => result.readTempFile('other.json')).toThrow(/left no file/)
    expect(existsSync(reportFile)).toBe(false)
  })

  test('a file command that the runner cannot read fails the step', async () => {
    const result = await playStep(
      await stepOf(`appendFileSync(process.env.GITHUB_OUTPUT, 'a<<X\\nno end\\n')`),
    )
    expect(result).toMatchObject({ exitCode: 0, conclusion: 'failure', outputs: {} })
    expect(result.log).toMatch(
      /Unable to process file command 'output'.*\n.*Matching delimiter not found 'X'/,
    )
  })

  test('NODE_OPTIONS cannot be exported', async () => {
    const result = await playStep(
      await stepOf(`appendFileSync(process.env.GITHUB_ENV, 'NODE_OPTIONS=x\\nA=b\\n')`),
    )
    expect(result).toMatchObject({ conclusion: 'failure', exportedEnv: { A: 'b' } })
  })

  test('a summary above 1 MiB is refused, but the step goes on', async () => {
    const result = await playStep(
      await stepOf(`appendFileSync(process.env.GITHUB_STEP_SUMMARY, 'x'.repeat(1024 * 1024 + 1))`),
    )
    expect(result.conclusion).toBe('success')
    expect(result.annotations).toMatchObject([
      { level: 'error', message: expect.stringMatching(/got 1025k/) },
    ])
  })

  test('an exit code above zero is a failure', async () => {
    expect(await playStep(await stepOf('process.exit(3)'))).toMatchObject({
      exitCode: 3,
      conclusion: 'failure',
    })
  })

  test('a step that hangs is killed', async () => {
    const result = await playStep(await stepOf('setInterval(() => {}, 1000)', { timeoutMs: 100 }))
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true, conclusion: 'failure' })
  })

  test('a clock can be shared through flags of Node', async () => {
    const clock = new SimulatedClock({ startMs: Date.UTC(2031, 0) })
    const step = await stepOf('console.log(new Date().getUTCFullYear())', {
      nodeFlags: ON_SIMULATED_TIME,
      env: clock.environment(),
      clock,
    })
    expect((await playStep(step)).stdout).toBe('2031\n')
    await clock.close()
  })
})

describe('log', () => {
  const logOf = async (lines: readonly string[], options: Partial<StepOptions> = {}) =>
    await playStep(await stepOf(`process.stdout.write(${JSON.stringify(`${lines.join('\n')}\n`)})`, options))

  test('reads as on the page', async () => {
    const lines = [
      'before',
      '::group::Creating the clone',
      'inside',
      '::debug::hidden',
      '::endgroup::',
      '::error title=No clone%3A pr-42,file=a.ts::first%0Asecond%25',
      ' ::warning::odd',
      '::notice::ready',
      '::unknown::stays',
      'a ::error:: inside',
    ]
    const seen: string[] = []
    const result = await logOf(lines, { onLog: (line) => seen.push(line) })
    expect(result.log.split('\n')).toEqual([
      'before',
      '▼ Creating the clone',
      '  inside',
      'Error: first',
      'second%',
      'Warning: odd',
      'Notice: ready',
      '::unknown::stays',
      'a ::error:: inside',
    ])
    expect(seen.join('\n')).toBe(result.log)
    expect(result.annotations).toEqual([
      { level: 'error', title: 'No clone: pr-42', message: 'first\nsecond%' },
      { level: 'warning', title: undefined, message: 'odd' },
      { level: 'notice', title: undefined, message: 'ready' },
    ])
    expect(result.stdout).toBe(`${lines.join('\n')}\n`)
    expect((await logOf(['::debug::shown'], { debug: true })).log).toBe('##[debug]shown')
  })

  test('masks hide values from then on, line by line, and in their encoded forms', async () => {
    const result = await logOf(
      [
        'pass"word early',
        '::add-mask::pass"word',
        '::add-mask::two%0Alines',
        'now pass"word',
        'json pass\\"word',
        `base64 ${Buffer.from('pass"word').toString('base64')}`,
        '::error::pass"word',
        'only lines here',
        'token ghs_secret, key AKIA',
      ],
      { token: 'ghs_secret', secrets: ['AKIA'] },
    )
    expect(result.log.split('\n')).toEqual([
      'pass"word early',
      'now ***',
      'json ***',
      'base64 ***',
      'Error: ***',
      'only *** here',
      'token ***, key ***',
    ])
    expect(result.annotations).toMatchObject([{ message: '***' }])
    expect(result.masks).toEqual(['ghs_secret', 'AKIA', 'pass"word', 'two\nlines', 'two', 'lines'])
    expect(maskValues('secretive secret', ['secret', 'secretive'])).toBe('*** ***')
  })

  test('commands can be stopped and resumed', async () => {
    const result = await logOf(['::stop-commands::token', '::error::not one', '::token::', '::error::one'])
    expect(result.annotations).toMatchObject([{ message: 'one' }])
    expect(result.log).toBe('::error::not one\nError: one')
  })

  test('stderr is part of it, and so is a last line without an end', async () => {
    const result = await playStep(await stepOf(`process.stderr.write('::warning::from stderr')`))
    expect(result.log).toBe('Warning: from stderr')
    expect(result.stdout).toBe('')
  })
})

describe('signals', () => {
  test('a step that exits on SIGINT meets no other', async () => {
    const step = await startListening(`process.on('SIGINT', () => { console.log('bye'); process.exit(1) })`, {
      cancelGraceMs: { ...GRACE_MS, interrupt: LONG_MS },
    })
    expect(await step.cancel()).toMatchObject({ terminatedAfterMs: undefined, killedAfterMs: undefined })
    expect(await step.result).toMatchObject({ exitCode: 1, conclusion: 'cancelled', log: 'listening\nbye' })
  })

  test('SIGTERM comes after the grace of SIGINT', async () => {
    const step = await startListening(
      `process.on('SIGINT', () => {}); process.on('SIGTERM', () => { process.exit(2) })`,
      { cancelGraceMs: { ...GRACE_MS, terminate: LONG_MS } },
    )
    const { killedAfterMs, terminatedAfterMs } = await step.cancel()
    expect(terminatedAfterMs).toBeGreaterThanOrEqual(GRACE_MS.interrupt - 1)
    expect(killedAfterMs).toBeUndefined()
    expect(await step.result).toMatchObject({ exitCode: 2, conclusion: 'cancelled' })
  })

  test('SIGKILL ends what ignores both, and its state file still counts', async () => {
    const step = await startListening(
      `appendFileSync(process.env.GITHUB_STATE, 'phase=creating\\n')
       process.on('SIGINT', () => {}); process.on('SIGTERM', () => {})`,
    )
    const { killedAfterMs } = await step.cancel()
    expect(killedAfterMs).toBeGreaterThanOrEqual(GRACE_MS.interrupt + GRACE_MS.terminate - 1)
    expect(await step.result).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
      conclusion: 'cancelled',
      state: { phase: 'creating' },
    })
  })

  test('kill is at once', async () => {
    const step = await startListening(`process.on('SIGINT', () => {})`)
    step.kill()
    expect(await step.result).toMatchObject({ signal: 'SIGKILL', conclusion: 'failure' })
  })
})

test.each(['no separator', '=no name', '<<X\nx\nX', 'a<<\nx', 'a<<X\nx'])(
  'file command refused: %j',
  (text) => {
    expect(() => parseFileCommand(text)).toThrow(/^Invalid/)
  },
)
