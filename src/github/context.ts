/** The run's environment and event payload. It may be out of date: see pull-request.ts. */
export interface GitHubContext {
  readonly eventName: string
  /** The `action` of the event, such as `labeled`, or empty. */
  readonly eventAction: string
  /** The label of a `labeled` or `unlabeled` event. */
  readonly eventLabel: string | undefined
  readonly serverUrl: string
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly repository: GitHubRepository
  /** From the payload of the event. */
  readonly repositoryIdInEvent: string | undefined
  readonly runUrl: string
  /** `GITHUB_RUN_ID`: all jobs and attempts of one workflow run have the same. */
  readonly runId: string
  /** The comment of an `issue_comment` event. Comments of reviews have ids of another series, so they cannot be compared with these. */
  readonly commentId: string | undefined
  readonly pullRequest: PullRequestInEvent | undefined
  /** The text of `pr-number` in a `workflow_dispatch` form. */
  readonly dispatchedNumber: string | undefined
}

export interface GitHubRepository {
  /** The numeric id as text: it survives renames and transfers. */
  readonly id: string
  readonly owner: string
  readonly name: string
  /** `unknown`: the event does not say it. Older servers only send `private: true`, also for internal repositories. */
  readonly visibility: 'public' | 'private' | 'internal' | 'unknown'
}

interface PullRequestInEvent {
  readonly number: number
  /** `undefined`: the payload (of a comment) does not say it. Only the live pull request does. */
  readonly fromFork: boolean | undefined
  readonly byDependabot: boolean
}

/** A member of a value of unknown shape. Never throws, since payloads differ by event and server version. */
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
 * The number comes from `pull_request`, or from `issue` if that is a pull request. In other events `payload.number` and the
 * toolkit's `context.issue.number` mean something else.
 */
export function readGitHubContext(
  env: Readonly<Record<string, string | undefined>>,
  payload: unknown,
): GitHubContext {
  const [owner = '', name = ''] = (env['GITHUB_REPOSITORY'] ?? '').split('/')
  const repositoryIdInEvent = idIn(payload, 'repository')
  const runId = env['GITHUB_RUN_ID'] ?? '0'
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
    runUrl: `${serverUrl}/${owner}/${name}/actions/runs/${runId}`,
    runId,
    commentId: env['GITHUB_EVENT_NAME'] === 'issue_comment' ? idIn(payload, 'comment') : undefined,
    pullRequest: pullRequestIn(payload),
    dispatchedNumber: text(member(payload, 'inputs', 'pr-number')),
  }
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function idIn(payload: unknown, part: 'repository' | 'comment'): string | undefined {
  const id = member(payload, part, 'id')
  return typeof id === 'number' ? id.toString() : undefined
}

/** Internal repositories also have `private: true`, but the whole enterprise can read them (REST API, Repositories). */
function visibilityOf(payload: unknown): GitHubRepository['visibility'] {
  const visibility = member(payload, 'repository', 'visibility')
  if (visibility === 'private' || visibility === 'internal' || visibility === 'public') return visibility
  return member(payload, 'repository', 'private') === false ? 'public' : 'unknown'
}

function pullRequestIn(payload: unknown): PullRequestInEvent | undefined {
  const pull = member(payload, 'pull_request')
  const number = member(pull, 'number')
  if (typeof number === 'number') {
    return { number, fromFork: isFork(pull), byDependabot: isDependabot(pull) }
  }
  const issue = member(payload, 'issue')
  const issueNumber = member(issue, 'number')
  if (typeof issueNumber === 'number' && member(issue, 'pull_request') !== undefined) {
    return { number: issueNumber, fromFork: undefined, byDependabot: isDependabot(issue) }
  }
  return undefined
}

/** A deleted head repository (null) counts as a fork. */
export function isFork(pull: unknown): boolean {
  const head = member(pull, 'head', 'repo', 'id')
  return head === undefined || head !== member(pull, 'base', 'repo', 'id')
}

/** Checks the author of the pull request, not the actor of the run, since other users can re-run it. */
export function isDependabot(pull: unknown): boolean {
  return member(pull, 'user', 'login') === 'dependabot[bot]'
}
