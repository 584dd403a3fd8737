import { afterEach, describe, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { readOptions as readServeOptions } from '../../local/serve/options.ts'
import { readOptions as readStepOptions } from '../../local/step/options.ts'

const START = join(import.meta.dirname, '..', '..', 'local', 'start.js')
const CREATE = ['labeled', 'source-cluster=orders-anonymised', 'label=clone-db']

type Environment = Readonly<Record<string, string>>

const running: ChildProcess[] = []

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGINT')
    await new Promise((resolve) => child.once('exit', resolve))
  }
})

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[], { env = {} }: { readonly env?: Environment } = {}) {
  const child = spawn(process.execPath, [START, ...args], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  running.push(child)
  const output = { stdout: '', stderr: '' }
  const { promise, resolve } = Promise.withResolvers<string>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    resolve(output.stdout)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const ended = new Promise<Ended>((resolveEnded) => {
    child.once('close', (exitCode) => {
      resolveEnded({ exitCode, ...output })
    })
  })
  return { child, ended, firstOutput: promise }
}

async function served(...args: readonly string[]): Promise<Environment> {
  const { firstOutput } = start(['serve', '--json', ...args])
  return (JSON.parse(await firstOutput) as { environment: Environment }).environment
}

describe('npm run local and npm run step', () => {
  test('a step makes a clone, another one destroys it', async () => {
    const env = await served('--speed', '200', '--no-databases')
    const created = await start(['step', ...CREATE], { env }).ended
    expect(created.stderr).toBe('')
    expect(created.exitCode).toBe(0)
    expect(created.stdout).toMatch(/\n {2}outcome=ready\n/)
    expect(created.stdout).toContain('The step ended with success.')
    const pushed = await start(['step', 'synchronize', ...CREATE.slice(1)], { env }).ended
    expect(pushed.stdout).toMatch(/\n {2}created=false\n/)
    const destroyed = await start(['step', 'closed', 'mode=destroy'], { env }).ended
    expect(destroyed.stdout).toMatch(/\n {2}outcome=deleting\n/)
    const reopened = await start(['step', 'reopened', ...CREATE.slice(1), 'wait=false'], { env }).ended
    expect(reopened.exitCode).toBe(0)
  })

  test('a step that fails says so by its exit code', async () => {
    const env = await served('--speed', '200', '--no-databases')
    const { exitCode, stdout } = await start(['step', ...CREATE, 'ttl=soon'], { env }).ended
    expect(exitCode).toBe(1)
    expect(stdout).toContain('Error: ')
    expect(stdout).toContain('The step ended with failure.')
  })

  test('what cannot happen to the pull request is said', async () => {
    const env = await served('--no-databases')
    const { exitCode, stderr } = await start(['step', 'reopened', 'mode=destroy'], { env }).ended
    expect(exitCode).toBe(1)
    expect(stderr).not.toBe('')
  })

  test.each<[why: string, env: Environment, message: RegExp]>([
    ['nothing exported', {}, /AURORA_LOCAL_CONTROL is not set: export what `npm run local` prints/],
    [
      'nobody there',
      { AURORA_LOCAL_CONTROL: 'http://127.0.0.1:9' },
      /Nothing answers at http:\/\/127\.0\.0\.1:9/,
    ],
  ])('a step without the cloud: %s', async (_why, env, message) => {
    const { exitCode, stderr } = await start(['step', ...CREATE], { env }).ended
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(message)
  })

  test('prints what to export, where the database is and what to try, and ends with Ctrl-C', async () => {
    const { child, ended, firstOutput } = start(['serve'])
    await firstOutput
    child.kill('SIGINT')
    const { exitCode, stdout, stderr } = await ended
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^ {2}export AWS_ENDPOINT_URL_RDS=http:\/\/127\.0\.0\.1:\d+$/m)
    expect(stdout).toMatch(/^ {2}export AURORA_LOCAL_CLOCK='\{"speed":30,.+\}'$/m)
    expect(stdout).toMatch(/postgresql:\/\/postgres:local-cloud-password@127\.0\.0\.1:\d+\/orders$/m)
    expect(stdout).toContain('about 12 seconds for a clone')
    expect(stdout).toContain('npm run step -- closed source-cluster=orders-anonymised label=clone-db')
  })

  test('an account without a cluster', async () => {
    const { child, ended, firstOutput } = start(['serve', '--empty', '--no-databases', '--speed', '1'])
    await firstOutput
    child.kill('SIGTERM')
    const { stdout } = await ended
    expect(stdout).toMatch(/^ {2}no cluster$/m)
    expect(stdout).toContain('Endpoints are only names: no database servers were wanted.')
    expect(stdout).toContain('AWS takes the time that it takes')
  })

  test('what keeps it from starting is said in a line', async () => {
    const { exitCode, stderr } = await start(['serve'], { env: { TMPDIR: '/nowhere' } }).ended
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^✗ ENOENT: .+'\/nowhere.*'\n$/)
  })

  test('both explain their options, and what is wrong with them', async () => {
    expect((await start(['serve', '--help']).ended).stdout).toContain('npm run local -- [options]')
    expect((await start(['step', '--help']).ended).stdout).toContain('npm run step -- <event>')
    expect(await start(['serve', '--speed', '0']).ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('--speed is a number from 1 to 1000, got "0"'),
    })
    expect(await start(['step', 'merged']).ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('got "merged"'),
    })
    expect(await start(['nothing']).ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Usage: node local/start.js'),
    })
  })
})

describe('options', () => {
  test('of npm run local', () => {
    expect(readServeOptions([])).toEqual({
      engine: 'aurora-postgresql',
      speed: 30,
      databases: true,
      isEmpty: false,
      json: false,
    })
    expect(readServeOptions(['--engine', 'aurora-mysql', '--no-databases', '--empty'])).toMatchObject({
      engine: 'aurora-mysql',
      databases: false,
      isEmpty: true,
    })
    expect(() => readServeOptions(['--engine', 'oracle'])).toThrow('got "oracle"')
  })

  test('of npm run step', () => {
    expect(readStepOptions(['closed', 'mode=destroy', 'tags=Team=a'])).toEqual({
      deed: 'closed',
      inputs: { mode: 'destroy', tags: 'Team=a' },
    })
    expect(() => readStepOptions(['closed', 'destroy'])).toThrow(
      'an input is <name>=<value>, such as max-acu=8, got "destroy"',
    )
  })
})
