import { Readable } from 'node:stream'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** RDS answers within seconds; the SDK tries again. */
export const CALL_LIMIT_MS = 30_000

/**
 * One limit for each try, from the connection to the last byte of the answer. The SDK's own limits end with the first bytes: an
 * answer that stalls or drips would hold the run for as long as it likes.
 */
export class TimeLimitedHandler extends NodeHttpHandler {
  readonly #limitMs: number
  readonly #deadline: AbortSignal | undefined

  constructor({
    handler,
    limitMs,
    deadline,
  }: {
    readonly handler: ConstructorParameters<typeof NodeHttpHandler>[0]
    readonly limitMs: number
    readonly deadline: AbortSignal | undefined
  }) {
    super(handler)
    this.#limitMs = limitMs
    this.#deadline = deadline
  }

  override async handle(
    ...[request, options = {}]: Parameters<NodeHttpHandler['handle']>
  ): ReturnType<NodeHttpHandler['handle']> {
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort()
    }, this.#limitMs)
    const { abortSignal } = options
    const end = AbortSignal.any(
      [limit.signal, this.#deadline, abortSignal instanceof AbortSignal ? abortSignal : undefined].filter(
        (signal) => signal !== undefined,
      ),
    )
    // Tried again is what took too long by itself, and nothing that the run or its cancellation ended.
    const reason = (): Error =>
      limit.signal.aborted
        ? brokenOff('TimeoutError', `there was no whole answer within ${this.#limitMs / 1_000} seconds`)
        : brokenOff('AbortError', 'the run ended before the answer')
    try {
      const answer = await super.handle(request, { ...options, abortSignal: end })
      const body: unknown = answer.response.body
      if (!(body instanceof Readable)) throw new Error('the answer has no body that could be read')
      const breakOff = (): void => {
        body.destroy(reason())
      }
      end.addEventListener('abort', breakOff, { once: true })
      body.once('close', () => {
        clearTimeout(timer)
        end.removeEventListener('abort', breakOff)
      })
      return answer
    } catch (error) {
      clearTimeout(timer)
      throw end.aborted ? reason() : error
    }
  }
}

/** Ends at once when the time of the run is over, whatever the call is about: credentials, an answer, or the pause before a try. */
export async function beforeDeadline<T>(
  deadline: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  if (deadline === undefined) return await call()
  const over = Promise.withResolvers<never>()
  const end = (): void => {
    over.reject(brokenOff('TimeoutError', 'the time of the run was over before AWS had answered'))
  }
  if (deadline.aborted) end()
  deadline.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race(deadline.aborted ? [over.promise] : [call(), over.promise])
  } finally {
    deadline.removeEventListener('abort', end)
  }
}

/** With metadata of its own, the SDK does not take it for an answer that it could not read. */
function brokenOff(name: 'TimeoutError' | 'AbortError', message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: {} })
}
