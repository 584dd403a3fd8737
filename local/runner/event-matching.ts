import type { WorkflowEvent } from '../github/events.ts'

/** One event of `on:`. */
export interface Trigger {
  /** Undefined: the default of the event. */
  readonly types?: readonly string[]
  /** The lines of `schedule`. */
  readonly crons?: readonly string[]
}

/** What may start a workflow here. `workflow_call` never does: somebody calls it. */
export const SUPPORTED_EVENTS: readonly string[] = [
  'delete',
  'issue_comment',
  'pull_request',
  'pull_request_target',
  'push',
  'schedule',
  'workflow_call',
  'workflow_dispatch',
]

/** All other events start a workflow whatever their action is [actions §3.1]. */
const DEFAULT_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['pull_request', ['opened', 'synchronize', 'reopened']],
  ['pull_request_target', ['opened', 'synchronize', 'reopened']],
])

export function startsOn(
  workflow: { readonly path: string; readonly triggers: ReadonlyMap<string, Trigger> },
  { name, payload }: WorkflowEvent,
): boolean {
  const trigger = workflow.triggers.get(name)
  if (trigger === undefined || name === 'workflow_call') return false
  if (name === 'workflow_dispatch') return payload['workflow'] === workflow.path
  if (name === 'schedule') {
    // One run for each line that is due, of the workflow it stands in.
    const isMine = payload['workflow'] === undefined || payload['workflow'] === workflow.path
    return isMine && (trigger.crons ?? []).some((cron) => cron === payload['schedule'])
  }
  const types = trigger.types ?? DEFAULT_TYPES.get(name)
  return types === undefined || types.some((type) => type === payload['action'])
}
