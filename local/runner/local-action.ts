import type { WorkflowEvent } from '../github/events.ts'
import { StepLog } from './commands.ts'
import type { PermissionMap } from './permissions.ts'
import type { StepOutcome, StepWork } from './step-work.ts'

/** An action by others, replaced by a function that checks the inputs it gets. Throwing fails the step with the message. */
export type LocalAction = (step: LocalActionStep) => Promise<LocalActionResult> | LocalActionResult

export interface CheckedOutFile {
  readonly path: string
  readonly isExecutable: boolean
  readonly content: Buffer
}

export interface LocalActionStep {
  /** As written, with its ref. */
  readonly uses: string
  readonly inputs: Readonly<Record<string, string>>
  /** What a process of this step would see. */
  readonly env: Readonly<Record<string, string>>
  readonly event: WorkflowEvent
  /** What the token of its job may do. */
  readonly permissions: PermissionMap
  readonly workspace: string
  /** What the repository has at a branch or tag; at the commit of the run without one. */
  readonly files: (ref: string) => readonly CheckedOutFile[]
  /** One line, read as the runner reads it: `::notice::…` is a command. */
  readonly log: (line: string) => void
  /** Aborted when the step is cancelled or timed out; the step is over then, whatever the function still does. */
  readonly signal: AbortSignal
}

export interface LocalActionResult {
  readonly outputs?: Readonly<Record<string, string>>
  readonly exportedEnv?: Readonly<Record<string, string>>
  readonly masks?: readonly string[]
}

/** Plays a replacement the way a process is played: it can be cancelled, and its log is read. */
export function startLocalAction(options: {
  readonly action: LocalAction
  readonly step: Omit<LocalActionStep, 'log' | 'signal'>
  readonly masks: readonly string[]
  readonly onLog: (line: string) => void
}): StepWork {
  const log = new StepLog({ showDebug: false, onLine: options.onLog })
  for (const mask of options.masks) log.addMask(mask)
  const stop = new AbortController()
  const stopped = new Promise<'stopped'>((resolve) => {
    stop.signal.addEventListener('abort', () => {
      resolve('stopped')
    })
  })
  const play = async (): Promise<StepOutcome> => {
    const step: LocalActionStep = {
      ...options.step,
      signal: stop.signal,
      log: (line) => {
        log.read(line)
      },
    }
    let conclusion: StepOutcome['conclusion'] = 'success'
    let given: LocalActionResult = {}
    try {
      const returned = await Promise.race([Promise.resolve(step).then(options.action), stopped])
      if (returned === 'stopped') conclusion = 'cancelled'
      else given = returned
    } catch (error) {
      conclusion = 'failure'
      const message = error instanceof Error ? error.message : String(error)
      log.annotate({ level: 'error', title: undefined, message })
    }
    for (const mask of given.masks ?? []) log.addMask(mask)
    return {
      conclusion,
      outputs: { ...log.outputs, ...given.outputs },
      exportedEnv: given.exportedEnv ?? {},
      addedPaths: [],
      masks: log.masks,
      annotations: log.annotations,
      log: log.lines.join('\n'),
      summary: '',
    }
  }
  const abort = (): void => {
    stop.abort()
  }
  return { result: play(), cancel: abort, kill: abort }
}
