import { getOctokit } from '@actions/github'
import { retry } from '@octokit/plugin-retry'
import { type GitHubContext, member } from './context.ts'
import { rateLimitMs } from './rate-limit.ts'

/** The calls to GitHub. Errors are Octokit's, with `status` if there was an answer. */
export interface GitHubApi {
  pullRequest(number: number): Promise<PullRequestAnswer>
  openPullRequests(): AsyncIterable<readonly PullRequestAnswer[]>
  labels(): AsyncIterable<readonly { readonly name: string }[]>
  /** When labels were put on, oldest first: the last hundred of them. */
  labelings(number: number): Promise<readonly Labeling[]>
  /** Throws with status 404 if the pull request does not have it. */
  removeLabel(number: number, name: string): Promise<void>
  repository(): Promise<RepositoryAnswer>
  branch(name: string): Promise<BranchAnswer>
  /** A folder by its hash, with `deep` also what stands in its folders. */
  tree(sha: string, options: Readonly<{ deep: boolean }>): Promise<TreeAnswer>
  /** The bytes of a file by its hash. */
  blob(sha: string): Promise<Buffer>
  /** The login of the token's owner, as in the author of comments. */
  viewerLogin(): Promise<string>
  /** Oldest first. */
  comments(number: number): AsyncIterable<readonly IssueComment[]>
  createComment(number: number, body: string): Promise<IssueComment>
  updateComment(id: number, body: string): Promise<IssueComment>
  deleteComment(id: number): Promise<void>
}

export interface PullRequestAnswer {
  readonly number: number
  readonly state: string
  readonly labels: readonly { readonly name: string }[]
  readonly head: { readonly sha: string; readonly repo: { readonly id: number } | null }
  readonly base: { readonly repo: { readonly id: number } }
}

export interface Labeling {
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** `null`: the repository no longer has it. */
  readonly label: { readonly name: string } | null
}

export interface RepositoryAnswer {
  readonly id: number
  readonly default_branch: string
}

export interface BranchAnswer {
  readonly commit: { readonly sha: string; readonly commit: { readonly tree: { readonly sha: string } } }
}

export interface TreeAnswer {
  readonly tree: readonly TreeEntry[]
  /** The answer has not all of it: GitHub's limit is 100,000 entries or 7 MB. */
  readonly truncated: boolean
}

export interface TreeEntry {
  /** From the folder that was asked about. */
  readonly path: string
  readonly mode: string
  readonly sha: string
  /** Only of files and links. */
  readonly size?: number
}

export interface IssueComment {
  readonly id: number
  readonly body?: string | undefined
  readonly html_url: string
  readonly user: { readonly login: string } | null
}

const NO_CONTENT = 204
const TIMEOUT_MS = 10_000
const RETRY_UNIT_MS = 500
/**
 * Retries after 0.5, 2, 4.5 s and so on: an outage of a minute is waited out. A longer one ends the run, and the next run continues.
 * Refusals are not retried, except for rate limits that end soon.
 */
const RETRIES = {
  retries: 7,
  retryAfterBaseValue: RETRY_UNIT_MS,
  doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
}

type OctokitPlugin = NonNullable<Parameters<typeof getOctokit>[2]>

/** Limits each try. Retries would share a signal given with the request, and pagination would drop it. */
const limitEachTry: OctokitPlugin = (octokit) => {
  octokit.hook.before('request', (options) => {
    options.request = { ...options.request, signal: AbortSignal.timeout(TIMEOUT_MS) }
  })
}

/** A run waits so long for the end of a rate limit, once. GitHub has not processed such a request. */
const MAX_RATE_LIMIT_MS = 60_000

const waitForRateLimit: OctokitPlugin = (octokit) => {
  octokit.hook.error('request', (error) => {
    const waitMs = rateLimitMs(error)
    if (waitMs !== undefined && waitMs <= MAX_RATE_LIMIT_MS && 'request' in error)
      error.request.request = {
        ...error.request.request,
        retries: 1,
        retryAfter: Math.ceil(waitMs / RETRY_UNIT_MS),
      }
    throw error
  })
}

/** Octokit reads a truncated answer as an empty one, and an empty page or a 409 as an empty list. */
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

// A proxy, or a server of another version, may answer anything, so every answer is checked.

function isPullRequest(value: unknown): value is PullRequestAnswer {
  const labels = member(value, 'labels')
  return (
    typeof member(value, 'number') === 'number' &&
    typeof member(value, 'state') === 'string' &&
    isHash(member(value, 'head', 'sha')) &&
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

function isLabeling(value: unknown): value is Labeling {
  const label = member(value, 'label')
  return isTime(member(value, 'createdAt')) && (label === null || isLabel(label))
}

/** Of any other form, a tag would not know it again, so the clone would be reset each time. */
function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value)
}

function isRepository(value: unknown): value is RepositoryAnswer {
  return typeof member(value, 'id') === 'number' && typeof member(value, 'default_branch') === 'string'
}

function isBranch(value: unknown): value is BranchAnswer {
  return isHash(member(value, 'commit', 'sha')) && isHash(member(value, 'commit', 'commit', 'tree', 'sha'))
}

