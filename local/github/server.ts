import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Clock, type ServerClock, beginRequest } from '../time/clock.ts'
import { Faults, type Fault } from './faults.ts'
import type { Json, Site } from './representation.ts'
import { ApiError, findRepository, matchRoute, type Answer } from './routes.ts'
import { GitHubState, type Repository, type RepositoryOptions } from './state.ts'
import { Tokens, type RateLimit, type Token, type TokenOptions } from './tokens.ts'

export interface RecordedRequest {
  /** The clock's time when it arrived. */
  readonly at: number
  readonly method: string
  /** Below the API's base: `/repos/octo/shop/pulls/42`; GraphQL is `/graphql`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Whose token it carried; undefined if it was not a valid one. */
  readonly login: string | undefined
  /** What was answered; undefined until then, and for a dropped connection. */
  readonly status: number | undefined
  readonly body: unknown
}

export interface Hooks {
  /** Runs before the state is read: what it changes, this very answer shows. */
  beforeHandling?: (request: RecordedRequest) => void | Promise<void>
  /** Runs when the answer stands but is not sent yet: what it changes, this answer does not show. */
  beforeAnswer?: (request: RecordedRequest) => void | Promise<void>
}

export interface GitHubServerOptions {
  readonly clock: ServerClock
  /** `''` as on github.com, `/api/v3` as on an enterprise server. */
  readonly basePath?: '' | '/api/v3'
  readonly host?: string
  readonly port?: number
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Host name of `url`, `graphqlUrl` and `serverUrl`, if it is not the address listened on. */
  readonly hostname?: string
  /** Replaces `serverUrl`, which only ever is a link: API and server have different hosts on github.com. */
  readonly serverUrl?: string
}

export interface GitHubServer extends Site {
  readonly port: number
  readonly faults: Faults
  readonly hooks: Hooks
  readonly requests: readonly RecordedRequest[]
  readonly repositories: readonly Repository[]
  token(options: TokenOptions): string
  repository(options: RepositoryOptions): Repository
  clearRequests(): void
  close(): Promise<void>
}

/** Plays the part of GitHub's API that the action uses. */
export async function startGitHubServer(options: GitHubServerOptions): Promise<GitHubServer> {
  const state = new GitHubState(options.clock)
  const tokens = new Tokens(state)
  const faults = new Faults()
  const hooks: Hooks = {}
  const requests: RecordedRequest[] = []
  const basePath = options.basePath ?? ''
  const host = options.host ?? '127.0.0.1'

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const double: Double = { clock: options.clock, basePath, site, state, tokens, faults, hooks, requests }
    serve(double, { request, response }).catch((error: unknown) => {
      // A mistake of the double or of a hook must be seen by the test, not look like an answer of GitHub's.
      if (response.headersSent) response.destroy()
      else response.writeHead(599, { 'content-type': 'text/plain' }).end(`double failed: ${String(error)}`)
    })
  }
  const server =
    options.tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...options.tls }, listener)
  // Of real time, which says nothing here.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const origin = `${options.tls === undefined ? 'http' : 'https'}://${options.hostname ?? host}:${String(port)}`
  const site: Site = {
    url: `${origin}${basePath}`,
    graphqlUrl: `${origin}${basePath === '' ? '' : '/api'}/graphql`,
    serverUrl: options.serverUrl ?? origin,
  }
  return {
    ...site,
    port,
    faults,
    hooks,
    requests,
    repositories: state.repositories,
    token: (tokenOptions) => tokens.issue(tokenOptions),
    repository: (repositoryOptions) => state.addRepository(repositoryOptions),
    clearRequests: () => {
      requests.length = 0
    },
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
    },
  }
}

interface Double {
  readonly clock: ServerClock
  readonly basePath: string
  readonly site: Site
  readonly state: GitHubState
  readonly tokens: Tokens
  readonly faults: Faults
  readonly hooks: Hooks
  readonly requests: RecordedRequest[]
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] }

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serve(double: Double, { request, response }: Exchange): Promise<void> {
  const what = (): string => `${request.method ?? ''} ${request.url ?? ''} at GitHub`
  const work = beginRequest(double.clock, what, response)
  const text = await readBody(request)
  const url = new URL(request.url ?? '/', double.site.url)
  const path = pathBelowBase(double, url.pathname)
  const token = double.tokens.authenticate(request.headers.authorization)
  const record: Mutable<RecordedRequest> = {
    at: double.clock.now(),
    method: request.method ?? 'GET',
    path: path ?? url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    login: token?.account.login,
    status: undefined,
    body: parseJson(text),
  }
  double.requests.push(record)

  const fault = double.faults.take(record)
  if (fault?.status === 'drop' && fault.applied !== true) {
    request.socket.destroy()
    return
  }
  await work.pause(() => double.hooks.beforeHandling?.(record))
  const rateLimit = token?.count()
  const isFaked = fault?.status !== undefined && fault.applied !== true
  const real = isFaked
    ? undefined
    : answer(double, { request: record, path, text, token, rateLimit, query: url.searchParams })
  if (fault?.status === 'drop') {
    await work.pause(() => double.hooks.beforeAnswer?.(record))
    request.socket.destroy()
    return
  }
  const status = fault?.status ?? real?.status ?? 500
  record.status = status
  await work.pause(() => double.hooks.beforeAnswer?.(record))
  const headers = { ...standardHeaders(double.clock, rateLimit), ...real?.headers }
  if (fault?.status !== undefined) {
    const { body, type } = faultBody(fault, status)
    response.writeHead(status, { ...headers, 'content-type': type, ...fault.headers }).end(body)
    return
  }
  const body = real?.body === undefined ? '' : JSON.stringify(real.body)
  response.writeHead(status, headers).end(body)
}

