import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import type { LocalCloud } from '../cloud.ts'
import type { WorkflowEvent } from '../github/events.ts'
import type { PullRequest } from '../github/state.ts'
import { type StepResult, startStep } from '../runner/step.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { logLine } from './narration.ts'
import { AWS_MS } from './story.ts'
import { type Terminal, quote } from './terminal.ts'
import { ON_SCALED_TIME } from '../time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const BUNDLE = join(ROOT, 'dist', 'index.js')
/** Real time, beside twice what AWS takes. */
const STEP_LIMIT_MS = 300_000
/** A slow machine takes minutes of a fast clock for each step. */
const PATIENCE = { 'wait-timeout': '1d' }

/** Where the demo is shown, and what ends it early. */
export interface Stage {
  readonly terminal: Terminal
  readonly interruption: {
    /** Cancels the running step, as GitHub would. */
    readonly first: AbortSignal
    /** Kills it. */
    readonly second: AbortSignal
  }
}

export type Ending =
  | { readonly kind: 'told' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'surprise'; readonly because: string }

export function surprise(because: string): Ending {
  return { kind: 'surprise', because }
}

export const MISSING_BUNDLE = surprise(
  'dist/index.js, which is what is played, is missing. Run `npm run build`.',
)

export interface StagedStep {
  readonly event: WorkflowEvent
  readonly inputs: Readonly<Record<string, string>>
  /** Whether the step lasts as long as AWS does: then it runs on the fast clock. */
  readonly waitsForAws: boolean
  /** Called with each line of its log, before it is shown. */
  readonly onLog: () => void
}

/** Runs a step of the action as the runner would, with its log on the terminal. */
export async function runStep(
  {
    cloud,
    interruption,
    terminal,
    token,
    options: { speed },
  }: Stage & {
    readonly cloud: LocalCloud
    readonly token: string
    readonly options: Readonly<{ speed: number }>
  },
  { event, inputs, waitsForAws, onLog }: StagedStep,
): Promise<StepResult> {
  // A step that does not wait for AWS runs in real time, or its own milliseconds would look like seconds.
  const clock = waitsForAws ? cloud.clock : new ScaledClock({ speed: 1, startAt: cloud.clock.now() })
  const running = startStep({
    script: BUNDLE,
    event,
    github: cloud.github,
    token,
    inputDefaults: { ...inputDefaults(join(ROOT, 'action.yml')), ...PATIENCE },
    inputs,
    env: { ...cloud.environment, ...clock.environment() },
    nodeFlags: ON_SCALED_TIME,
    timeoutMs: STEP_LIMIT_MS + (2 * AWS_MS) / speed,
    onLog: (line) => {
      onLog()
      print(...quote([logLine(line, terminal)], terminal))
    },
  })
  const cancel = (): void => {
    void running.cancel()
  }
  const kill = (): void => {
    running.kill()
  }
  interruption.first.addEventListener('abort', cancel, { once: true })
  interruption.second.addEventListener('abort', kill, { once: true })
  try {
    return await running.result
  } finally {
    interruption.first.removeEventListener('abort', cancel)
    interruption.second.removeEventListener('abort', kill)
  }
}

/** The action keeps one; that there are not more is checked when the step has ended. */
export function commentOn(pull: PullRequest): string | undefined {
  return pull.comments().at(-1)?.body
}

export function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