function isTree(value: unknown): value is TreeAnswer {
  const tree = member(value, 'tree')
  return Array.isArray(tree) && tree.every(isTreeEntry) && typeof member(value, 'truncated') === 'boolean'
}

function isTreeEntry(value: unknown): value is TreeEntry {
  const [path, mode, size] = [member(value, 'path'), member(value, 'mode'), member(value, 'size')]
  return (
    typeof path === 'string' &&
    typeof mode === 'string' &&
    isHash(member(value, 'sha')) &&
    (size === undefined || typeof size === 'number')
  )
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)
}

function isBlob(value: unknown): value is { readonly content: string } {
  return typeof member(value, 'content') === 'string' && member(value, 'encoding') === 'base64'
}

function only<Answer>(is: (value: unknown) => value is Answer, data: unknown): Answer {
  if (is(data)) return data
  throw new Error('GitHub did not answer the question')
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

function loginIn({ data }: { readonly data: unknown }): string {
  const name = (data as { data?: { viewer?: { login?: unknown } } }).data?.viewer?.login
  if (typeof name !== 'string') throw new Error('GitHub did not say whose token this is')
  return name
}

/** By GraphQL, since REST asks for `issues: read` here. */
const LABELINGS = `query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      timelineItems(last: 100, itemTypes: [LABELED_EVENT]) { nodes { ... on LabeledEvent { createdAt label { name } } } }
    }
  }
}`

function labelingsIn({ data }: { readonly data: unknown }): readonly Labeling[] {
  const nodes = member(data, 'data', 'repository', 'pullRequest', 'timelineItems', 'nodes')
  if (!Array.isArray(nodes)) {
    const why = member(data, 'errors', '0', 'message')
    throw new Error(typeof why === 'string' ? why : 'GitHub did not say when the labels were put on')
  }
  return nodes.map((node: unknown) => only(isLabeling, node))
}

/** Asks once, but again after a failure. */
function rememberAnswer<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let known: Promise<Answer> | undefined
  return async () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return await known
  }
}

type Client = ReturnType<typeof getOctokit>
type Place = Readonly<{ owner: string; repo: string }>

function connect(context: GitHubContext, token: string): Client {
  return getOctokit(
    token,
    { baseUrl: context.apiUrl, retry: RETRIES, userAgent: 'aurora-clone-action' },
    // The order matters: a later plugin wraps the earlier ones.
    limitEachTry,
    requireAnswers,
    waitForRateLimit,
    retry,
  )
}

type FileCalls = Pick<GitHubApi, 'repository' | 'branch' | 'tree' | 'blob'>

function fileCalls({ rest: { git, repos } }: Client, place: Place): FileCalls {
  return {
    async repository() {
      const { data } = await repos.get(place)
      return only(isRepository, data)
    },
    async branch(name) {
      const { data } = await repos.getBranch({ ...place, branch: name })
      return only(isBranch, data)
    },
    async tree(sha, { deep }) {
      // Any value of `recursive` asks for all folders, so it must not be sent otherwise.
      const { data } = await git.getTree({ ...place, tree_sha: sha, ...(deep ? { recursive: '1' } : {}) })
      return only(isTree, data)
    },
    async blob(sha) {
      // In JSON, since Octokit would read the raw media type as text and lose bytes that are none.
      const { data } = await git.getBlob({ ...place, file_sha: sha })
      return Buffer.from(only(isBlob, data).content, 'base64')
    },
  }
}

export function connectGitHub(context: GitHubContext, token: string): GitHubApi {
  const { owner, name: repo } = context.repository
  const place = { owner, repo, per_page: 100 }
  const octokit = connect(context, token)
  return {
    ...fileCalls(octokit, { owner, repo }),
    async pullRequest(number) {
      const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number })
      return only(isPullRequest, data)
    },
    openPullRequests: () =>
      lists(octokit.paginate.iterator(octokit.rest.pulls.list, { ...place, state: 'open' }), isPullRequest),
    labels: () => lists(octokit.paginate.iterator(octokit.rest.issues.listLabelsForRepo, place), isLabel),
    viewerLogin: rememberAnswer(async () => {
      // This is the runner's address. An enterprise server's cannot be derived from its REST address.
      const answer: { readonly data: unknown } = await octokit.request(`POST ${context.graphqlUrl}`, {
        query: '{ viewer { login } }',
      })
      return loginIn(answer)
    }),
    comments: (number) =>
      lists(
        octokit.paginate.iterator(octokit.rest.issues.listComments, { ...place, issue_number: number }),
        isComment,
      ),
    async labelings(number) {
      const answer: { readonly data: unknown } = await octokit.request(`POST ${context.graphqlUrl}`, {
        query: LABELINGS,
        variables: { owner, name: repo, number },
      })
      return labelingsIn(answer)
    },
    async removeLabel(number, name) {
      await octokit.rest.issues.removeLabel({ owner, repo, issue_number: number, name })
    },
    async createComment(number, body) {
      // If only the answer was lost, a retry would write the comment twice.
      const request = { retries: 0 }
      const comment = { owner, repo, issue_number: number, body, request }
      const { data } = await octokit.rest.issues.createComment(comment)
      return only(isComment, data)
    },
    async deleteComment(id) {
      await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id })
    },
    async updateComment(id, body) {
      const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body })
      return only(isComment, data)
    },
  }
}
