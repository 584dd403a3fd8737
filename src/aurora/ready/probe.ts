import { connect } from 'node:net'
import { formatDuration } from '../duration.ts'
import { Cancelled, Failure } from '../failure.ts'
import type { AwsRun, Pace } from './aws-run.ts'
import { standingLog } from './standing-log.ts'

const ATTEMPT_TIMEOUT_MS = 5_000
const BETWEEN_ATTEMPTS_MS = 2_000

/**
 * Waits until the endpoint accepts a TCP connection from this very runner: `available` says nothing about name resolution,
 * routes and security groups between here and there. What is said of it does not name the endpoint: logs, annotations and
 * summaries of public repositories are public.
 */
export async function waitForConnection(
  { clock, log, signal }: AwsRun,
  { host, port, pace }: { readonly host: string; readonly port: number; readonly pace: Pace },
): Promise<void> {
  const say = standingLog({ log, clock, ...pace })
  for (;;) {
    const refusal = await tryConnection(host, port)
    if (refusal === undefined) return
    say(`waiting for the endpoint to accept a connection (${refusal})`)
    if (clock.now() >= pace.startedAtMs + pace.limitMs)
      throw new Failure({
        title: 'Timed out',
        what: `The endpoint of the clone accepted no TCP connection at port ${port} from this runner within ${formatDuration(pace.limitMs)} (${refusal}).`,
        remedy:
          'The clone itself is available: use a runner with a route to its subnets, let its security groups allow the runner, or leave probe out.',
      })
    await clock.sleep(BETWEEN_ATTEMPTS_MS, signal)
    if (signal.aborted) throw new Cancelled('The clone is available; its endpoint had not answered yet.')
  }
}

/** `undefined` when the connection was accepted; otherwise why not, in a word such as `ECONNREFUSED`. */
async function tryConnection(host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT_TIMEOUT_MS })
    const end = (refusal: string | undefined): void => {
      socket.destroy()
      resolve(refusal)
    }
    socket.once('connect', () => {
      end(undefined)
    })
    socket.once('timeout', () => {
      end('no answer')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message)
    })
  })
}
