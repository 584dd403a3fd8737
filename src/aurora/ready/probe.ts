import { connect } from 'node:net'
import { formatDuration } from '../../duration.ts'
import { Cancelled, Failure } from '../../failure.ts'
import type { AwsRun } from '../api/aws-run.ts'
import { type Pace, Pauses } from '../pace.ts'

const ATTEMPT_TIMEOUT_MS = 5_000
const BETWEEN_ATTEMPTS_MS = 2_000

/**
 * Waits until the endpoint accepts a TCP connection from this runner: `available` says nothing about name resolution, routes and
 * security groups. No message names the endpoint, since public repositories have public logs, annotations and summaries.
 */
export async function waitForConnection(
  aws: AwsRun,
  { host, port, pace }: Readonly<{ host: string; port: number; pace: Pace }>,
): Promise<void> {
  const pauses = new Pauses(aws, pace)
  for (;;) {
    const refusal = await tryConnection(host, port)
    if (refusal === undefined) return
    const waitingFor = `waiting for the endpoint to accept a connection (${refusal})`
    if (!(await pauses.rest(waitingFor, BETWEEN_ATTEMPTS_MS)))
      throw new Failure({
        title: 'Timed out',
        what: `The endpoint of the clone accepted no TCP connection at port ${port} from this runner within ${formatDuration(pace.limitMs)} (${refusal}).`,
        remedy:
          'The clone itself is available: use a runner with a route to its subnets, let its security groups allow the runner, or leave probe out.',
      })
    if (aws.signal.aborted) throw new Cancelled('The clone is available; its endpoint had not answered yet.')
  }
}

/** `undefined` if the connection was accepted; otherwise the reason in a word, such as `ECONNREFUSED`. */
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
