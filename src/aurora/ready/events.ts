import { Cancelled, Failure, failureKind, messageOf } from '../../failure.ts'
import type { AwsRun } from '../api/aws-run.ts'
import { describeEvents } from '../api/describe.ts'
import { writerIdentifier } from '../clone/identity.ts'
import type { OwnedClone } from '../clone/ownership.ts'

/** Logs AWS's events about a clone if they may explain the error. It never fails. */
export async function tellEvents(
  { rds, log }: AwsRun,
  { cluster: { identifier }, createdAtMs }: OwnedClone,
  error: unknown,
): Promise<void> {
  if (!isAboutAws(error)) return
  try {
    const events = await describeEvents(rds, {
      cluster: identifier,
      instance: writerIdentifier(identifier),
      // Earlier clones had the same name.
      sinceMs: createdAtMs,
    })
    if (events.length === 0) return
    await log.group('Events of AWS', () => {
      for (const { at, source, message } of events) log.info(`${at.toISOString()}  ${source}: ${message}`)
      return Promise.resolve()
    })
  } catch (failed) {
    log.info(`The events of AWS could not be read: ${messageOf(failed)}`)
  }
}

/** AWS's events do not explain what this action refuses by itself. */
function isAboutAws(error: unknown): boolean {
  if (!(error instanceof Failure)) return true
  return !(error instanceof Cancelled) && failureKind(error.title).isRefusal !== true
}
