import type { RDSClient } from '@aws-sdk/client-rds'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { DataApi } from './data-api.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'

export interface AwsRun {
  readonly rds: RDSClient
  /** Sends each call once, for calls that need a fresh look or the present time. The SDK's retries would come minutes later. */
  readonly once: RDSClient
  readonly dataApi: Pick<DataApi, 'execute'>
  /** AWS's time, in milliseconds since the epoch; `undefined` until an answer has a `Date`. */
  readonly awsNow: () => number | undefined
  readonly clock: Clock
  readonly log: Log
  /** Aborted when the runner cancels; after that, nothing new starts. */
  readonly signal: AbortSignal
}

/** AWS's time for comparisons, or `UNKNOWN_TIME_MS`: then nothing has expired and every hold is in force. */
export function timeAtAws({ awsNow }: Pick<AwsRun, 'awsNow'>): number {
  return awsNow() ?? UNKNOWN_TIME_MS
}
