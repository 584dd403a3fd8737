import diagnostics from 'node:diagnostics_channel'
import type { Agent, ClientRequest } from 'node:http'
import { performance } from 'node:perf_hooks'

// An import reads everything that it exports, and so loads Node’s own undici too: a fifth of what it takes to start a step.
const http = process.getBuiltinModule('node:http')

/** Turns of the event loop in which nothing comes: then everybody in this process waits. */
const QUIET_TURNS = 8
/** What the event loop still owes an answer: a file, a name, a connection, bytes under way. */
const OWED = /^(?:FSReq|CloseReq|GetAddrInfo|GetNameInfo|QueryReq|PipeConnect)/

const realImmediate = setImmediate

/** Immediates of `quiet` itself, of whichever clock of this process. */
let turning = 0

/** Whether a name is in `OWED`: asked in each turn, and mostly of sockets. */
const owed = new Map<string, boolean>()

function isOwed(): boolean {
  let immediates = 0
  for (const name of process.getActiveResourcesInfo()) {
    if (name === 'Immediate') immediates += 1
    const isAnswer = owed.get(name) ?? OWED.test(name)
    owed.set(name, isAnswer)
    if (isAnswer) return true
  }
  return immediates > turning
}

async function turn(): Promise<void> {
  turning += 1
  await new Promise<void>((resolve) =>
    realImmediate(() => {
      turning -= 1
      resolve()
    }),
  )
}

/**
 * Resolves when nothing happens in this process any more, which is a matter of turns of its event loop and not of time: what another
 * process has sent is there in the next turn. Resolves to `false` as soon as `isDisturbed`.
 */
export async function quiet(isDisturbed: () => boolean): Promise<boolean> {
  let turns = 0
  let events = performance.nodeTiming.uvMetricsInfo.events
  while (turns < QUIET_TURNS) {
    await turn()
    if (isDisturbed()) return false
    const now = performance.nodeTiming.uvMetricsInfo.events
    turns = now === events && !isOwed() ? turns + 1 : 0
    events = now
  }
  return true
}

/** Requests that this process has sent and that have not been answered to the end, whichever client it is. */
export class RequestsUnderWay {
  readonly #requests = new Set<unknown>()
  readonly #onBegin: () => void
  readonly #onEnd: () => void
  readonly #channels = [
    ['http.client.request.created', this.#beginHttp.bind(this)],
    ['http.client.request.start', this.#beginHttp.bind(this)],
    ['undici:request:create', this.#begin.bind(this)],
    ['undici:request:error', this.#end.bind(this)],
    ['undici:request:trailers', this.#end.bind(this)],
  ] as const

  constructor(onBegin: () => void, onEnd: () => void) {
    this.#onBegin = onBegin
    this.#onEnd = onEnd
  }

  /** From now on. Returns the way to end that. */
  watch(): () => void {
    for (const [name, listener] of this.#channels) diagnostics.subscribe(name, listener)
    return () => {
      for (const [name, listener] of this.#channels) diagnostics.unsubscribe(name, listener)
      this.#requests.clear()
      this.#onEnd()
    }
  }

  get count(): number {
    return [...this.#requests].filter(isSent).length
  }

  #beginHttp(message: unknown): void {
    const { request } = message as { readonly request: ClientRequest }
    if (this.#requests.has(request)) return
    this.#requests.add(request)
    this.#onBegin()
    // Whichever way it ends: answered, refused, cut off, or as the beginning of a tunnel.
    request.once('close', () => {
      this.#requests.delete(request)
      this.#onEnd()
    })
  }

  #begin(message: unknown): void {
    const { request } = message as { readonly request: { readonly method?: string } }
    // The beginning of a tunnel, which no other channel tells the end of: the request through it is counted.
    if (request.method === 'CONNECT') return
    this.#requests.add(request)
    this.#onBegin()
  }

  #end(message: unknown): void {
    this.#requests.delete((message as { readonly request: unknown }).request)
    this.#onEnd()
  }
}

/** Not one that waits in its agent's queue, nor one that has been answered and is only not read. */
function isSent(request: unknown): boolean {
  if (!(request instanceof http.ClientRequest)) return true
  const { agent, res } = request as unknown as {
    readonly agent?: Agent
    readonly res?: { readonly complete: boolean }
  }
  const queues: readonly (readonly unknown[] | undefined)[] = Object.values(agent?.requests ?? {})
  return !queues.some((queue) => queue?.includes(request)) && res?.complete !== true
}
