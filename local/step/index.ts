import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { runProgram } from '../program.ts'
import { CONTROL_VARIABLE } from '../serve/guide.ts'
import type { StepContext } from '../serve/control.ts'
import { startStep } from '../runner/step.ts'
import { HELP, type StepOptions, readOptions } from './options.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The steps of the action that wait for AWS limit themselves. */
const LIMIT_MS = 3_600_000

await runProgram({ command: 'npm run step', help: HELP, readOptions, run: play })

async function play({ deed, inputs }: StepOptions): Promise<void> {
  const context = await happened(deed)
  if (context === undefined) return
  const step = startStep({
    script: join(ROOT, 'dist', 'index.js'),
    event: context.event,
    github: context.site,
    token: context.token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs,
    env: cloudVariables(),
    preload: [join(ROOT, 'local', 'warp.ts')],
    timeoutMs: LIMIT_MS,
    onLog: (line) => {
      process.stdout.write(`${line}\n`)
    },
  })
  // As GitHub cancels a step.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void step.cancel())
  const { conclusion, outputs } = await step.result
  const given = Object.entries(outputs).filter(([, value]) => value !== '')
  process.stdout.write(given.map(([name, value]) => `\n  ${name}=${value}`).join(''))
  process.stdout.write(`\n\nThe step ended with ${conclusion}.\n`)
  if (conclusion !== 'success') process.exitCode = 1
}

/** Has it done to the pull request by the local cloud, which knows what GitHub then tells a workflow. */
async function happened(deed: string): Promise<StepContext | undefined> {
  const url = process.env[CONTROL_VARIABLE] ?? ''
  if (url === '') {
    fail(`${CONTROL_VARIABLE} is not set: export what \`npm run local\` prints.`)
    return undefined
  }
  try {
    const answer = await fetch(`${url}/${deed}`, { method: 'POST' })
    if (!answer.ok) {
      fail(await answer.text())
      return undefined
    }
    return (await answer.json()) as StepContext
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
