import diagnostics from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { performance } from 'node:perf_hooks'

/** Turns of the event loop in which nothing comes: then everybody in this process waits. */
const QUIET_TURNS = 8
/** What the event loop still owes an answer: a file, a name, a connection, bytes under way. */
const OWED = /^(?:FSReq|CloseReq|GetAddrInfo|GetNameInfo|TCPConnect|PipeConnect|WriteWrap|ShutdownWrap)/

const realImmediate = setImmediate

function isOwed(): boolean {
  return process.getActiveResourcesInfo().some((name) => OWED.test(name))
}

/**
 * Resolves when nothing happens in this process any more, which is a matter of turns of its event loop and not of time: what another
 * process has sent is there in the next turn. Resolves to `false` as soon as `isDisturbed`.
 */
export async function quiet(isDisturbed: () => boolean): Promise<boolean> {
  let turns = 0
  let events = performance.nodeTiming.uvMetricsInfo.events
  while (turns < QUIET_TURNS) {
    await new Promise((resolve) => realImmediate(resolve))
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
  readonly #channels = [
    ['http.client.request.created', this.#beginHttp.bind(this)],
    ['http.client.request.start', this.#beginHttp.bind(this)],
    ['undici:request:create', this.#begin.bind(this)],
    ['undici:request:error', this.#end.bind(this)],
    ['undici:request:trailers', this.#end.bind(this)],
  ] as const

  constructor(onBegin: () => void) {
    this.#onBegin = onBegin
  }

  watch(): void {
    for (const [name, listener] of this.#channels) diagnostics.subscribe(name, listener)
  }

  get count(): number {
    return this.#requests.size
  }

  #beginHttp(message: unknown): void {
    const { request } = message as { readonly request: ClientRequest }
    if (this.#requests.has(request)) return
    this.#requests.add(request)
    this.#onBegin()
    // Whichever way it ends: answered, refused, cut off, or as the beginning of a tunnel.
    request.once('close', () => this.#requests.delete(request))
  }

  #begin(message: unknown): void {
    this.#requests.add((message as { readonly request: unknown }).request)
    this.#onBegin()
  }

  #end(message: unknown): void {
    this.#requests.delete((message as { readonly request: unknown }).request)
  }
}
