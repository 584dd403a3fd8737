import type { Clock } from '../clock.ts'
import { formatDuration } from '../duration.ts'
import type { Log } from '../log.ts'

const HEARTBEAT_MS = 60_000

/** One line for each change of what is waited for, and one a minute in between, so that a long wait is neither silent nor noisy. */
export function standingLog({
  log,
  clock,
  startedAtMs,
  limitMs,
}: {
  readonly log: Log
  readonly clock: Clock
  readonly startedAtMs: number
  readonly limitMs: number
}): (standing: string) => void {
  let last = ''
  let saidAtMs = 0
  return (standing) => {
    const nowMs = clock.now()
    const changed = standing !== last
    if (!changed && nowMs - saidAtMs < HEARTBEAT_MS) return
    const elapsed = formatDuration(nowMs - startedAtMs)
    log.info(
      changed
        ? `${elapsed}  ${standing}`
        : `${elapsed}  still: ${standing} (at most ${formatDuration(limitMs)})`,
    )
    last = standing
    saidAtMs = nowMs
  }
}
