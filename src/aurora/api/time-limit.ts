import { Readable } from 'node:stream'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** RDS answers within seconds, and the SDK retries. */
export const CALL_LIMIT_MS = 30_000

interface Limits {
  readonly handler: ConstructorParameters<typeof NodeHttpHandler>[0]
  readonly limitMs: number
  readonly deadline: AbortSignal | undefined
}

/** Limits a try up to the last byte of the answer. The SDK's limits end at the first byte, so a slow answer would hold the run. */
export class TimeLimitedHandler extends NodeHttpHandler {
  readonly #limits: Limits

  constructor(limits: Limits) {
    super(limits.handler)
    this.#limits = limits
  }

  override async handle(
    ...[request, options = {}]: Parameters<NodeHttpHandler['handle']>
  ): ReturnType<NodeHttpHandler['handle']> {
    const { limitMs, deadline } = this.#limits
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort()
    }, limitMs)
    const { abortSignal } = options
    const end = AbortSignal.any(
      [limit.signal, deadline, abortSignal instanceof AbortSignal ? abortSignal : undefined].filter(
        (signal) => signal !== undefined,
      ),
    )
    // The SDK retries a TimeoutError. It does not retry an AbortError, which means that the run ended or was cancelled.
    const reason = (): Error =>
      limit.signal.aborted
        ? brokenOff('TimeoutError', `there was no whole answer within ${limitMs / 1_000} seconds`)
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

/** Ends a call when the run's time has expired: while it gets credentials, awaits the answer or pauses before a try. */
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

/** With its own `$metadata`, the SDK does not take the error for an unreadable answer. */
function brokenOff(name: 'TimeoutError' | 'AbortError', message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: {} })
}
