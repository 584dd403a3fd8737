import { join } from 'node:path'
import type { LocalCloud } from '../cloud.ts'
import type { WorkflowEvent } from '../github/events.ts'
import { ConcurrencyGroups } from './concurrency-groups.ts'
import { startsOn } from './event-matching.ts'
import { dispatchInputs, type InputValue } from './inputs.ts'
import type { LocalAction } from './local-action.ts'
import { restrictionOf } from './permissions.ts'
import type { MachineOptions } from './run-facts.ts'
import type { WorkflowFile } from './workflow-file.ts'
import { WorkflowLibrary } from './workflow-library.ts'
import { startRun, type WorkflowRun } from './workflow-run.ts'

export interface ActionsServiceOptions extends MachineOptions {
  readonly cloud: LocalCloud
  /** Workflow files of the caller's repository by path: `{ '.github/workflows/pr.yml': '…' }`. */
  readonly workflows: Readonly<Record<string, string>>
  /** Root of this product's checkout: dist/index.js, action.yml and its callable workflows are read there. */
  readonly root?: string
  /** `owner/repo[/path]`, without ref → replacement. */
  readonly actions?: Readonly<Record<string, LocalAction>>
  readonly variables?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Whether a job that its `if` skips takes part in its concurrency group first: GitHub does not say, and reports differ. */
  readonly skippedJobsClaim?: boolean
  /**
   * Whether `permissions` give Dependabot's runs what they ask for. GitHub says so of its token, nothing of `id-token`, and people
   * have reported that it is refused [Dependabot on GitHub Actions; google-github-actions/auth#51].
   */
  readonly dependabotIsGranted?: boolean
  readonly onLog?: (line: LogLine) => void
}

export interface LogLine {
  readonly run: WorkflowRun
  readonly job: string
  readonly step: string
  readonly text: string
}

const FIRST_RUN_ID = 16_000_000_001
/** A step gets them from the replacement of aws-actions/configure-aws-credentials, or it has none. */
const AWS_CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']

/** GitHub Actions for one repository. Refuses workflows with anything that would not run here as it does on GitHub. */
export async function startActionsService(options: ActionsServiceOptions): Promise<ActionsService> {
  const given = AWS_CREDENTIALS.filter((name) => options.environment?.[name] !== undefined)
  if (given.length > 0) {
    throw new Error(
      `environment has ${given.join(', ')}: credentials come from the step of aws-actions/configure-aws-credentials alone`,
    )
  }
  const { actions = {}, root = join(import.meta.dirname, '..', '..'), workflows } = options
  return new ActionsService(options, await WorkflowLibrary.load({ workflows, root, actions }))
}

export class ActionsService {
  readonly #options: ActionsServiceOptions
  readonly #library: WorkflowLibrary
  readonly #groups: ConcurrencyGroups
  readonly #active = new Set<WorkflowRun>()
  readonly #runNumbers = new Map<string, number>()
  #lastRunId = FIRST_RUN_ID - 1
  #isClosed = false

  constructor(options: ActionsServiceOptions, library: WorkflowLibrary) {
    this.#options = options
    this.#library = library
    this.#groups = new ConcurrencyGroups(options.cloud.clock)
  }

  /** Starts a run of every workflow whose `on` matches; the runs go on by themselves. A dispatch that does not fit throws. */
  trigger(event: WorkflowEvent): readonly WorkflowRun[] {
    if (this.#isClosed) throw new Error('the service is closed')
    return this.#library.workflows
      .filter((workflow) => startsOn(workflow, event))
      .map((workflow) => this.#start(workflow, event))
  }

  /** Resolves when no run is queued or in progress. */
  async settled(): Promise<void> {
    while (this.#active.size > 0) await Promise.all([...this.#active].map(({ result }) => result))
  }

  /** Kills what is left; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const run of this.#active) run.kill()
    await this.settled()
  }

  #start(workflow: WorkflowFile, event: WorkflowEvent): WorkflowRun {
    const { cloud, dependabotIsGranted = false, onLog, secrets = {} } = this.#options
    const { skippedJobsClaim = false, variables = {} } = this.#options
    const { inputs, event: completed } = withInputs(workflow, event)
    const restriction = restrictionOf(event)
    this.#lastRunId += 1
    const runNumber = (this.#runNumbers.get(workflow.path) ?? 0) + 1
    this.#runNumbers.set(workflow.path, runNumber)
    const run: WorkflowRun = startRun({
      facts: {
        cloud,
        library: this.#library,
        machine: this.#options,
        event: completed,
        runId: this.#lastRunId,
        runNumber,
        workflow,
        restriction,
        isReadOnly: restriction === 'fork' || (restriction === 'dependabot' && !dependabotIsGranted),
        skippedJobsClaim,
        // "They are not passed to workflows that are triggered by a pull request from a fork": both are meant.
        variables: restriction === undefined ? variables : {},
        onLog: (line) => onLog?.({ run, ...line }),
      },
      groups: this.#groups,
      inputs,
      secrets: restriction === undefined ? secrets : {},
    })
    this.#active.add(run)
    void run.result.finally(() => this.#active.delete(run))
    return run
  }
}

/** The inputs of a dispatch, typed; and the event with the defaults that GitHub adds to it, as text. */
function withInputs(
  workflow: WorkflowFile,
  event: WorkflowEvent,
): { readonly inputs: Readonly<Record<string, InputValue>>; readonly event: WorkflowEvent } {
  if (event.name !== 'workflow_dispatch') return { inputs: {}, event }
  const given = (event.payload['inputs'] ?? {}) as Readonly<Record<string, string>>
  const inputs = dispatchInputs(workflow.dispatchInputs, given)
  const texts = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]))
  return { inputs, event: { ...event, payload: { ...event.payload, inputs: texts } } }
}
