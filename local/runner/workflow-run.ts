import type { JsonObject } from '../github/representation.ts'
import { type ConcurrencyGroups, evaluateConcurrency, type Ticket } from './concurrency-groups.ts'
import { permissionProblem } from './permissions.ts'
import { githubContext, type RunFacts } from './run-facts.ts'
import type { RunResult } from './run-result.ts'
import { WorkflowPlay } from './workflow-play.ts'

/** A run of a workflow, as its page shows it. */
export interface WorkflowRun {
  readonly id: number
  /** Path of its file. */
  readonly workflow: string
  /** As it is now. */
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly result: Promise<RunResult>
  /** The button "Cancel workflow"; resolves when the run has ended. */
  cancel(): Promise<void>
  /** The machine is gone: SIGKILL, nothing else runs. */
  kill(): void
}

/** Starts at once; its concurrency group, if it has one, is claimed before this returns and before any job's `if`. */
export function startRun(options: {
  readonly facts: RunFacts
  readonly groups: ConcurrencyGroups
  readonly inputs: JsonObject
  readonly secrets: Readonly<Record<string, string>>
}): WorkflowRun {
  const { facts, groups, inputs, secrets } = options
  const { library, workflow: file } = facts
  let status: WorkflowRun['status'] = 'queued'
  const end: { reason?: string; isDead: boolean } = { isDead: false }
  let ticket: Ticket | undefined
  let play: WorkflowPlay | undefined

  const cancel = (why: string): void => {
    end.reason ??= why
    if (play === undefined) ticket?.leave()
    else play.cancel(why)
  }
  const run = async (): Promise<RunResult> => {
    const problem = permissionProblem(file, { calleeOf: (job) => library.callee(job) })
    if (problem !== undefined) return { conclusion: 'startup_failure', error: problem, jobs: [] }
    const held = new Map<string, string>()
    try {
      const contexts = { github: githubContext(facts), vars: facts.variables, inputs }
      const repository = facts.event.repository.fullName
      const request = evaluateConcurrency(file.concurrency, { repository, scope: { contexts } })
      if (request !== undefined) {
        held.set(request.key, 'top level workflow')
        ticket = groups.enter(request, cancel)
      }
    } catch (error) {
      return { conclusion: 'startup_failure', error: String(error), jobs: [] }
    }
    const granted = ticket === undefined || (await ticket.granted)
    if (!granted || end.reason !== undefined) {
      return { conclusion: end.isDead ? 'failure' : 'cancelled', error: end.reason, jobs: [] }
    }
    status = 'in_progress'
    play = new WorkflowPlay({
      facts,
      groups,
      file,
      inputs,
      secrets,
      allowed: undefined,
      prefix: { ids: '', names: '' },
      held,
      abandon: cancel,
    })
    const { conclusion, records } = await play.play()
    return { conclusion: end.isDead ? 'failure' : conclusion, error: end.reason, jobs: records }
  }
  const result = run().finally(() => {
    status = 'completed'
    ticket?.leave()
  })
  return {
    id: facts.runId,
    workflow: file.path,
    get status() {
      return status
    },
    result,
    cancel: async () => {
      cancel('The run was canceled by a user.')
      await result
    },
    kill: () => {
      end.isDead = true
      end.reason ??= 'The machine of the run is gone.'
      if (play === undefined) ticket?.leave()
      else play.kill()
    },
  }
}
