import type { Annotation } from './commands.ts'

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'

export interface StepRecord {
  readonly name: string
  readonly id: string | undefined
  /** After `continue-on-error`; `outcome` is before it. */
  readonly conclusion: Conclusion
  readonly outcome: Conclusion
  readonly outputs: Readonly<Record<string, string>>
  readonly log: string
  /** As uploaded: masked. */
  readonly summary: string
  readonly annotations: readonly Annotation[]
}

export interface JobResult {
  /** `build`, `build (eu-west-1)` of a matrix, `caller / callee` of a called workflow. */
  readonly id: string
  /** As GitHub shows it: of `name:` evaluated, or of ids where there is none, such as `caller / Callee`. */
  readonly name: string
  readonly conclusion: Conclusion
  /** Those of the runner that it asked for; none when it did not start. */
  readonly labels: readonly string[]
  /** Without empty ones and those that hold a masked value. */
  readonly outputs: Readonly<Record<string, string>>
  readonly steps: readonly StepRecord[]
  /** Of the job itself, such as outputs that were dropped. */
  readonly annotations: readonly Annotation[]
  /** Why it was cancelled, or failed without a step that did. */
  readonly error: string | undefined
}

export interface RunResult {
  readonly conclusion: Conclusion | 'startup_failure'
  readonly error: string | undefined
  readonly jobs: readonly JobResult[]
}

/** A job as others see it that need it: every combination of its matrix together. */
export interface JobNode {
  readonly conclusion: Conclusion
  /** A failure that `continue-on-error` allows is none for the jobs and the run that follow. */
  readonly result: Conclusion
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * Of several jobs together: what went wrong counts, then what was cancelled; skipped is only what was skipped in all of them.
 * When the whole was cancelled, that is what became of it, unless everything had ended before.
 */
export function summarize(conclusions: readonly Conclusion[], isCancelled: boolean): Conclusion {
  if (isCancelled && conclusions.includes('cancelled')) return 'cancelled'
  for (const conclusion of ['failure', 'cancelled', 'success'] as const) {
    if (conclusions.includes(conclusion)) return conclusion
  }
  return 'skipped'
}
