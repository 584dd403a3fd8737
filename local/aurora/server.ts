import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type SleepingClock, type Work, beginRequest } from '../time/clock.ts'
import { accessDenied, expiredToken, permissionsOf, statementPermissions } from './access.ts'
import { AwsFault } from './aws-fault.ts'
import type { Fault } from './aws-fault.ts'
import { executeStatement } from './data-api.ts'
import type { RunStatement, ScriptedStatement, StatementRequest } from './data-api.ts'
import { defaultBehaviour } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import { FaultInjection, THROTTLED, faultAnswer, strangeAnswer } from './fault-injection.ts'
import { judge } from './iam.ts'
import type { PolicyDocument } from './iam.ts'
import { applyOf } from './operations.ts'
import {
  PAGE_MS,
  answeredInput,
  injectedMarker,
  isEndless,
  ownHeaders,
  strangePage,
  twisted,
  writeBody,
} from './pages.ts'
import type { Page } from './pages.ts'
import { callerOf } from './protocol/authorization.ts'
import type { Caller } from './protocol/authorization.ts'
import { apiVersionOf, operationModel } from './protocol/model.ts'
import type { AwsService, OperationModel } from './protocol/model.ts'
import { parseQuery } from './protocol/query.ts'
import { errorXml, resultXml } from './protocol/xml.ts'
import type { Refusal } from './protocol/xml.ts'
import { AuroraRegion } from './region.ts'
import { isMutating, reachedClusters, restoreSource } from './requests.ts'
import type { AwsRequestRecord } from './requests.ts'
import { tagsForAccess } from './tags.ts'

export interface AuroraServerOptions {
  readonly clock: SleepingClock
  readonly behaviour?: Partial<Behaviour>
  readonly accountId?: string
  readonly host?: string
  readonly port?: number
  readonly dataPlane?: DataPlane
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly policiesOf?: PoliciesOf
}

/** The policies of the role that an access key belongs to. Without one, its owner may do everything. */
export type PoliciesOf = (accessKeyId: string) => readonly PolicyDocument[] | undefined

/** What must keep up with the control plane: no answer is given before it has. */
export interface DataPlane {
  settle(): Promise<void>
  /** A statement of the RDS Data API. */
  readonly run?: RunStatement
}

/** Called around the change of state; the request waits for what they return. */
export interface ServerHooks {
  beforeApply?: (record: AwsRequestRecord) => Promise<void> | void
  /** The state has changed, the answer has not been written. */
  afterApply?: (record: AwsRequestRecord) => Promise<void> | void
}

/** Written while the request is under way, read-only to everybody else. */
type OpenRecord = { -readonly [Key in keyof AwsRequestRecord]: AwsRequestRecord[Key] }

/** What goes back: a page, or nothing but a reset connection. */
type Reply = Page | 'reset'

/** The operations of the RDS Data API, by their paths. */
const DATA_API: Readonly<Partial<Record<string, string>>> = { '/Execute': 'ExecuteStatement' }

/** Of all callers (STS API, GetCallerIdentity). */
const NEEDS_NO_PERMISSION = 'sts:GetCallerIdentity'

export class AuroraServer {
  readonly accountId: string
  readonly faults = new FaultInjection()
  readonly hooks: ServerHooks = {}
  /** How statements of the RDS Data API go that match; the first that does counts. */
  readonly scriptedStatements: ScriptedStatement[] = []
  readonly #requests: OpenRecord[] = []
  readonly #clock: SleepingClock
  readonly #behaviour: Behaviour
  readonly #regions = new Map<string, AuroraRegion>()
  readonly #denied = new Set<string>()
  readonly #policiesOf: PoliciesOf
  readonly #dataPlane: DataPlane | undefined
  readonly #server: Server
  readonly #scheme: 'http' | 'https'
  #credentialsExpired = false
  /** Calls that may be sent at once: up to a second's, and they come back by and by. */
  #allowance = { calls: Infinity, atMs: -Infinity }

