import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { ActionsService, LogLine } from '../../../local/runner/actions-service.ts'
import type { RunResult } from '../../../local/runner/run-result.ts'
import type { WorkflowRun } from '../../../local/runner/workflow-run.ts'
import {
  aService,
  conclusions,
  Gates,
  job,
  jobOf,
  labeled,
  play,
  start,
  stepConclusions,
  type ServiceOptions,
  workflow,
} from './service.ts'
import { ON_SIMULATED_TIME } from '../../../local/time/node-flags.ts'

/** Starts a run and waits until one of its steps has said that it is ready. */
async function startPrinting(
  text: string,
  options: ServiceOptions = {},
): Promise<{
  readonly run: WorkflowRun
  readonly lines: readonly LogLine[]
  readonly service: ActionsService
}> {
  const lines: LogLine[] = []
  const ready = Promise.withResolvers<undefined>()
  const onLog = (line: LogLine): void => {
    lines.push(line)
    if (line.text === 'ready') ready.resolve(undefined)
  }
  const service = await aService(text, { ...options, onLog })
  const run = start(service)
  await ready.promise
  return { run, lines, service }
}

/** Something that a step of bash waits for. */
async function aGate(): Promise<{ readonly untilOpen: string; open(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'gate-'))
  directories.push(directory)
  const file = join(directory, 'open')
  return {
    untilOpen: `until [ -e ${file} ]; do sleep 0.02; done`,
    open: () => writeFile(file, ''),
  }
}

const directories: string[] = []

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true })))
})

async function cancelled(text: string, options: ServiceOptions = {}): Promise<RunResult> {
  const { run } = await startPrinting(text, options)
  await run.cancel()
  return await run.result
}

/** Says what it was sent, and ends at the one that it gives in to. */
function listener(givesInTo: 'INT' | 'TERM' | 'KILL'): string {
  const traps = ['INT', 'TERM'].map((signal) => {
    const end = signal === givesInTo ? '; exit 7' : ''
    return `trap 'echo ${signal}${end}' ${signal}`
  })
  return [...traps, 'echo ready', 'for _ in {1..600}; do sleep 0.05; done'].join('\n    ')
}

describe('a step that runs', () => {
  test.each([
    ['INT', ['ready', 'INT'], { interrupt: 20_000, terminate: 100 }],
    ['TERM', ['ready', 'INT', 'TERM'], { interrupt: 400, terminate: 20_000 }],
    ['KILL', ['ready', 'INT', 'TERM'], { interrupt: 400, terminate: 3_000 }],
  ] as const)(
    'is sent SIGINT, SIGTERM and SIGKILL until it ends: %s',
    async (givesInTo, log, cancelGraceMs) => {
      const result = await cancelled(jobOf(`- run: |\n    ${listener(givesInTo)}`), { cancelGraceMs })
      expect(job(result).steps).toMatchObject([{ conclusion: 'cancelled', log: log.join('\n') }])
      expect(result).toMatchObject({ conclusion: 'cancelled', error: 'The run was canceled by a user.' })
    },
  )

  test('is left alone when its if still holds', async () => {
    const gate = await aGate()
    const { run } = await startPrinting(
      jobOf(`- if: always()\n  run: 'echo ready; ${gate.untilOpen}; echo finished'\n- run: echo no`),
    )
    const cancelling = run.cancel()
    await gate.open()
    await cancelling
    const result = await run.result
    expect(job(result)).toMatchObject({
      conclusion: 'cancelled',
      steps: [{ conclusion: 'success', log: 'ready\nfinished' }, { conclusion: 'skipped' }],
    })
  })

  test('that is a replacement is told, and over', async () => {
    const started = Promise.withResolvers<undefined>()
    let isTold = false
    const service = await aService(jobOf('- uses: test/listen@v1'), {
      actions: {
        'test/listen': ({ signal }) => {
          signal.addEventListener('abort', () => {
            isTold = true
          })
          started.resolve(undefined)
          return new Promise(() => undefined)
        },
      },
    })
    const run = start(service)
    await started.promise
    await run.cancel()
    expect(stepConclusions(await run.result)).toEqual(['cancelled'])
    expect(isTold).toBe(true)
  })
})

