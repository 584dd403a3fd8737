import {
  accountJson,
  blobJson,
  branchJson,
  collaboratorPermissionJson,
  commentJson,
  labelJson,
  pullRequestJson,
  timestamp,
  pullRequestListItemJson,
  repositoryJson,
  treeJson,
  type Json,
  type JsonObject,
  type Site,
} from './representation.ts'
import type { GitEntry } from './git-objects.ts'
import type { Comment, GitHubState, PullRequest, Repository } from './state.ts'
import type { Need, Token } from './tokens.ts'

/** A request that was authenticated, routed and allowed. */
export interface Call {
  readonly state: GitHubState
  readonly site: Site
  readonly token: Token
  /** The repository that the path names; undefined where it names none. */
  readonly repository: Repository | undefined
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
}

export interface Answer {
  readonly status: number
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: string
  /** `:name` stands for one segment; `:owner` and `:repo` choose the repository. */
  readonly path: string
  readonly needs?: Need
  readonly handle: (call: Call) => Answer
}

/** An answer that refuses. Thrown by routes, written by the server. */
export class ApiError extends Error {
  readonly status: number
  readonly details: Readonly<Record<string, Json>>
  readonly headers: Readonly<Record<string, string>>

  constructor(options: {
    readonly status: number
    readonly message: string
    readonly details?: Readonly<Record<string, Json>>
    readonly headers?: Readonly<Record<string, string>>
  }) {
    super(options.message)
    this.name = 'ApiError'
    this.status = options.status
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

/** Characters of a comment's body; one more is refused with 422 [actions §1, limits]. */
export const MAX_COMMENT_LENGTH = 65_536

const READ_PULLS: Need = { access: 'read', anyOf: ['pull-requests'] }
/** Comments and labels: of a pull request, either permission does. */
const READ_ISSUE: Need = { access: 'read', anyOf: ['issues', 'pull-requests'] }
const READ_CONTENTS: Need = { access: 'read', anyOf: ['contents'] }
const WRITE_ISSUE: Need = { access: 'write', anyOf: ['issues', 'pull-requests'] }

/** Every endpoint the double knows. A new one is a new line here. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/repos/:owner/:repo', handle: getRepository },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/branches/:branch',
    needs: READ_CONTENTS,
    handle: getBranch,
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/git/trees/:sha',
    needs: READ_CONTENTS,
    handle: getTree,
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/git/blobs/:sha',
    needs: READ_CONTENTS,
    handle: getBlob,
  },
  { method: 'GET', path: '/repos/:owner/:repo/pulls', needs: READ_PULLS, handle: listPullRequests },
  { method: 'GET', path: '/repos/:owner/:repo/pulls/:number', needs: READ_PULLS, handle: getPullRequest },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/issues/:number/comments',
    needs: READ_ISSUE,
    handle: listComments,
  },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/issues/:number/comments',
    needs: WRITE_ISSUE,
    handle: createComment,
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/issues/comments/:id',
    needs: READ_ISSUE,
    handle: getComment,
  },
  {
    method: 'PATCH',
    path: '/repos/:owner/:repo/issues/comments/:id',
    needs: WRITE_ISSUE,
    handle: updateComment,
  },
  {
    method: 'DELETE',
    path: '/repos/:owner/:repo/issues/comments/:id',
    needs: WRITE_ISSUE,
    handle: deleteComment,
  },
  { method: 'GET', path: '/repos/:owner/:repo/labels', needs: READ_ISSUE, handle: listLabels },
  // Needs `metadata: read`, which every token has for what it sees.
  {
    method: 'GET',
    path: '/repos/:owner/:repo/collaborators/:username/permission',
    handle: getCollaboratorPermission,
  },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/issues/:number/labels',
    needs: WRITE_ISSUE,
    handle: addLabels,
  },
  {
    method: 'DELETE',
    path: '/repos/:owner/:repo/issues/:number/labels/:name',
    needs: WRITE_ISSUE,
    handle: removeLabel,
  },
  { method: 'GET', path: '/user', handle: getAuthenticatedUser },
  { method: 'POST', path: '/graphql', handle: answerGraphql },
]

export interface Match {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

export function matchRoute(method: string, path: string): Match | undefined {
  for (const route of ROUTES) {
    if (route.method !== method) continue
    const parameters = matchPath(route.path, path)
    if (parameters !== undefined) return { route, parameters }
  }
  return undefined
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/')
  const found = path.split('/')
  if (expected.length !== found.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of expected.entries()) {
    const value = found[index] ?? ''
    if (segment.startsWith(':')) parameters[segment.slice(1)] = decodeURIComponent(value)
    else if (segment !== value) return undefined
  }
  return parameters
}

/** The repository of a path, by its name or, as GitHub's own links do, by its id (`/repositories/<id>/…`). */
export function findRepository(
  state: GitHubState,
  path: string,
): { readonly repository: Repository; readonly path: string; readonly moved: boolean } | undefined {
  const byId = /^\/repositories\/(?<id>\d+)(?<rest>\/.*)?$/.exec(path)?.groups
  if (byId !== undefined) {
    const repository = state.repositories.find((candidate) => String(candidate.id) === byId['id'])
    if (repository === undefined) return undefined
    return { repository, path: `/repos/${repository.fullName}${byId['rest'] ?? ''}`, moved: false }
  }
  const fullName = /^\/repos\/(?<name>[^/]+\/[^/]+)/.exec(path)?.groups?.['name']
  if (fullName === undefined) return undefined
  const current = state.repositories.find((candidate) => candidate.answersTo(fullName))
  if (current !== undefined) return { repository: current, path, moved: false }
  const renamed = state.repositories.find((candidate) => candidate.wasCalled(fullName))
  return renamed === undefined ? undefined : { repository: renamed, path, moved: true }
}

function getRepository(call: Call): Answer {
  return { status: 200, body: repositoryJson(call.site, repositoryOf(call)) }
}

function getBranch(call: Call): Answer {
  const repository = repositoryOf(call)
  const branch = call.parameters['branch'] ?? ''
  if (!repository.hasBranch(branch)) throw new ApiError({ status: 404, message: 'Branch not found' })
  return { status: 200, body: branchJson(call.site, { repository, branch }) }
}

/** With `recursive` also what stands in its folders. Any value of it counts, even 0 and false. */
function getTree(call: Call): Answer {
  const repository = repositoryOf(call)
  const sha = call.parameters['sha'] ?? ''
  const own = repository.objects.tree(sha)
  if (own === undefined) throw notFound()
  const entries = call.query.has('recursive') ? everythingIn(repository, own) : own
  const listed = entries.slice(0, repository.treeLimit)
  const isTruncated = listed.length < entries.length
  return { status: 200, body: treeJson(call.site, { repository, sha, entries: listed, isTruncated }) }
}

function everythingIn(repository: Repository, entries: readonly GitEntry[]): readonly GitEntry[] {
  return entries.flatMap((entry) => {
    const inside = entry.type === 'tree' ? (repository.objects.tree(entry.sha) ?? []) : []
    const below = everythingIn(repository, inside)
    return [entry, ...below.map((found) => ({ ...found, path: `${entry.path}/${found.path}` }))]
  })
}

function getBlob(call: Call): Answer {
  const repository = repositoryOf(call)
  const sha = call.parameters['sha'] ?? ''
  const content = repository.objects.blob(sha)
  if (content === undefined) throw notFound()
  return { status: 200, body: blobJson(call.site, { repository, sha, content }) }
}

function listPullRequests(call: Call): Answer {
  const repository = repositoryOf(call)
  const state = call.query.get('state') ?? 'open'
  const head = call.query.get('head')
  const base = call.query.get('base')
  const found = repository.pullRequests
    .filter((pullRequest) => state === 'all' || pullRequest.state === state)
    .filter((pullRequest) => base === null || pullRequest.baseRef === base)
    .filter(
      ({ headRef, headRepository }) =>
        head === null || `${headRepository?.owner.login ?? ''}:${headRef}` === head,
    )
    // Newest first is the default of this list.
    .toSorted((one, other) => other.createdAt - one.createdAt || other.number - one.number)
  const page = paginate(call, { items: found, path: `/repositories/${String(repository.id)}/pulls` })
  return {
    status: 200,
    body: page.items.map((pullRequest) => pullRequestListItemJson(call.site, pullRequest)),
    headers: page.headers,
  }
}

function getPullRequest(call: Call): Answer {
  return { status: 200, body: pullRequestJson(call.site, pullRequestOf(call)) }
}

function listComments(call: Call): Answer {
  const pullRequest = pullRequestOf(call)
  const since = Date.parse(call.query.get('since') ?? '1970-01-01T00:00:00Z')
  const found = pullRequest.comments().filter(({ updatedAt }) => updatedAt >= since)
  const path = `/repositories/${String(pullRequest.repository.id)}/issues/${String(pullRequest.number)}/comments`
  const page = paginate(call, { items: found, path })
  return {
    status: 200,
    body: page.items.map((comment) => commentJson(call.site, { pullRequest, comment })),
    headers: page.headers,
  }
}

function createComment(call: Call): Answer {
  const pullRequest = pullRequestOf(call)
  const body = commentBody(call)
  if (pullRequest.lockStatus !== undefined) {
    throw new ApiError({
      status: pullRequest.lockStatus,
      message: 'Unable to create comment because issue is locked.',
      details: {
        documentation_url: 'https://docs.github.com/articles/locking-conversations/',
      },
    })
  }
  const { appSlug } = call.token
  const comment = pullRequest.addComment({
    author: call.token.account.login,
    body,
    ...(appSlug === undefined ? {} : { appSlug }),
  })
  const json = commentJson(call.site, { pullRequest, comment })
  return {
    status: 201,
    body: json,
    headers: typeof json['url'] === 'string' ? { location: json['url'] } : {},
  }
}

function getComment(call: Call): Answer {
  return { status: 200, body: commentJson(call.site, commentOf(call)) }
}

function deleteComment(call: Call): Answer {
  const { pullRequest, comment } = commentOf(call)
  pullRequest.deleteComment(comment.id)
  return { status: 204 }
}

function updateComment(call: Call): Answer {
  const { comment, pullRequest } = commentOf(call)
  const edited = pullRequest.editComment(comment.id, commentBody(call))
  return { status: 200, body: commentJson(call.site, { pullRequest, comment: edited }) }
}

function getCollaboratorPermission(call: Call): Answer {
  const repository = repositoryOf(call)
  const login = call.parameters['username'] ?? ''
  const account = repository.state.findAccount(login)
  // An organization has a login, but no permission: it is its people who have one.
  if (account === undefined || account.type === 'Organization') {
    throw new ApiError({ status: 404, message: `${login} is not a user` })
  }
  return { status: 200, body: collaboratorPermissionJson(call.site, { repository, account }) }
}

function listLabels(call: Call): Answer {
  const repository = repositoryOf(call)
  const page = paginate(call, {
    items: repository.labels,
    path: `/repositories/${String(repository.id)}/labels`,
  })
  return {
    status: 200,
    body: page.items.map((label) => labelJson(call.site, { repository, label })),
    headers: page.headers,
  }
}

function addLabels(call: Call): Answer {
  const pullRequest = pullRequestOf(call)
  const names: unknown =
    typeof call.body === 'object' && call.body !== null && Reflect.get(call.body, 'labels')
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw unprocessable({ resource: 'Label', code: 'missing_field', field: 'labels' })
  for (const name of names) pullRequest.addLabel(name)
  return { status: 200, body: labelsOf(call, pullRequest) }
}

function removeLabel(call: Call): Answer {
  const pullRequest = pullRequestOf(call)
  const wanted = (call.parameters['name'] ?? '').toLowerCase()
  const label = pullRequest.labels.find(({ name }) => name.toLowerCase() === wanted)
  if (label === undefined) throw new ApiError({ status: 404, message: 'Label does not exist' })
  pullRequest.removeLabel(label.name)
  return { status: 200, body: labelsOf(call, pullRequest) }
}

function labelsOf({ site }: Call, { labels, repository }: PullRequest): readonly JsonObject[] {
  return labels.map((label) => labelJson(site, { repository, label }))
}

function getAuthenticatedUser(call: Call): Answer {
  if (call.token.account.type === 'Bot') throw new ApiError({ status: 403, message: call.token.refusal })
  return { status: 200, body: accountJson(call.site, call.token.account) }
}

/** Only `viewer { login }`: enough for a token to learn who it is, which REST refuses to a workflow's token. */
function answerGraphql(call: Call): Answer {
  const query = stringField(call.body, 'query')?.replaceAll(/\s+/g, ' ').trim()
  if (query === undefined) {
    return { status: 400, body: { message: 'A query attribute must be specified and must be a string.' } }
  }
  if (LABELINGS.test(query)) return answerLabelings(call)
  if (!/^(?:query(?: \w+)? ?)?\{ ?viewer ?\{ ?login ?\} ?\}$/.test(query))
    return graphqlError('UNKNOWN', `This double answers no such query: ${query}`)
  return { status: 200, body: { data: { viewer: { login: call.token.account.login } } } }
}

/** When labels were put on a pull request: the only other query that this double knows. */
const LABELINGS =
  /^query\(\$owner: String!, \$name: String!, \$number: Int!\) \{ repository\(owner: \$owner, name: \$name\) \{ pullRequest\(number: \$number\) \{ timelineItems\(last: 100, itemTypes: \[LABELED_EVENT\]\) \{ nodes \{ \.\.\. on LabeledEvent \{ createdAt label \{ name \} \} \} \} \} \} \}$/

function answerLabelings({ state, token, body }: Call): Answer {
  const variables: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'variables')
  const [owner, name] = [stringField(variables, 'owner'), stringField(variables, 'name')]
  const found = findRepository(state, `/repos/${owner ?? ''}/${name ?? ''}`)
  if (found === undefined || !token.sees(found.repository))
    return graphqlError('NOT_FOUND', 'Could not resolve to a Repository with that name.')
  if (!token.may(READ_PULLS, found.repository)) return graphqlError('FORBIDDEN', token.refusal)
  const number: unknown =
    typeof variables === 'object' && variables !== null && Reflect.get(variables, 'number')
  const pullRequest = found.repository.pullRequests.find((candidate) => candidate.number === number)
  if (pullRequest === undefined)
    return graphqlError(
      'NOT_FOUND',
      `Could not resolve to a PullRequest with the number of ${String(number)}.`,
    )
  const nodes = pullRequest.labelings
    .slice(-100)
    .map(({ at, label }) => ({ createdAt: timestamp(at), label: { name: label.name } }))
  return { status: 200, body: { data: { repository: { pullRequest: { timelineItems: { nodes } } } } } }
}

/** GraphQL refuses with status 200 (GraphQL API, "Forming calls"). */
function graphqlError(type: string, message: string): Answer {
  return { status: 200, body: { data: null, errors: [{ type, message }] } }
}

function repositoryOf(call: Call): Repository {
  if (call.repository === undefined) throw notFound()
  return call.repository
}

function pullRequestOf(call: Call): PullRequest {
  const pullRequest = repositoryOf(call).pullRequests.find(
    ({ number }) => String(number) === call.parameters['number'],
  )
  if (pullRequest === undefined) throw notFound()
  return pullRequest
}

function commentOf(call: Call): { readonly pullRequest: PullRequest; readonly comment: Comment } {
  for (const pullRequest of repositoryOf(call).pullRequests) {
    const comment = pullRequest.comments().find(({ id }) => String(id) === call.parameters['id'])
    if (comment !== undefined) return { pullRequest, comment }
  }
  throw notFound()
}

function commentBody(call: Call): string {
  const body = stringField(call.body, 'body')
  if (body === undefined || body.trim() === '') {
    throw unprocessable({ resource: 'IssueComment', code: 'missing_field', field: 'body' })
  }
  // What GitHub counts as a character is not documented; UTF-16 units are the strictest reading.
  if (body.length > MAX_COMMENT_LENGTH) {
    throw unprocessable({
      resource: 'IssueComment',
      code: 'unprocessable',
      field: 'data',
      message: `Body is too long (maximum is ${String(MAX_COMMENT_LENGTH)} characters)`,
    })
  }
  return body
}

function stringField(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'string' ? value : undefined
}

/** 30 a page, at most 100, with the links that GitHub sends: by repository id, and none when all fits on one page. */
function paginate<T>(
  call: Call,
  options: { readonly items: readonly T[]; readonly path: string },
): { readonly items: readonly T[]; readonly headers: Record<string, string> } {
  const perPage = Math.min(positiveInteger(call.query.get('per_page')) ?? 30, 100)
  const page = positiveInteger(call.query.get('page')) ?? 1
  const lastPage = Math.max(Math.ceil(options.items.length / perPage), 1)
  const link = (target: number, rel: string): string => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(target))
    return `<${call.site.url}${options.path}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(Math.min(page - 1, lastPage), 'prev')] : []),
    ...(page < lastPage ? [link(page + 1, 'next'), link(lastPage, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ]
  return {
    items: options.items.slice((page - 1) * perPage, page * perPage),
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  }
}

function positiveInteger(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : undefined
}

function notFound(): ApiError {
  return new ApiError({ status: 404, message: 'Not Found' })
}

function unprocessable(error: Readonly<Record<string, Json>>): ApiError {
  return new ApiError({ status: 422, message: 'Validation Failed', details: { errors: [error] } })
}
