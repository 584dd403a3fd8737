import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { PUBLISHED_ACTION } from '../../../local/product.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../../../policies/publisher.ts'
import { aService, job, jobOf, Notes, play, start, stepConclusions, workflow } from './service.ts'

const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function aDirectory(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'runner-test-'))
  directories.push(directory)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text, { mode: 0o755 })
  }
  return directory
}

async function logs(steps: string, options: Parameters<typeof play>[1] = {}): Promise<readonly string[]> {
  return job(await play(jobOf(steps), options)).steps.map(({ log }) => log)
}

describe('a run step', () => {
  test.each([
    ["- run: 'false; echo on'", 'failure', ''],
    ["- run: 'false | true; echo on'", 'success', 'on'],
    ["- run: 'false | true; echo on'\n  shell: bash", 'failure', ''],
    ['- run: |\n    echo one\n    exit 3', 'failure', 'one'],
    ['- run: echo "::error title=Oops::It broke"', 'success', 'Error: It broke'],
  ])('%s', async (steps, conclusion, log) => {
    const [step] = job(await play(jobOf(steps))).steps
    expect(step).toMatchObject({ conclusion, log })
  })

  test('defaults are those of the job, then those of the workflow', async () => {
    const keys = 'defaults: { run: { shell: bash, working-directory: sub } }'
    const result = await play(
      jobOf('- run: mkdir sub\n  working-directory: .\n- run: basename "$PWD"; false | true', keys),
    )
    expect(job(result).steps.map(({ conclusion, log }) => [conclusion, log])).toEqual([
      ['success', ''],
      ['failure', 'sub'],
    ])
  })

  test('in a directory that is not there fails', async () => {
    const result = await play(
      jobOf("- run: 'true'\n  working-directory: nowhere\n- if: always()\n  run: 'true'"),
    )
    expect(stepConclusions(result)).toEqual(['failure', 'success'])
    expect(job(result).steps[0]?.annotations[0]?.message).toContain('ENOENT')
  })

  test('finds nothing of this machine but the search path, and the tools first', async () => {
    process.env['LEAK_OF_THE_TEST'] = 'leaked'
    const tools = aDirectory({ helm: '#!/bin/sh\necho our helm "$@"\n' })
    const [log] = await logs('- run: helm upgrade; echo "[$LEAK_OF_THE_TEST] $WORLD"', {
      tools,
      environment: { WORLD: 'local' },
    })
    delete process.env['LEAK_OF_THE_TEST']
    expect(log).toBe('our helm upgrade\n[] local')
  })

  test('what takes too long is killed, and says so', async () => {
    const [step] = job(await play(jobOf('- run: exec sleep 60'), { stepTimeoutMs: 200 })).steps
    expect(step).toMatchObject({ conclusion: 'failure', annotations: [{ level: 'error' }] })
  })
})

describe('from step to step', () => {
  test('go outputs, variables, paths, the home directory and the workspace', async () => {
    const [, log] = await logs(`- id: first
  run: |
    echo "x=42" >> "$GITHUB_OUTPUT"
    echo "EXPORTED=yes" >> "$GITHUB_ENV"
    mkdir bin && printf '#!/bin/sh\\necho mine' > bin/helm && chmod +x bin/helm
    echo "$PWD/bin" >> "$GITHUB_PATH"
    echo home > ~/.config; echo here > file; echo temp > "$RUNNER_TEMP/file"
- env: { X: '\${{ steps.first.outputs.x }} \${{ env.EXPORTED }}' }
  run: |
    echo "$X $EXPORTED"
    helm; cat ~/.config file "$RUNNER_TEMP/file"`)
    expect(log).toBe('42 yes yes\nmine\nhome\nhere\ntemp')
  })

  test('the env of a step wins over what was exported, which wins over that of the job', async () => {
    const result = await play(
      jobOf(
        `- run: echo "A=exported" >> "$GITHUB_ENV"; echo "B=exported" >> "$GITHUB_ENV"; echo "GITHUB_SHA=forged" >> "$GITHUB_ENV"
- env: { B: step }
  run: test "$A/$B" = exported/step && test "$GITHUB_SHA" != forged`,
        'env: { A: job, B: job }',
      ),
    )
    expect(stepConclusions(result)).toEqual(['success', 'success'])
  })

  test('nothing goes to another job', async () => {
    const result = await play(
      jobOf(`- run: 'echo x > file; echo "A=1" >> "$GITHUB_ENV"'`) +
        '\n  other: { needs: job, runs-on: x, steps: [{ run: \'test ! -e file && test -z "$A"\' }] }',
    )
    expect(job(result, 'other').conclusion).toBe('success')
  })
})

