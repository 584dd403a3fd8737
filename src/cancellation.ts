import { Cancelled } from './failure.ts'

/** Long enough for a call in flight, and over before the runner sends SIGTERM (7.5 s after SIGINT). */
const CANCEL_GRACE_MS = 4_000

export interface Cancellation {
  readonly signal: AbortSignal
  /** Rejects when a cancelled run does not end by itself in time. */
  readonly overdue: Promise<never>
  readonly end: () => void
}

/** Without a handler Node exits at once on SIGINT, and the summary would never be written. */
export function watchSignals(): Cancellation {
  const controller = new AbortController()
  const overdue = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const onSignal = (): void => {
    controller.abort()
    timer ??= setTimeout(() => {
      overdue.reject(
        new Cancelled(
          'AWS had not answered the last call yet. What it requested may exist; if so, it has its tags.',
        ),
      )
    }, CANCEL_GRACE_MS)
  }
  overdue.promise.catch(() => undefined)
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    overdue: overdue.promise,
    end() {
      clearTimeout(timer)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
