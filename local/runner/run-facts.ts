import type { LocalCloud } from '../cloud.ts'
import type { WorkflowEvent } from '../github/events.ts'
import type { Json, JsonObject } from '../github/representation.ts'
import type { CheckedOutFile } from './local-action.ts'
import type { PermissionMap } from './permissions.ts'
import { runnerVariables, type StepDirectories, type StepOptions } from './step.ts'
import type { WorkflowFile } from './workflow-file.ts'
import type { WorkflowLibrary } from './workflow-library.ts'

/** The machine room: what the caller of the runner decides about how steps run. */
export interface MachineOptions {
  /** Directory that comes first on PATH, with small programs instead of gh, helm, kubectl … */
  readonly tools?: string
  /** Variables of "the world" for every step, such as AWS endpoint URLs. */
  readonly environment?: Readonly<Record<string, string>>
  /** Flags of Node for our action's process. */
  readonly nodeFlags?: readonly string[]
  /** Asked before each step of our action: how it is played in this very process, if it is. */
  readonly inProcess?: () => StepOptions['inProcess'] | undefined
  /** Between the signals of a cancelled step, in real milliseconds. */
  readonly cancelGraceMs?: NonNullable<StepOptions['cancelGraceMs']>
  /** SIGKILL for a process that takes longer, in real milliseconds, so that no test hangs. */
  readonly stepTimeoutMs?: number
}

/** What is the same for every job of a run, called workflows included. */
export interface RunFacts {
  readonly cloud: LocalCloud
  readonly library: WorkflowLibrary
  readonly machine: MachineOptions
  readonly event: WorkflowEvent
  readonly runId: number
  readonly runNumber: number
  /** The one that the event started: `github.workflow` is its name in called ones too. */
  readonly workflow: WorkflowFile
  /** Whose run it is, if it gets no secrets of Actions. */
  readonly restriction: 'fork' | 'dependabot' | undefined
  /** Nothing to write and no identity to show to AWS, whatever `permissions` say. */
  readonly isReadOnly: boolean
  readonly skippedJobsClaim: boolean
  readonly variables: Readonly<Record<string, string>>
  readonly onLog: (line: { readonly job: string; readonly step: string; readonly text: string }) => void
}

const SECRET_SOURCES = { fork: 'None', dependabot: 'Dependabot', none: 'Actions' } as const

/** How a process or a replacement is told about the run. */
export function stepFacts(
  facts: RunFacts,
  job: string,
): Pick<StepOptions, 'event' | 'github' | 'workflow' | 'workflowPath' | 'job' | 'runId' | 'runNumber'> {
  const { cloud, event, runId, runNumber, workflow } = facts
  return {
    event,
    github: cloud.github,
    workflow: workflow.name,
    workflowPath: workflow.path,
    job,
    runId,
    runNumber,
  }
}

/** What a check-out gets. The commit that would merge a pull request has the files of its head here. */
export function checkedOutFiles({ cloud, event }: RunFacts, ref: string): readonly CheckedOutFile[] {
  const repository = cloud.github.repositories.find(({ id }) => id === event.repository.id)
  if (repository === undefined) throw new Error(`${event.repository.fullName} is gone`)
  const { pullRequests } = repository
  const merged = pullRequests.find(({ number }) => event.ref === `refs/pull/${String(number)}/merge`)
  const [owner, commit] =
    ref !== ''
      ? [repository, repository.head(ref)]
      : merged === undefined
        ? [repository, event.sha]
        : [merged.headRepository ?? repository, merged.headSha]
  const { objects } = owner
  return objects.files(owner.tree(commit)).map(({ path, mode, sha }) => ({
    path,
    isExecutable: mode === '100755',
    content: objects.blob(sha) ?? Buffer.of(),
  }))
}

/** The `github` context before there is a job: no token, no workspace. */
export function githubContext(facts: RunFacts): JsonObject {
  const {
    job: _job,
    workspace: _workspace,
    action: _action,
    ...context
  } = jobGithubContext(facts, {
    job: '',
    token: '',
    directories: { home: '', workspace: '', runnerTemp: '' },
  })
  return { ...context, token: null }
}

/** The runner derives the variables GITHUB_* from this context; here it is the other way round. */
export function jobGithubContext(
  facts: RunFacts,
  options: { readonly job: string; readonly token: string; readonly directories: StepDirectories },
): JsonObject {
  const variables = runnerVariables(stepFacts(facts, options.job), options.directories)
  const { fullName } = facts.event.repository
  return {
    ...prefixed(variables, 'GITHUB_'),
    ref_protected: false,
    token: options.token,
    event: facts.event.payload,
    repositoryUrl: `git://github.com/${fullName}.git`,
    secret_source: SECRET_SOURCES[facts.restriction ?? 'none'],
  }
}

export function runnerContext(facts: RunFacts, directories: StepDirectories): JsonObject {
  return { ...prefixed(runnerVariables(stepFacts(facts, ''), directories), 'RUNNER_'), debug: '' }
}

/** The job's own token: it reaches this repository, as far as `permissions` say. */
export function issueToken({ cloud, event }: RunFacts, permissions: PermissionMap): string {
  return cloud.github.token({
    login: 'github-actions[bot]',
    type: 'Bot',
    permissions,
    repositories: [event.repository.fullName],
  })
}

function prefixed(variables: Readonly<Record<string, string>>, prefix: string): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]),
  )
}