describe('masks', () => {
  test('hold in all later steps of the job, in logs and in summaries', async () => {
    const result = await play(
      jobOf(`- run: 'echo "::add-mask::hunter2"'
- run: echo "it is hunter2"; echo "hunter2" >> "$GITHUB_STEP_SUMMARY"
- uses: test/log@v1`) + "\n  other: { needs: job, runs-on: x, steps: [{ run: 'echo hunter2' }] }",
      {
        actions: {
          'test/log': ({ log }) => {
            log('also hunter2')
            return {}
          },
        },
      },
    )
    expect(job(result).steps.map(({ log, summary }) => [log, summary])).toEqual([
      ['', ''],
      ['it is ***', '***\n'],
      ['also ***', ''],
    ])
    expect(job(result, 'other').steps[0]?.log).toBe('hunter2')
  })

  test('secrets and the token are masked from the beginning', async () => {
    const steps = `- env: { A: '\${{ secrets.PASSWORD }}', T: '\${{ github.token }}' }\n  run: echo "$A $T open"`
    expect(await logs(steps, { secrets: { PASSWORD: 'open-sesame', EMPTY: '' } })).toEqual(['*** *** open'])
  })

  test('job outputs that hold a masked value are dropped, with a warning', async () => {
    const outputs = ['plain', 'whole', 'part', 'secret', 'token', 'empty']
      .map((name) => `${name}: "\${{ steps.a.outputs.${name} }}"`)
      .join(', ')
    const result = await play(
      jobOf(
        `- id: a
  uses: test/outputs@v1
  with: { secret: '\${{ secrets.PASSWORD }}', token: '\${{ github.token }}' }`,
        `outputs: { ${outputs} }`,
      ),
      {
        secrets: { PASSWORD: 'open-sesame' },
        actions: {
          'test/outputs': ({ inputs }) => ({
            masks: ['hunter2'],
            outputs: { plain: 'x', whole: 'hunter2', part: 'arn:hunter2:x', empty: '', ...inputs },
          }),
        },
      },
    )
    expect(job(result)).toMatchObject({ conclusion: 'success', outputs: { plain: 'x' } })
    expect(Object.keys(job(result).outputs)).toEqual(['plain'])
    expect(job(result).annotations).toEqual(
      ['whole', 'part', 'secret', 'token'].map((name) => ({
        level: 'warning',
        title: undefined,
        message: `Skip output '${name}' since it may contain secret.`,
      })),
    )
    // Within the job they are there.
    expect(job(result).steps[0]?.outputs).toMatchObject({ whole: 'hunter2' })
  })
})

