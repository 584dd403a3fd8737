import { afterEach, describe, expect, test } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { AddTagsToResourceCommand, DescribeDBClustersCommand, RDSClient } from '@aws-sdk/client-rds'
import { setTimeout } from 'node:timers/promises'
import { inputDefaults } from '../../local/action-metadata.ts'
import { readOptions as readServeOptions } from '../../local/serve/options.ts'
import type { StepContext } from '../../local/serve/control.ts'
import { hourAt, suggestions } from '../../local/serve/suggestions.ts'
import { commentOf } from '../../local/step/comments.ts'
import { readOptions as readStepOptions } from '../../local/step/options.ts'
import { documentedCalls } from '../documentation/recorded-calls.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const START = join(ROOT, 'local', 'start.js')
// A slow machine takes minutes of a fast clock for each step.
const SLOWLY = 'wait-timeout=1d'
const CREATE = ['labeled', 'source-cluster=orders-anonymised', 'label=clone-db', SLOWLY]

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
  test('the steps of docs/local.md make a clone, and destroy it', async () => {
    const env = await served('--speed', '200', '--no-databases')
    const [labeled = [], closed = [], swept = []] = documentedCalls()
      .filter(({ page, args: [, script] }) => page === 'docs/local.md' && script === 'step')
      .map(({ args: [, , , ...options] }) => [...options, SLOWLY])
    const created = await start(['step', ...labeled], { env }).ended
    expect(created.stderr).toBe('')
    expect(created.exitCode).toBe(0)
    expect(created.stdout).toMatch(/\n {2}│ outcome +ready\n/)
    expect(created.stdout).toMatch(/\nIts annotations, .+\n\n {2}│ notice: Database clone is ready: /)
    expect(created.stdout).toMatch(
      /\nThe comment on the pull request, .+\n\n {2}│ ✅ Database clone is ready\n/,
    )
    expect(created.stdout).toMatch(/\nThe job summary\n\n {2}│ ✅ Database clone is ready\n/)
    expect(created.stdout).toMatch(/\n✓ The step succeeded after [\d.]+ s, which were .+ for AWS\n$/)
    const pushed = await start(['step', 'synchronize', ...CREATE.slice(1)], { env }).ended
    expect(pushed.stdout).toMatch(/ created +false\n/)
    const destroyed = await start(['step', ...closed], { env }).ended
    expect(destroyed.stdout).toMatch(/ outcome +deleting\n/)
    expect(destroyed.stdout).toMatch(/ report-file +see below\n/)
    expect(destroyed.stdout).toMatch(/\nIts report file\n\n {2}│ \{\n {2}│ {3}"outcome": "deleting",\n/)
    expect(destroyed.stdout).toContain('│ 🗑️ Database clone is being deleted')
    const shown = await start(['step', ...swept], { env }).ended
    expect(shown.stdout).toMatch(/ outcome +swept\n/)
    const reopened = await start(['step', 'reopened', ...CREATE.slice(1), 'wait=false'], { env }).ended
    expect(reopened.exitCode).toBe(0)
  })

  test('a step that fails says so by its exit code', async () => {
    const env = await served('--speed', '200', '--no-databases')
    const { exitCode, stdout } = await start(['step', ...CREATE, 'ttl=soon'], { env }).ended
    expect(exitCode).toBe(1)
    expect(stdout).toContain('Error: ')
    expect(stdout).toContain('  │ error: Invalid input: Input ttl: ')
    expect(stdout).toContain('  │ ❌ Invalid input')
    expect(stdout).toContain('✗ The step failed after ')
  })

  test('what cannot happen to the pull request is said, with what comes before', async () => {
    const env = await served('--no-databases')
    expect(await start(['step', 'reopened', 'mode=destroy'], { env }).ended).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'Pull request #42 is open already: "closed" comes before "reopened".\n',
    })
    expect(await start(['step', 'unlabeled', 'mode=destroy'], { env }).ended).toMatchObject({
      exitCode: 1,
      stderr: 'Pull request #42 does not have the label clone-db: "labeled" comes before "unlabeled".\n',
    })
  })

  test('a hold outlives the pull request, and the event is played again to let the clone go', async () => {
    const env = await served('--speed', '200', '--no-databases')
    const inputs = CREATE.slice(1)
    await start(['step', ...CREATE, 'hold=true', 'wait=false'], { env }).ended
    const closed = await start(['step', 'closed', ...inputs], { env }).ended
    expect(closed.stdout).not.toContain('is played again')
    expect(closed.stdout).toMatch(/ skip-reason +held\n/)
    const swept = await start(['step', 'schedule', 'mode=sweep', 'dry-run=false', SLOWLY], { env }).ended
    expect(swept.stdout).toMatch(/afterwards\n\n {2}│ As before\.\n/)
    expect(swept.stdout).toMatch(/ {2}│ clone-pr-42-shop-\w+, .+ kept +held /)
    const released = await start(['step', 'closed', ...inputs, 'hold=false'], { env }).ended
    expect(released.exitCode).toBe(0)
    expect(released.stdout).toMatch(
      /^Pull request #42 is closed already: the event of then is played again, as when a run is started again\.\n\n/,
    )
    expect(released.stdout).toMatch(/ outcome +deleting\n/)
    const byHand = await start(['step', 'schedule', 'mode=destroy', 'pr-number=42', SLOWLY], { env }).ended
    expect(byHand.stdout).toMatch(/ outcome +(?:deleting|absent)\n/)
  })

  test('what has happened to the pull request already has the event of then', async () => {
    const url = (await served('--no-databases'))['AURORA_LOCAL_CONTROL'] ?? ''
    const events = new Map<string, unknown>()
    for (const [deed, repeated] of [
      ['labeled', undefined],
      ['labeled', 'has the label clone-db already'],
      ['synchronize', undefined],
      ['synchronize', undefined],
      ['unlabeled', undefined],
      ['unlabeled', 'does not have the label clone-db'],
      ['labeled', undefined],
      ['closed', undefined],
      ['closed', 'is closed already'],
      ['reopened', undefined],
      ['reopened', 'is open already'],
      ['closed', undefined],
      ['schedule', undefined],
    ] as const) {
      const answer = await fetch(`${url}/${deed}`, { method: 'POST' })
      const context = (await answer.json()) as StepContext
      expect([deed, context.repeated]).toEqual([deed, repeated])
      if (repeated !== undefined) expect(context.event).toEqual(events.get(deed))
      events.set(deed, context.event)
    }
    expect((await fetch(`${url}/merged`, { method: 'POST' })).status).toBe(404)
  })

  test('a sweep takes an expired clone when it is an hour old', async () => {
    const env = await served('--speed', '1000', '--no-databases')
    await start(['step', ...CREATE, 'wait=false'], { env }).ended
    const rds = new RDSClient({
      endpoint: env['AWS_ENDPOINT_URL_RDS'] ?? '',
      region: env['AWS_REGION'] ?? '',
      credentials: {
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
        sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
      },
    })
    const { DBClusters: clusters = [] } = await rds.send(new DescribeDBClustersCommand({}))
    const clone = clusters.find(({ DBClusterIdentifier: name = '' }) => name.startsWith('clone-'))
    const expired = { Key: 'aurora-clone:expires-at', Value: '2020-01-01T00:00:00Z' }
    await rds.send(new AddTagsToResourceCommand({ ResourceName: clone?.DBClusterArn, Tags: [expired] }))
    rds.destroy()
    await setTimeout(3_600)
    const shown = await start(['step', 'schedule', 'mode=sweep', SLOWLY], { env }).ended
    expect(shown.stdout).toMatch(/ {2}│ clone-pr-42-shop-\w+, .+ delete +expired\n/)
    const swept = await start(['step', 'schedule', 'mode=sweep', 'dry-run=false', SLOWLY], { env }).ended
    expect(swept.stdout).toMatch(/ {2}│ clone-pr-42-shop-\w+, .+ deleting +expired\n/)
    expect(swept.stdout).toContain('│ 🗑️ Database clone is being deleted')
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
    expect(stderr.split('\n')).toHaveLength(2)
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
    expect(stdout).toContain('when it is an hour old, which is 2 minutes here:')
    for (const { commands } of suggestions(''))
      for (const command of commands) expect(stdout).toContain(`  ${command}\n`)
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
    expect((await start(['step', '--help']).ended).stdout).toMatch(
      /^npm run step -- <event>[^]+ npm run step -- schedule mode=destroy pr-number=42\n$/,
    )
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

describe('suggestions', () => {
  const inputs = inputDefaults(join(ROOT, 'action.yml'))
  const steps = suggestions('')
    .flatMap(({ commands }) => commands)
    .filter((command) => command.startsWith('npm run step'))

  test.each(steps)('%s', (command) => {
    const [given = ''] = /(?<=^npm run step -- ).+$/.exec(command) ?? []
    const options = readStepOptions(given.split(' '))
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(options.inputs)))
  })

  test.each([
    [1, '60 minutes here'],
    [30, '2 minutes here'],
    [35, '2 minutes here'],
    [200, '18 seconds here'],
    [1_000, '4 seconds here'],
  ])('an hour at speed %d', (speed, expected) => {
    expect(hourAt(speed)).toBe(expected)
  })
})

describe('what a step did to the comments', () => {
  test.each([
    ['there is none', {}, {}, undefined, undefined],
    ['it wrote one', {}, { 1: 'a' }, undefined, 'a'],
    ['all are as before', { 1: 'a', 2: 'b' }, { 1: 'a', 2: 'b' }, 'a\n\nb', 'a\n\nb'],
    [
      'it changed one of them and wrote another',
      { 1: 'a', 2: 'b' },
      { 1: 'a', 2: 'c', 3: 'd' },
      undefined,
      'c\n\nd',
    ],
  ])('%s', (_what, before, afterwards, shownBefore, shownAfterwards) => {
    expect(commentOf(before, afterwards)).toEqual({
      before: shownBefore,
      meanwhile: undefined,
      afterwards: shownAfterwards,
    })
  })
})