interface Question {
  readonly request: RecordedRequest
  /** Undefined if the address is not below the API's base. */
  readonly path: string | undefined
  readonly text: string
  readonly query: URLSearchParams
  readonly token: Token | undefined
  readonly rateLimit: RateLimit | undefined
}

function answer(double: Double, question: Question): Answer {
  try {
    return route(double, question)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const body: Record<string, Json> = {
      message: error.message,
      documentation_url: 'https://docs.github.com/rest',
      ...error.details,
      status: String(error.status),
    }
    return { status: error.status, body, headers: error.headers }
  }
}

function route(double: Double, question: Question): Answer {
  const { path, query, rateLimit, request, text, token } = question
  if (request.headers['user-agent'] === undefined) {
    throw new ApiError({
      status: 403,
      message:
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
    })
  }
  if (token === undefined) throw new ApiError({ status: 401, message: 'Bad credentials' })
  if (rateLimit !== undefined && rateLimit.used > rateLimit.limit) {
    throw new ApiError({ status: 403, message: `API rate limit exceeded for ${token.account.login}.` })
  }
  if (path === undefined) throw new ApiError({ status: 404, message: 'Not Found' })
  const found = findRepository(double.state, path)
  const match = matchRoute(request.method, found?.path ?? path)
  const isAboutRepository = /^\/repos(?:itories)?\//.test(path)
  if (match === undefined || (isAboutRepository && (found === undefined || !token.sees(found.repository)))) {
    throw new ApiError({ status: 404, message: 'Not Found' })
  }
  if (found?.moved === true) throw movedPermanently(double.site, { path, repository: found.repository })
  const { needs } = match.route
  if (needs !== undefined && found !== undefined && !token.may(needs, found.repository)) {
    const accepted = needs.anyOf.map((key) => `${key.replaceAll('-', '_')}=${needs.access}`)
    throw new ApiError({
      status: 403,
      message: token.refusal,
      headers: { 'x-accepted-github-permissions': accepted.join('; ') },
    })
  }
  const body = parseJson(text)
  if (text !== '' && body === undefined) throw new ApiError({ status: 400, message: 'Problems parsing JSON' })
  const { parameters, route: matched } = match
  const { state, site } = double
  return matched.handle({ state, site, token, repository: found?.repository, parameters, query, body })
}

/** The old name of a renamed repository leads to its id. */
function movedPermanently(
  site: Site,
  options: { readonly path: string; readonly repository: Repository },
): ApiError {
  const rest = options.path.split('/').slice(4)
  const location = [`${site.url}/repositories/${String(options.repository.id)}`, ...rest].join('/')
  return new ApiError({
    status: 301,
    message: 'Moved Permanently',
    details: { url: location },
    headers: { location },
  })
}

function pathBelowBase(double: Double, pathname: string): string | undefined {
  if (pathname === new URL(double.site.graphqlUrl).pathname) return '/graphql'
  if (double.basePath === '') return pathname
  return pathname.startsWith(`${double.basePath}/`) ? pathname.slice(double.basePath.length) : undefined
}

let lastRequestNumber = 0

function standardHeaders(clock: Clock, rateLimit: RateLimit | undefined): Record<string, string> {
  lastRequestNumber += 1
  return {
    // Clients compare it with their own clock, so it must be the same one.
    date: new Date(clock.now()).toUTCString(),
    server: 'github.com',
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-api-version-selected': '2022-11-28',
    'x-github-request-id': `F00D:10CA1:${lastRequestNumber.toString(16).toUpperCase().padStart(6, '0')}`,
    ...(rateLimit === undefined
      ? {}
      : {
          'x-ratelimit-limit': String(rateLimit.limit),
          'x-ratelimit-remaining': String(Math.max(rateLimit.limit - rateLimit.used, 0)),
          'x-ratelimit-used': String(rateLimit.used),
          'x-ratelimit-reset': String(rateLimit.reset),
          'x-ratelimit-resource': 'core',
        }),
  }
}

const FAULT_MESSAGES: Readonly<Record<number, string>> = {
  401: 'Bad credentials',
  403: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
  404: 'Not Found',
  429: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
  500: 'Server Error',
}

function faultBody(fault: Fault, status: number): { readonly body: string; readonly type: string } {
  const json = 'application/json; charset=utf-8'
  if (typeof fault.body === 'string') return { body: fault.body, type: 'text/html; charset=utf-8' }
  if (fault.body !== undefined) return { body: JSON.stringify(fault.body), type: json }
  // GitHub's front end, not its API, answers these: a client that expects JSON meets a page.
  if (status >= 502) {
    return { body: '<html><body><h1>Unicorn!</h1></body></html>\n', type: 'text/html; charset=utf-8' }
  }
  const message = FAULT_MESSAGES[status] ?? 'Fault of the local double'
  return { body: JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }), type: json }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