describe('a replaced action', () => {
  test('gets what the action would get', async () => {
    const notes = new Notes()
    const result = await play(
      jobOf(
        "- uses: Test/Note@0123456789abcdef\n  id: n\n  with: { Mixed-Case: 1, yes: true }\n  env: { A: 'b' }",
      ),
      { actions: notes.actions, environment: { AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1' } },
    )
    expect(notes.steps[0]).toMatchObject({
      uses: 'Test/Note@0123456789abcdef',
      inputs: { 'Mixed-Case': '1', yes: 'true' },
      env: { A: 'b', GITHUB_ACTIONS: 'true', GITHUB_ACTION: 'n', AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1' },
      event: { name: 'pull_request' },
    })
    expect(notes.steps[0]?.env).not.toHaveProperty('AWS_ACCESS_KEY_ID')
    expect(job(result).steps[0]?.name).toBe('Run Test/Note@0123456789abcdef')
  })

  test('exports variables to later steps, processes or not', async () => {
    const notes = new Notes()
    const result = await play(
      jobOf('- uses: test/export@v1\n- uses: test/note@v1\n- run: test "$AWS_ACCESS_KEY_ID" = AKIA1'),
      {
        actions: { ...notes.actions, 'test/export': () => ({ exportedEnv: { AWS_ACCESS_KEY_ID: 'AKIA1' } }) },
      },
    )
    expect(notes.steps[0]?.env).toMatchObject({ AWS_ACCESS_KEY_ID: 'AKIA1' })
    expect(stepConclusions(result)).toEqual(['success', 'success', 'success'])
  })

  test.each([
    [
      'at once',
      () => {
        throw new Error('no role given')
      },
    ],
    ['later', () => Promise.reject(new Error('no role given'))],
  ])('that throws %s fails the step with the message', async (_when, action) => {
    const result = await play(jobOf("- uses: test/fail@v1\n- run: 'true'"), {
      actions: { 'test/fail': action },
    })
    expect(stepConclusions(result)).toEqual(['failure', 'skipped'])
    expect(job(result).steps[0]).toMatchObject({
      log: 'Error: no role given',
      annotations: [{ level: 'error', message: 'no role given' }],
    })
  })
})

describe('our action', () => {
  const root = (): string =>
    aDirectory({
      'action.yml': `name: x
inputs:
  mode: { description: x, required: true }
  github-token: { description: x, default: '\${{ github.token }}' }
  wait: { description: x, default: 'true' }
runs: { using: node24, main: dist/index.js }`,
      'package.json': '{"type": "module"}',
      'dist/index.js': `import { appendFileSync } from 'node:fs'
const { INPUT_MODE, INPUT_WAIT, GITHUB_OUTPUT, GITHUB_JOB, PRELOADED } = process.env
const hasToken = process.env['INPUT_GITHUB-TOKEN'].startsWith('ghs_')
appendFileSync(GITHUB_OUTPUT, 'seen=' + [INPUT_MODE, INPUT_WAIT, hasToken, GITHUB_JOB, globalThis.preloaded].join(' '))`,
      'preload.mjs': 'globalThis.preloaded = "preloaded"',
      '.github/workflows/callable.yml': `on: { workflow_call: { inputs: { mode: { type: string, required: true } } } }
jobs: { inner: { runs-on: x, outputs: { seen: '\${{ steps.a.outputs.seen }}' }, steps: [{ id: a, uses: $/., with: { mode: '\${{ inputs.mode }}' } }] } }`,
    })

  test.each(['./', '$/.', PUBLISHED_ACTION])('uses: %s', async (uses) => {
    const directory = root()
    const result = await play(jobOf(`- id: a\n  uses: ${uses}\n  with: { mode: create, wait: false }`), {
      root: directory,
      nodeFlags: ['--import', join(directory, 'preload.mjs')],
    })
    expect(job(result).steps[0]).toMatchObject({
      conclusion: 'success',
      outputs: { seen: 'create false true job preloaded' },
    })
  })

  test('through a workflow of ours', async () => {
    const uses = `${OWN_REPOSITORY}/.github/workflows/callable.yml@${OWN_TAG}`
    const result = await play(workflow(`job: { uses: ${uses}, with: { mode: auto } }`), { root: root() })
    expect(job(result, 'job / inner').outputs).toEqual({ seen: 'auto true true inner ' })
  })

  test('workflows of ours call each other in our repository', async () => {
    const uses = `${OWN_REPOSITORY}/.github/workflows/outer.yml@${OWN_TAG}`
    const directory = root()
    writeFileSync(
      join(directory, '.github/workflows/outer.yml'),
      'on: workflow_call\njobs: { middle: { uses: $/.github/workflows/callable.yml, with: { mode: auto } } }',
    )
    const result = await play(workflow(`job: { uses: ${uses} }`), { root: directory })
    expect(job(result, 'job / middle / inner').outputs).toEqual({ seen: 'auto true true inner ' })
  })

  test('is the real one by default', async () => {
    const result = await play(jobOf('- uses: ./\n  with: { mode: dance }'))
    expect(job(result).steps[0]).toMatchObject({
      conclusion: 'failure',
      log: expect.stringContaining('dance') as never,
    })
  })
})

test('every line of the log is told to who listens, with its place', async () => {
  const lines: unknown[] = []
  const service = await aService(jobOf('- name: Say it\n  run: echo hello'), {
    onLog: ({ run, ...line }) => lines.push({ id: run.id, ...line }),
  })
  const run = start(service)
  await run.result
  expect(lines).toEqual([{ id: run.id, job: 'job', step: 'Say it', text: 'hello' }])
})
