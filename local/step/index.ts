import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { scaledClockFrom } from '../time/scaled-clock.ts'
import { logLine, resultOf } from '../demo/narration.ts'
import { terminalOf } from '../demo/terminal.ts'
import { runProgram } from '../program.ts'
import { CONTROL_VARIABLE } from '../serve/guide.ts'
import type { Comments, StepContext } from '../serve/control.ts'
import { startStep } from '../runner/step.ts'
import { PULL_REQUEST } from '../team.ts'
import { commentOf } from './comments.ts'
import { HELP, type StepOptions, readOptions } from './options.ts'
import { ON_SCALED_TIME } from '../time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The steps of the action that wait for AWS limit themselves. */
const LIMIT_MS = 3_600_000

await runProgram({ command: 'npm run step', help: HELP, readOptions, run: play })

async function play({ deed, inputs }: StepOptions): Promise<void> {
  const terminal = terminalOf(process.stdout, process.env)
  const commentsBefore = await askCloud<Comments>('comments', 'GET')
  if (commentsBefore === undefined) return
  const context = await askCloud<StepContext>(deed, 'POST')
  if (context === undefined) return
  if (context.repeated !== undefined)
    print(
      `Pull request #${PULL_REQUEST.number} ${context.repeated}: the event of then is played again, as when a run is started again.`,
      '',
    )
  const clock = scaledClockFrom(process.env)
  const startedAt = clock?.now() ?? 0
  const step = startStep({
    script: join(ROOT, 'dist', 'index.js'),
    event: context.event,
    github: context.site,
    token: context.token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs,
    env: cloudVariables(),
    nodeFlags: ON_SCALED_TIME,
    timeoutMs: LIMIT_MS,
    onLog: (line) => {
      print(logLine(line, terminal))
    },
  })
  // As GitHub cancels a step.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void step.cancel())
  const result = await step.result
  const virtualMs = clock === undefined ? undefined : clock.now() - startedAt
  if (result.conclusion !== 'success') process.exitCode = 1
  const commentsAfterwards = (await askCloud<Comments>('comments', 'GET')) ?? {}
  const comment = commentOf(commentsBefore, commentsAfterwards)
  print(...resultOf({ result, outputsBefore: {}, comment, virtualMs }, terminal))
}

/** What the local cloud answers: it has things done to the pull request, and knows what GitHub then tells a workflow. */
async function askCloud<Answer>(path: string, method: 'GET' | 'POST'): Promise<Answer | undefined> {
  const url = process.env[CONTROL_VARIABLE] ?? ''
  if (url === '') {
    fail(`${CONTROL_VARIABLE} is not set: export what \`npm run local\` prints.`)
    return undefined
  }
  try {
    const answer = await fetch(`${url}/${path}`, { method })
    if (!answer.ok) {
      fail(await answer.text())
      return undefined
    }
    return (await answer.json()) as Answer
  } catch {
    fail(`Nothing answers at ${url}: is \`npm run local\` still running?`)
    return undefined
  }
}

/** AWS's own variables and the clock: what a step is to find of this environment. */
function cloudVariables(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(?:AWS_|AURORA_LOCAL_CLOCK$)/.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