test('after it come the steps that want it, and no others', async () => {
  const result = await cancelled(
    jobOf(
      [
        "- run: 'echo ready; exec sleep 30'",
        '- run: echo no',
        '- if: always()\n  run: echo always',
        '- if: cancelled()\n  run: echo cancelled',
        '- if: failure()\n  run: echo failure',
        '- if: "!cancelled()"\n  run: echo not cancelled',
        "- if: always() && job.status == 'cancelled'\n  run: echo status",
      ].join('\n'),
    ),
  )
  const outcomes = ['cancelled', 'skipped', 'success', 'success', 'skipped', 'skipped', 'success']
  expect(stepConclusions(result)).toEqual(outcomes)
})

test('jobs: those whose if holds go on or start, those that wait are cancelled or skipped', async () => {
  const gate = await aGate()
  const { run } = await startPrinting(
    workflow(
      [
        "busy: { runs-on: x, steps: [{ run: 'echo ready; exec sleep 30' }] }",
        `kept: { if: always(), runs-on: x, steps: [{ run: '${gate.untilOpen}; echo kept' }] }`,
        "queued: { runs-on: x, strategy: { max-parallel: 1, matrix: { n: [1, 2] } }, steps: [{ run: 'exec sleep 30' }] }",
        "after: { needs: busy, runs-on: x, steps: [{ run: 'true' }] }",
        "alone: { needs: kept, runs-on: x, steps: [{ run: 'true' }] }",
        "cleanup: { needs: busy, if: always(), runs-on: x, steps: [{ run: 'true' }] }",
        "reaction: { needs: busy, if: cancelled(), runs-on: x, steps: [{ run: 'true' }] }",
      ].join('\n'),
    ),
  )
  const cancelling = run.cancel()
  await gate.open()
  await cancelling
  const result = await run.result
  expect(conclusions(result)).toEqual({
    busy: 'cancelled',
    kept: 'success',
    'queued (1)': 'cancelled',
    'queued (2)': 'cancelled',
    after: 'skipped',
    alone: 'cancelled',
    cleanup: 'success',
    reaction: 'success',
  })
  expect(job(result, 'queued (2)').steps).toEqual([])
  expect(result.conclusion).toBe('cancelled')
})

test('reaches the jobs of called workflows', async () => {
  const callee = '.github/workflows/callee.yml'
  const ready = Promise.withResolvers<undefined>()
  const service = await aService(
    {
      '.github/workflows/test.yml': workflow(`outer: { uses: ./${callee} }`),
      [callee]:
        "on: workflow_call\njobs: { inner: { runs-on: x, steps: [{ run: 'echo ready; exec sleep 30' }] } }",
    },
    {
      onLog: () => {
        ready.resolve(undefined)
      },
    },
  )
  const run = start(service)
  await ready.promise
  await run.cancel()
  expect(conclusions(await run.result)).toEqual({ outer: 'cancelled', 'outer / inner': 'cancelled' })
})

test('a run that waits for its group ends without a job', async () => {
  const gates = new Gates()
  const text = workflow(
    'job: { runs-on: x, steps: [{ uses: test/gate@v1 }] }',
    'concurrency: { group: one, queue: max }',
  )
  const service = await aService(text, { actions: gates.actions })
  const [first, second, third] = [start(service), start(service), start(service)]
  await gates.arrived('')
  await second.cancel()
  expect(await second.result).toMatchObject({ conclusion: 'cancelled', jobs: [] })
  gates.open('')
  expect((await first.result).conclusion).toBe('success')
  expect((await third.result).conclusion).toBe('success')
})

