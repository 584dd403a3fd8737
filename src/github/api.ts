import { getOctokit } from '@actions/github'
import { retry } from '@octokit/plugin-retry'
import { type GitHubContext, member } from './context.ts'

/** The few calls to GitHub that this action makes. Errors are Octokit's, with `status` where there was an answer. */
export interface GitHubApi {
  pullRequest(number: number): Promise<PullRequestAnswer>
  /** Every open pull request, page by page. */
  openPullRequests(): AsyncIterable<readonly PullRequestAnswer[]>
  /** Every label of the repository, page by page. */
  labels(): AsyncIterable<readonly { readonly name: string }[]>
  /** Login of whoever the token belongs to, as it stands on comments. */
  viewerLogin(): Promise<string>
  /** Every comment of a pull request, oldest first, page by page. */
  comments(number: number): AsyncIterable<readonly IssueComment[]>
  createComment(number: number, body: string): Promise<IssueComment>
  updateComment(id: number, body: string): Promise<IssueComment>
  deleteComment(id: number): Promise<void>
}

export interface PullRequestAnswer {
  readonly number: number
  readonly state: string
  readonly labels: readonly { readonly name: string }[]
  readonly head: { readonly repo: { readonly id: number } | null }
  readonly base: { readonly repo: { readonly id: number } }
}

export interface IssueComment {
  readonly id: number
  readonly body?: string | undefined
  readonly html_url: string
  readonly user: { readonly login: string } | null
}

const NO_CONTENT = 204
const TIMEOUT_MS = 10_000
/**
 * After 0.5 s and 2 s: longer outages end the run, and the next one starts from what is there. Nothing that GitHub refused is
 * tried again, least of all a 429, which asks for a minute's rest.
 */
const RETRIES = {
  retries: 2,
  retryAfterBaseValue: 500,
  doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
}

type OctokitPlugin = NonNullable<Parameters<typeof getOctokit>[2]>

/** A limit for each try: retries would share a signal that is given with the request, and pagination drops it. */
const limitEachTry: OctokitPlugin = (octokit) => {
  octokit.hook.before('request', (options) => {
    options.request = { ...options.request, signal: AbortSignal.timeout(TIMEOUT_MS) }
  })
}

/** Octokit takes an answer that breaks off for an empty one, and a page of nothing, or a 409, for an empty list. */
const requireAnswers: OctokitPlugin = (octokit) => {
  octokit.hook.after(
    'request',
    ({ data, status }: { readonly data: unknown; readonly status: number }, request) => {
      if ((typeof data === 'object' && data !== null) || status === NO_CONTENT) return
      throw Object.assign(new Error('its answer broke off, or was no JSON'), { status: 500, request })
    },
  )
  octokit.hook.error('request', (error) => {
    throw 'status' in error && error.status === 409
      ? new Error(`GitHub answered 409: ${error.message}`)
      : error
  })
}

// A proxy, or a server of another version, may answer anything: what does not have the shape is no answer.

function isPullRequest(value: unknown): value is PullRequestAnswer {
  const labels = member(value, 'labels')
  return (
    typeof member(value, 'number') === 'number' &&
    typeof member(value, 'state') === 'string' &&
    typeof member(value, 'base', 'repo', 'id') === 'number' &&
    Array.isArray(labels) &&
    labels.every(isLabel)
  )
}

function isLabel(value: unknown): value is { readonly name: string } {
  return typeof member(value, 'name') === 'string'
}

function isComment(value: unknown): value is IssueComment {
  return typeof member(value, 'id') === 'number' && typeof member(value, 'html_url') === 'string'
}

function only<Answer>(is: (value: unknown) => value is Answer, data: unknown): Answer {
  if (is(data)) return data
  throw new Error('GitHub did not answer what was asked for')
}

async function* lists<Item>(
  pages: AsyncIterable<{ readonly data: unknown }>,
  is: (value: unknown) => value is Item,
): AsyncIterable<readonly Item[]> {
  for await (const { data } of pages) {
    if (!Array.isArray(data)) throw new Error('GitHub did not answer with a list')
    yield data.map((item: unknown) => only(is, item))
  }
}

export function connectGitHub(context: GitHubContext, token: string): GitHubApi {
  const { owner, name: repo } = context.repository
  const octokit = getOctokit(
    token,
    { baseUrl: context.apiUrl, retry: RETRIES, userAgent: 'aurora-clone-action' },
    // The order counts: what is registered later is wrapped around.
    limitEachTry,
    requireAnswers,
    retry,
  )
  let login: Promise<string> | undefined
  const askLogin = async (): Promise<string> => {
    // The address is the runner's own: that of an enterprise server cannot be derived from its REST address.
    const answer: { readonly data: unknown } = await octokit.request(`POST ${context.graphqlUrl}`, {
      query: '{ viewer { login } }',
    })
    const name = (answer.data as { data?: { viewer?: { login?: unknown } } }).data?.viewer?.login
    if (typeof name !== 'string') throw new Error('GitHub did not say whose token this is')
    return name
  }
  return {
    async pullRequest(number) {
      const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number })
      return only(isPullRequest, data)
    },
    openPullRequests: () =>
      lists(
        octokit.paginate.iterator(octokit.rest.pulls.list, { owner, repo, state: 'open', per_page: 100 }),
        isPullRequest,
      ),
    labels: () =>
      lists(
        octokit.paginate.iterator(octokit.rest.issues.listLabelsForRepo, { owner, repo, per_page: 100 }),
        isLabel,
      ),
    async viewerLogin() {
      login ??= askLogin().catch((error: unknown) => {
        login = undefined
        throw error
      })
      return await login
    },
    comments: (number) =>
      lists(
        octokit.paginate.iterator(octokit.rest.issues.listComments, {
          owner,
          repo,
          issue_number: number,
          per_page: 100,
        }),
        isComment,
      ),
    async createComment(number, body) {
      const { data } = await octokit.rest.issues.createComment({
        owner,
        repo,
        issue_number: number,
        body,
        // A comment whose answer was lost would be written twice.
        request: { retries: 0 },
      })
      return only(isComment, data)
    },
    async deleteComment(id) {
      await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id })
    },
    async updateComment(id, body) {
      const { data } = await octokit.rest.issues.updateComment({
        owner,
        repo,
        comment_id: id,
        body,
      })
      return only(isComment, data)
    },
  }
}
