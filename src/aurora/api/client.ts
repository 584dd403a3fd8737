import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { RDSClient, type RDSClientConfig } from '@aws-sdk/client-rds'
import { Cancelled } from '../failure.ts'
import { AwsCallError } from './aws-call.ts'
import { CALL_LIMIT_MS, TimeLimitedHandler, beforeDeadline } from './time-limit.ts'

export interface ClientOptions {
  readonly region: string
  readonly userAgent: readonly [name: string, version: string]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the time of the run is over: a call under way ends at once then, and none is begun. */
  readonly deadline?: AbortSignal | undefined
  /** For each try of a call, until its answer has been read. */
  readonly callLimitMs?: number
  /** Told what the credentials must not tell, before a call is signed with them. */
  readonly mask: (secret: string | undefined) => void
}

/** What every AWS client of this action is made with; RDS and STS alike. */
export function clientConfiguration({ region, userAgent, env, deadline, callLimitMs }: ClientOptions) {
  // The AWS SDK does not read the proxy variables; Node's own agents do when they are told to (Node.js, http.Agent
  // `proxyEnv`), NO_PROXY included.
  const agentOptions = { keepAlive: true, proxyEnv: proxyVariables(env) }
  return {
    region,
    customUserAgent: [[...userAgent] as [string, string]],
    // A burst of throttling takes longer than the three attempts of the SDK's default; faults about the request itself are
    // not retried at all.
    maxAttempts: 6,
    requestHandler: new TimeLimitedHandler({
      handler: {
        httpAgent: new HttpAgent(agentOptions),
        httpsAgent: new HttpsAgent(agentOptions),
        connectionTimeout: 5_000,
      },
      limitMs: callLimitMs ?? CALL_LIMIT_MS,
      deadline,
    }),
  }
}

/**
 * Two clients, on the same connections and credentials: one with the SDK's retries, one that sends each call once (see AwsRun).
 * `signal` is the run's cancellation: nothing that changes anything is sent after it.
 */
export function createRdsClients(options: ClientOptions & { readonly signal: AbortSignal }): {
  readonly rds: RDSClient
  readonly once: RDSClient
} {
  const configuration = clientConfiguration(options)
  const rds = createRdsClient(configuration, options)
  maskCredentials(rds.config, options)
  const { credentials, requestHandler } = rds.config
  const once = createRdsClient({ ...configuration, credentials, requestHandler, maxAttempts: 1 }, options)
  return { rds, once }
}

function createRdsClient(
  configuration: RDSClientConfig,
  { signal, deadline }: Pick<ClientOptions, 'deadline'> & { readonly signal: AbortSignal },
): RDSClient {
  const rds = new RDSClient(configuration)
  rds.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        try {
          return await beforeDeadline(deadline, () => next(args))
        } catch (error) {
          if (error instanceof Cancelled) throw error
          throw new AwsCallError(operationOf(commandName), error)
        }
      },
    { step: 'initialize', priority: 'high', name: 'nameFailingOperation' },
  )
  rds.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const operation = operationOf(commandName)
        // Before each try, since the SDK's retries are calls of their own. Deletions are not meant: one that has begun is
        // finished, and delete-clone.ts sees to it that none begins.
        if (signal.aborted && !/^(?:Describe|Delete)/.test(operation))
          throw new Cancelled(`${operation} was not sent any more.`)
        return await next(args)
      },
    { step: 'finalizeRequest', priority: 'low', name: 'startNothingAfterCancellation' },
  )
  return rds
}

/**
 * Credentials of a runner's own (instance profile, Pod identity, web identity) are in no variable that the runner could mask. The
 * id of an access key is no secret: AWS prints it in its own logs, and it signs nothing.
 */
export function maskCredentials(
  config: Pick<RDSClient['config'], 'credentials'>,
  { mask, deadline }: Pick<ClientOptions, 'mask' | 'deadline'>,
): void {
  const provide = config.credentials
  config.credentials = async (...args) => {
    const credentials = await beforeDeadline(deadline, () => provide(...args))
    mask(credentials.secretAccessKey)
    mask(credentials.sessionToken)
    return credentials
  }
}

function operationOf(commandName: unknown): string {
  return typeof commandName === 'string' ? commandName.replace(/Command$/, '') : 'AWS call'
}

const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const

function proxyVariables(env: ClientOptions['env']): Record<string, string> {
  return Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