  constructor(options: AuroraServerOptions) {
    this.#clock = options.clock
    this.#behaviour = { ...defaultBehaviour, ...options.behaviour }
    this.accountId = options.accountId ?? '123456789012'
    this.#dataPlane = options.dataPlane
    this.#policiesOf = options.policiesOf ?? (() => undefined)
    this.#scheme = options.tls === undefined ? 'http' : 'https'
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#respond(request, response).catch((error: unknown) => {
        // Who asked is gone.
        if (!request.destroyed) throw error
      })
    }
    this.#server =
      options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener)
    // Of real time, which says nothing here.
    this.#server.keepAliveTimeout = 0
  }

  async listen(host: string, port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#server.once('error', reject)
    this.#server.listen(port, host, () => {
      resolve(undefined)
    })
    await promise
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    return `${this.#scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /** Every request so far, in the order of arrival. */
  get requests(): readonly AwsRequestRecord[] {
    return this.#requests
  }

  /** Those that somebody has named so far. */
  get regions(): readonly AuroraRegion[] {
    return [...this.#regions.values()]
  }

  region(name: string): AuroraRegion {
    const known = this.#regions.get(name)
    if (known !== undefined) return known
    const region = new AuroraRegion({
      accountId: this.accountId,
      name,
      clock: this.#clock,
      behaviour: this.#behaviour,
    })
    this.#regions.set(name, region)
    return region
  }

  /** From now on nobody may do this, such as `rds:CreateDBInstance`; returns the way to allow it again. */
  deny(action: string): () => void {
    this.#denied.add(action)
    return () => {
      this.#denied.delete(action)
    }
  }

  /** Everything after this is answered with ExpiredToken. */
  expireCredentials(): void {
    this.#credentialsExpired = true
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#server.close(() => {
      resolve(undefined)
    })
    this.#server.closeAllConnections()
    await promise
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    let what = 'a request to AWS'
    const work = beginRequest(this.#clock, () => what, response)
    const body = await text(request)
    const statement = DATA_API[request.url ?? '']
    const form = new URLSearchParams(body)
    what = `${statement ?? form.get('Action') ?? ''} at AWS`
    const reply =
      statement === undefined
        ? await this.#reply(request, { form, requestId, work })
        : await this.#statement(request, { operation: statement, body, requestId, work })
    if (reply === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    // Clients compare it with their own clock, which here is this one.
    const date = new Date(this.#clock.now()).toUTCString()
    response.sendDate = false
    response.writeHead(reply.httpStatus, { ...(reply.isDated !== false && { date }), ...reply.headers })
    await writeBody(response, reply, { clock: this.#clock, work })
  }

  /** Never rejects: what goes wrong in here is an internal failure of the service, with its reason in the message. */
  async #reply(
    request: IncomingMessage,
    { form, requestId, work }: Pick<IncomingCall, 'form' | 'requestId' | 'work'>,
  ): Promise<Reply> {
    const service: AwsService = form.get('Version') === apiVersionOf.sts ? 'sts' : 'rds'
    try {
      const caller = callerOf(request.headers.authorization)
      return await this.#call({ form, service, caller, requestId, work })
    } catch (error) {
      return refusal({ service, requestId, fault: faultFrom(error) })
    }
  }

  /** The RDS Data API speaks JSON, and has faults of its own kind. */
  async #statement(
    request: IncomingMessage,
    {
      operation,
      body,
      requestId,
      work,
    }: Readonly<{ operation: string; body: string; requestId: string; work: Work }>,
  ): Promise<Reply> {
    let record: OpenRecord | undefined
    try {
      const { accessKeyId, region } = callerOf(request.headers.authorization)
      const called = this.#record({ service: 'rds-data', region, accessKeyId, operation })
      record = called
      const input = JSON.parse(body) as StatementRequest
      const moment = this.region(region).moment()
      called.input = { ...input }
      called.clusters = reachedClusters(moment, { ResourceArn: input.resourceArn })
      called.permissions = statementPermissions(moment, input)
      this.#refuseUnauthorized(called)
      const injected = this.faults.take(operation, called.input)
      const fault = injected === undefined ? undefined : faultAnswer(injected)
      if (fault !== undefined) throw new AwsFault(fault)
      await work.pause(() => this.hooks.beforeApply?.(called))
      await this.#dataPlane?.settle()
      const dataApi = { run: this.#dataPlane?.run, scripts: this.scriptedStatements }
      const now = this.region(region).moment()
      const answer = await work.pause(() => executeStatement(input, now, dataApi))
      called.applied = true
      await work.pause(() => this.hooks.afterApply?.(called))
      return jsonPage(200, requestId, answer)
    } catch (error) {
      const { code, httpStatus, message } = faultFrom(error)
      if (record !== undefined) record.fault = code
      // IAM's code has another name here.
      const type = code === 'AccessDenied' ? 'AccessDeniedException' : code
      const page = jsonPage(httpStatus, requestId, { message })
      return { ...page, headers: { ...page.headers, 'x-amzn-errortype': type } }
    }
  }

  async #call({ form, service, caller, requestId, work }: IncomingCall): Promise<Reply> {
    const name = form.get('Action') ?? ''
    const record = this.#record({
      service,
      region: caller.region,
      accessKeyId: caller.accessKeyId,
      operation: name,
    })
    try {
      const operation = operationFor(service, form)
      const input = parseQuery(form, operation.input)
      this.#complete(record, input)
      this.#refuseBeyondRate(record)
      this.#refuseUnauthorized(record)
      return await this.#carryOut({ operation, record, requestId, work })
    } catch (error) {
      const fault = faultFrom(error)
      record.fault = fault.code
      return refusal({ service, requestId, fault })
    }
  }

  #record(call: Pick<AwsRequestRecord, 'service' | 'region' | 'accessKeyId' | 'operation'>): OpenRecord {
    const record: OpenRecord = {
      at: this.#clock.now(),
      ...call,
      input: {},
      mutating: isMutating(call.operation),
      clusters: [],
      permissions: [],
      applied: false,
    }
    this.#requests.push(record)
    return record
  }

  #complete(record: OpenRecord, input: Readonly<Record<string, unknown>>): void {
    const moment = this.region(record.region).moment()
    record.input = input
    record.clusters = reachedClusters(moment, input)
    const source = restoreSource(moment, input)
    if (source !== undefined) record.source = source
    record.permissions = permissionsOf(
      { ...record, accountId: this.accountId },
      { ...this.#behaviour, tagsOf: (arn) => tagsForAccess(moment, arn) },
    )
  }

  #refuseBeyondRate({ service, at }: AwsRequestRecord): void {
    const { callsPerSecond } = this.#behaviour
    if (service !== 'rds' || callsPerSecond === Infinity) return
    const { calls, atMs } = this.#allowance
    const allowed = Math.min(callsPerSecond, calls + ((at - atMs) / 1_000) * callsPerSecond)
    const isRefused = allowed < 1
    this.#allowance = { calls: isRefused ? allowed : allowed - 1, atMs: at }
    if (isRefused) throw new AwsFault(THROTTLED)
  }

  #refuseUnauthorized(record: AwsRequestRecord): void {
    if (this.#credentialsExpired) throw expiredToken()
    const policies = this.#policiesOf(record.accessKeyId)
    for (const permission of record.permissions) {
      const verdict = this.#denied.has(permission.action)
        ? 'implicit-deny'
        : policies === undefined || permission.action === NEEDS_NO_PERMISSION
          ? 'allowed'
          : judge(policies, permission)
      if (verdict !== 'allowed') throw accessDenied(this.accountId, { permission, verdict })
    }
  }

  async #carryOut({ operation, record, requestId, work }: AuthorizedCall): Promise<Reply> {
    const injected = this.faults.take(operation.name, record.input)
    if (injected === 'drop-before') return 'reset'
    const strange = strangeAnswer(injected)
    if (strange !== undefined) return strangePage(strange)
    if (isEndless(injected)) await work.pause(() => this.#clock.sleep(PAGE_MS))
    const fault = injected === undefined ? undefined : faultAnswer(injected)
    if (fault !== undefined) throw new AwsFault(fault)
    const apply = applyOf(operation)
    await work.pause(() => this.hooks.beforeApply?.(record))
    const output = apply(answeredInput(record.input, injected), this.region(record.region).moment())
    record.applied = true
    await this.#dataPlane?.settle()
    await work.pause(() => this.hooks.afterApply?.(record))
    if (injected === 'drop-after') return 'reset'
    const body = resultXml({ operation, output: { ...output, ...injectedMarker(injected) }, requestId })
    return twisted({ httpStatus: 200, headers: ownHeaders(requestId), body }, injected)
  }
}

interface IncomingCall {
  readonly form: URLSearchParams
  readonly service: AwsService
  readonly caller: Caller
  readonly requestId: string
  readonly work: Work
}

interface AuthorizedCall {
  readonly operation: OperationModel
  readonly record: OpenRecord
  readonly requestId: string
  readonly work: Work
}

function operationFor(service: AwsService, form: URLSearchParams): OperationModel {
  const action = form.get('Action') ?? ''
  const version = form.get('Version') ?? ''
  const operation = version === apiVersionOf[service] ? operationModel(service, action) : undefined
  if (operation === undefined) {
    throw new AwsFault({
      code: 'InvalidAction',
      httpStatus: 400,
      message: `Could not find operation ${action} for version ${version}`,
    })
  }
  return operation
}

function faultFrom(error: unknown): Fault {
  if (error instanceof AwsFault) return error
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'InternalFailure', httpStatus: 500, message }
}

const refusal = ({ service, requestId, fault }: Refusal): Page => ({
  httpStatus: fault.httpStatus,
  headers: ownHeaders(requestId),
  body: errorXml({ service, fault, requestId }),
})

function jsonPage(httpStatus: number, requestId: string, body: object): Page {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId }
  return { httpStatus, headers, body: JSON.stringify(body) }
}

/** The local cloud's RDS, its Data API, and STS on one port. */
export async function startAuroraServer(options: AuroraServerOptions): Promise<AuroraServer> {
  const server = new AuroraServer(options)
  await server.listen(options.host ?? '127.0.0.1', options.port ?? 0)
  return server
}