test('an ended run cannot be cancelled any more', async () => {
  const service = await aService(jobOf("- run: 'true'"))
  const run = start(service)
  await run.result
  await run.cancel()
  expect((await run.result).conclusion).toBe('success')
})

describe('timeout-minutes, on the clock of the cloud', () => {
  /** A process that sleeps for an hour, on that clock. */
  const ASLEEP = `exec ${process.execPath} ${ON_SIMULATED_TIME.join(' ')} --eval 'setTimeout(() => {}, 3600000)'`

  test('of a step: it failed, and the job goes on as after a failure', async () => {
    const result = await play(
      jobOf(
        `- name: Slow\n  timeout-minutes: 2\n  run: ${ASLEEP}\n- if: failure()\n  run: 'true'\n- run: 'true'`,
      ),
    )
    expect(stepConclusions(result)).toEqual(['failure', 'success', 'skipped'])
    expect(job(result).steps[0]?.annotations.at(-1)?.message).toBe(
      "The action 'Slow' has timed out after 2 minutes.",
    )
    expect(result.conclusion).toBe('failure')
  })

  test('of a job: it is cancelled', async () => {
    const result = await play(
      jobOf(`- run: ${ASLEEP}\n- if: cancelled()\n  run: 'true'`, 'timeout-minutes: 5'),
    )
    expect(job(result)).toMatchObject({
      conclusion: 'cancelled',
      error: 'The job has exceeded the maximum execution time of 5 minutes.',
      steps: [{ conclusion: 'cancelled' }, { conclusion: 'success' }],
    })
  })

  test('that is not reached does nothing', async () => {
    const result = await play(jobOf("- timeout-minutes: 600\n  run: 'true'", 'timeout-minutes: 600'))
    expect(result.conclusion).toBe('success')
  })

  test('is a number above 0', async () => {
    const result = await play(jobOf("- timeout-minutes: 0\n  run: 'true'"))
    expect(job(result).steps[0]?.annotations[0]?.message).toContain('timeout-minutes is a number above 0')
  })
})

describe('a machine that is gone', () => {
  test('nothing runs after it, not even what always runs', async () => {
    const { run, lines } = await startPrinting(
      jobOf(
        "- run: |\n    trap 'echo INT' INT TERM\n    echo ready\n    for _ in {1..600}; do sleep 0.05; done\n- if: always()\n  run: echo no",
      ),
    )
    run.kill()
    const result = await run.result
    expect(result).toMatchObject({ conclusion: 'failure', error: 'The machine of the run is gone.' })
    expect(job(result).steps).toHaveLength(1)
    expect(lines.map(({ text }) => text)).toEqual(['ready'])
  })

  test('its group is free again', async () => {
    const gates = new Gates()
    const text = workflow(
      'job: { runs-on: x, steps: [{ uses: test/gate@v1 }] }',
      'concurrency: { group: one, queue: max }',
    )
    const service = await aService(text, { actions: gates.actions })
    const [first, second] = [start(service, labeled()), start(service, labeled())]
    await gates.arrived('')
    first.kill()
    gates.open('')
    expect((await second.result).conclusion).toBe('success')
  })
})

describe('close', () => {
  test('ends every process, also those that a step left behind', async () => {
    const { lines, run, service } = await startPrinting(
      jobOf('- run: |\n    sleep 301 & echo $!\n    echo ready\n    sleep 302'),
    )
    const child = Number(lines[0]?.text)
    expect(isThere(child)).toBe(true)
    await service.close()
    expect(run.status).toBe('completed')
    await untilGone(child)
    expect(() => service.trigger(labeled())).toThrow('the service is closed')
  })

  test('at the end of a job its orphans are gone, too', async () => {
    const result = await play(jobOf('- run: sleep 303 > /dev/null 2>&1 & echo $!'))
    await untilGone(Number(job(result).steps[0]?.log))
  })
})

/** Soon after it was killed; one that nobody waits for stays as a zombie. */
async function untilGone(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 5))
}

function isThere(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}
