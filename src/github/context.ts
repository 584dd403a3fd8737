/** What the run's environment and event payload say, parsed once. Nothing here is trusted to be current: see pull-request.ts. */
export interface GitHubContext {
  readonly eventName: string
  /** The `action` of the event, such as `labeled`; empty where the event has none. */
  readonly eventAction: string
  /** The label that a `labeled` or `unlabeled` event is about. */
  readonly eventLabel: string | undefined
  readonly serverUrl: string
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly repository: GitHubRepository
  /** The id in the payload of the event, where it has one. */
  readonly repositoryIdInEvent: string | undefined
  readonly runUrl: string
  readonly pullRequest: PullRequestInEvent | undefined
  /** `pr-number` of a `workflow_dispatch` form, as typed by a person. */
  readonly dispatchedNumber: string | undefined
}

export interface GitHubRepository {
  /** The numeric id as text: it survives renames and transfers. */
  readonly id: string
  readonly owner: string
  readonly name: string
  /** `unknown` where the event does not say: to `private: true` older servers do not add who in the enterprise sees it. */
  readonly visibility: 'public' | 'private' | 'internal' | 'unknown'
}

export interface PullRequestInEvent {
  readonly number: number
  /** Undefined where the payload does not say (comments): only the live pull request tells. */
  readonly fromFork: boolean | undefined
  readonly byDependabot: boolean
}

/** A value of unknown shape, looked into without ever throwing: payloads differ by event and by server version. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Readonly<Record<string, unknown>>)[name]
  }
  return current
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * Reads the variables that the runner sets, and the payload that GITHUB_EVENT_PATH held.
 *
 * The number comes from `pull_request`, or from `issue` where that is a pull request: `payload.number` and the toolkit's
 * `context.issue.number` are something else for other events.
 */
export function readGitHubContext(
  env: Readonly<Record<string, string | undefined>>,
  payload: unknown,
): GitHubContext {
  const [owner = '', name = ''] = (env['GITHUB_REPOSITORY'] ?? '').split('/')
  const repositoryIdInEvent = repositoryIdIn(payload)
  const serverUrl = trimSlash(env['GITHUB_SERVER_URL'] ?? 'https://github.com')
  return {
    eventName: env['GITHUB_EVENT_NAME'] ?? '',
    eventAction: text(member(payload, 'action')) ?? '',
    eventLabel: text(member(payload, 'label', 'name')),
    serverUrl,
    apiUrl: trimSlash(env['GITHUB_API_URL'] ?? 'https://api.github.com'),
    graphqlUrl: trimSlash(env['GITHUB_GRAPHQL_URL'] ?? 'https://api.github.com/graphql'),
    repository: {
      id: env['GITHUB_REPOSITORY_ID'] ?? repositoryIdInEvent ?? '',
      owner,
      name,
      visibility: visibilityOf(payload),
    },
    repositoryIdInEvent,
    runUrl: `${serverUrl}/${owner}/${name}/actions/runs/${env['GITHUB_RUN_ID'] ?? '0'}`,
    pullRequest: pullRequestIn(payload),
    dispatchedNumber: text(member(payload, 'inputs', 'pr-number')),
  }
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function repositoryIdIn(payload: unknown): string | undefined {
  const id = member(payload, 'repository', 'id')
  return typeof id === 'number' ? id.toString() : undefined
}

/** Internal repositories are `private: true` as well, and everybody in the enterprise reads them (REST API, Repositories). */
function visibilityOf(payload: unknown): GitHubRepository['visibility'] {
  const visibility = member(payload, 'repository', 'visibility')
  if (visibility === 'private' || visibility === 'internal' || visibility === 'public') return visibility
  return member(payload, 'repository', 'private') === false ? 'public' : 'unknown'
}

function pullRequestIn(payload: unknown): PullRequestInEvent | undefined {
  const pull = member(payload, 'pull_request')
  const number = member(pull, 'number')
  if (typeof number === 'number') {
    return {
      number,
      fromFork: isFork(pull),
      byDependabot: isDependabot(pull),
    }
  }
  const issue = member(payload, 'issue')
  const issueNumber = member(issue, 'number')
  if (typeof issueNumber === 'number' && member(issue, 'pull_request') !== undefined) {
    return { number: issueNumber, fromFork: undefined, byDependabot: isDependabot(issue) }
  }
  return undefined
}

/** A head repository that is gone (null, its owner deleted it) counts as a fork: nobody vouches for it. */
export function isFork(pull: unknown): boolean {
  const head = member(pull, 'head', 'repo', 'id')
  return head === undefined || head !== member(pull, 'base', 'repo', 'id')
}

/** By the author of the pull request, not by the actor of the run: anybody can re-run it. */
export function isDependabot(pull: unknown): boolean {
  return member(pull, 'user', 'login') === 'dependabot[bot]'
}
