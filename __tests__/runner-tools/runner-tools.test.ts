import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type CommandSpec, parseCommandLine } from './command-line.ts'
import { COMMANDS } from './commands.ts'
import { ghTarget } from './gh-api.ts'
import { applyFilter } from './jq-filter.ts'

const TOOLS = import.meta.dirname
const SPECS: readonly CommandSpec[] = [
  {
    words: 'put thing',
    positionals: [/^[a-z]+$/],
    values: { '--name': /^\w+$/ },
    flags: ['--wait'],
    required: ['--name'],
  },
]

describe('the arguments of a program', () => {
  test('are read', () => {
    const args = ['put', 'thing', 'here', '--name', 'one', '--name=two', '--wait=false']
    expect(parseCommandLine(args, SPECS)).toMatchObject({
      positionals: ['here'],
      values: { '--name': ['one', 'two'] },
      flags: ['--wait=false'],
    })
  })

  test.each([
    ['another command', ['put', 'it'], 'unknown command "put it"'],
    ['an unknown option', ['put', 'thing', 'here', '--nmae', 'x'], 'unknown option "--nmae"'],
    ['an option without its value', ['put', 'thing', 'here', '--name'], '--name is ""'],
    ['a wrong value', ['put', 'thing', 'here', '--name', 'a b'], '--name is "a b"'],
    ['a missing option', ['put', 'thing', 'here'], '--name is missing'],
    ['too little', ['put', 'thing', '--name', 'x'], '0 arguments, expected 1'],
    ['too much', ['put', 'thing', 'a', 'b', '--name', 'x'], '2 arguments, expected 1'],
    ['a wrong argument', ['put', 'thing', 'HERE', '--name', 'x'], 'argument "HERE"'],
    ['a flag with a value', ['put', 'thing', 'a', '--name', 'x', '--wait=maybe'], 'unknown option "--wait"'],
  ])('%s is refused', (_, args, message) => {
    expect(() => parseCommandLine(args, SPECS)).toThrow(message)
  })
})

describe('a filter of gh api', () => {
  test.each([
    ['.permission', { permission: 'write' }, ['write']],
    ['.a.b', { a: { b: 1 } }, ['1']],
    ['.labels[].name', { labels: [{ name: 'a' }, { name: 'b c' }] }, ['a', 'b c']],
    ['.labels[].name', { labels: [] }, []],
    ['.missing', {}, ['null']],
  ])('%s', (filter, input, lines) => {
    expect(applyFilter(filter, input)).toEqual(lines)
  })

  test('is refused where it is more than a path', () => {
    expect(() => applyFilter('.a | length', {})).toThrow('is not supported')
  })
})

describe('whom gh calls', () => {
  const tokens = { GH_TOKEN: 'cloud', GH_ENTERPRISE_TOKEN: 'server' }

  test.each([
    ['github.com, where nothing is said', {}, { host: 'github.com', token: 'cloud' }],
    [
      'whatever the run was told',
      { GITHUB_API_URL: 'https://ghe.example.com/api/v3' },
      { host: 'github.com' },
    ],
    ['an enterprise server', { GH_HOST: 'ghe.example.com' }, { host: 'ghe.example.com', token: 'server' }],
    [
      'an enterprise with data residency',
      { GH_HOST: 'acme.ghe.com' },
      { host: 'acme.ghe.com', token: 'cloud' },
    ],
  ])('%s', (_, env, target) => {
    expect(ghTarget({ ...tokens, ...env })).toMatchObject(target)
  })

  test.each([
    [{ GH_ENTERPRISE_TOKEN: 'server' }, 'set the GH_TOKEN'],
    [{ GH_HOST: 'acme.ghe.com', GH_ENTERPRISE_TOKEN: 'server' }, 'set the GH_TOKEN'],
    [{ GH_HOST: 'ghe.example.com', GH_TOKEN: 'cloud' }, 'set the GH_ENTERPRISE_TOKEN'],
  ])('nobody with %j', (env, message) => {
    expect(() => ghTarget(env)).toThrow(message)
  })
})

describe('the programs', () => {
  const run = (
    tool: string,
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
  ): {
    readonly status: number | null
    readonly stdout: string
    readonly stderr: string
    readonly calls: unknown
  } => {
    const directory = mkdtempSync(join(tmpdir(), 'tools-'))
    const log = join(directory, 'calls.jsonl')
    try {
      const env = { PATH: process.env['PATH'] ?? '', LOCAL_TOOLS_LOG: log, ...options.env }
      const { status, stdout, stderr } = spawnSync(join(TOOLS, tool), args, {
        env,
        input: options.input ?? '',
        encoding: 'utf8',
        timeout: 30_000,
      })
      const calls =
        status === 2
          ? []
          : readFileSync(log, 'utf8')
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as unknown)
      return { status, stdout, stderr, calls }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  const AWS = { AWS_SESSION_TOKEN: 'token' }

  test.each(Object.keys(COMMANDS))('%s is there to be started, and the same file as the others', (tool) => {
    accessSync(join(TOOLS, tool), constants.X_OK)
    expect(readFileSync(join(TOOLS, tool), 'utf8')).toBe(readFileSync(join(TOOLS, 'aws'), 'utf8'))
  })

  test('write down what they were called with', () => {
    const args = ['delete', 'namespace', 'preview-42', '--ignore-not-found', '--timeout=10m']
    expect(run('kubectl', args, { env: AWS })).toMatchObject({
      status: 0,
      calls: [{ tool: 'kubectl', args }],
    })
  })

  test('never write down a password', () => {
    const args = ['login', 'ghcr.io', '--username', 'octocat', '--password-stdin']
    const { calls, ...done } = run('docker', args, { input: 'hunter2\n' })
    expect(done).toMatchObject({ status: 0, stdout: 'Login Succeeded\n' })
    expect(calls).toEqual([{ tool: 'docker', args }])
  })

  test.each([
    ['ghcr.io/acme/shop:1', { packages: 'write' }, 0],
    ['ghcr.io/acme/shop:1', { packages: 'read' }, 1],
    ['ghcr.io/acme/shop:1', {}, 1],
    ['111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1', {}, 0],
  ])('push %s where the job has %j: %d', (image, permissions, expected) => {
    const { status } = spawnSync(join(TOOLS, 'docker'), ['push', image], {
      env: { PATH: process.env['PATH'] ?? '', LOCAL_TOOLS_PERMISSIONS: JSON.stringify(permissions) },
      timeout: 30_000,
    })
    expect(status).toBe(expected)
  })

  test('refuse what they do not know', () => {
    const done = run('helm', ['upgrade', 'app', 'deploy/chart', '--namespace', 'x', '--atomic'], { env: AWS })
    expect(done).toMatchObject({ status: 2, stderr: 'helm: unknown option "--atomic"\n' })
  })

  test('gh refuses a host that is not the one of the run', () => {
    const env = {
      GH_TOKEN: 'token',
      GITHUB_API_URL: 'http://127.0.0.1:1/api/v3',
      GITHUB_SERVER_URL: 'https://ghe.example.com',
    }
    const { status, stderr } = run('gh', ['api', 'user'], { env })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'gh: Bad credentials (HTTP 401): github.com was called in a run of ghe.example.com\n',
    })
  })

  test('refuse without credentials', () => {
    const { status } = spawnSync(join(TOOLS, 'aws'), ['eks', 'update-kubeconfig', '--name', 'previews'], {
      env: { PATH: process.env['PATH'] ?? '' },
      timeout: 30_000,
    })
    expect(status).toBe(1)
  })
})
