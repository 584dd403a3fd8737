import type { Phase, Timeline } from './timeline.ts'

/** What is to become of a resource. */
export interface ScriptedFailure {
  /** A status of [aurora §4.1] or [aurora §4.2], such as `cloning-failed`. */
  readonly status: string
  /** Counted from now, for a resource still to come from its create call. */
  readonly afterMs?: number
  /** What DescribeEvents says about it. */
  readonly message?: string
  /** Back to `available` so long after the failure. */
  readonly healsAfterMs?: number
  /**
   * `existing`: what is there now; `next`: the next one created that matches; `every-next`: all created from now on.
   * Left out: what is there now if anything matches, else the next one.
   */
  readonly applies?: 'existing' | 'next' | 'every-next'
}

export type Predicate<View> = (view: View) => boolean

interface Script<View> {
  readonly matches: Predicate<View>
  readonly failure: ScriptedFailure
}

/** Failures of resources that do not exist yet. */
export class PendingFailures<View> {
  #scripts: readonly Script<View>[] = []

  add(script: Script<View>): void {
    this.#scripts = [...this.#scripts, script]
  }

  /** The failures of a resource just created; those meant for one resource only are used up by it. */
  take(view: View): readonly ScriptedFailure[] {
    const taken = this.#scripts.filter((script) => script.matches(view))
    this.#scripts = this.#scripts.filter(
      (script) => !taken.includes(script) || script.failure.applies === 'every-next',
    )
    return taken.map((script) => script.failure)
  }
}

export function failurePhases(failure: ScriptedFailure, since: number): Timeline {
  const from = since + (failure.afterMs ?? 0)
  const message = failure.message ?? `The resource entered the status ${failure.status}.`
  const failed: Phase = { from, status: failure.status, event: { message, categories: ['failure'] } }
  if (failure.healsAfterMs === undefined) return [failed]
  return [failed, { from: from + failure.healsAfterMs, status: 'available' }]
}
