import type { RunningStep, StepResult } from './step.ts'

/** What a job learns from a step, whatever played it. */
export type StepOutcome = Pick<
  StepResult,
  'conclusion' | 'outputs' | 'exportedEnv' | 'addedPaths' | 'masks' | 'annotations' | 'log' | 'summary'
>

/** A step under way: a process, or a replacement in this one. */
export interface StepWork {
  readonly result: Promise<StepOutcome>
  /** Asks it to end, in the runner's way; `result` says when it did. */
  cancel(): void
  /** Ends it at once. */
  kill(): void
}

export function stepWork(step: RunningStep): StepWork {
  return {
    result: step.result.then((result) => {
      if (!result.timedOut) return result
      const message = 'The process was killed: it took longer than the time that this runner was given.'
      return {
        ...result,
        annotations: [...result.annotations, { level: 'error', title: undefined, message }],
      }
    }),
    cancel: () => {
      // A process that could not be started rejects `result` too, where it is seen.
      step.cancel().catch(() => undefined)
    },
    kill: () => {
      step.kill()
    },
  }
}
