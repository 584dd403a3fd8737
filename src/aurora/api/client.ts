import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { RDSClient, type RDSClientConfig } from '@aws-sdk/client-rds'
import type { MiddlewareStack } from '@smithy/types'
import { Cancelled } from '../../failure.ts'
import { AwsCallError } from './aws-call.ts'
import type { AwsRun } from './aws-run.ts'
import { CALL_LIMIT_MS, TimeLimitedHandler, beforeDeadline } from './time-limit.ts'

export interface ClientOptions {
  readonly region: string
  readonly userAgent: readonly [name: string, version: string]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when the run's time has expired: calls under way end at once, and none begins. */
  readonly deadline?: AbortSignal | undefined
  /** Limit of each try of a call, until its answer has been read. */
  readonly callLimitMs?: number
  /** Receives each secret of the credentials before a call is signed with them. */
  readonly mask: (secret: string | undefined) => void
}

/** The configuration of the RDS and STS clients. */
export function clientConfiguration({ region, userAgent, env, deadline, callLimitMs }: ClientOptions) {
  // The AWS SDK ignores the proxy variables. Node's agents read them, with NO_PROXY, if told to (http.Agent `proxyEnv`).
  const agentOptions = { keepAlive: true, proxyEnv: proxyVariables(env) }
  return {
    region,
    customUserAgent: [[...userAgent] as [string, string]],
    // An outage or a burst of throttling of a minute is waited out: the pauses double up to 20 s, each by a random part shorter. The SDK
    // never retries faults of the request itself.
    maxAttempts: 24,
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
 * Two clients on the same connections and credentials: `rds` with the SDK's retries, `once` without (see AwsRun). `signal` is
 * the run's cancellation: after it, no change but a deletion is sent.
 */
export function createRdsClients(
  options: ClientOptions & Pick<AwsRun, 'signal'>,
): Pick<AwsRun, 'rds' | 'once'> {
  const configuration = clientConfiguration(options)
  const rds = createRdsClient(configuration, options)
  maskCredentials(rds.config, options)
  const { credentials, requestHandler } = rds.config
  const once = createRdsClient({ ...configuration, credentials, requestHandler, maxAttempts: 1 }, options)
  return { rds, once }
}

function createRdsClient(
  configuration: RDSClientConfig,
  options: Pick<ClientOptions, 'deadline'> & Pick<AwsRun, 'signal'>,
): RDSClient {
  const rds = new RDSClient(configuration)
  watch(rds.middlewareStack, options)
  return rds
}

/** Every failure names its operation, no call outlasts the run, and a cancelled run begins nothing. */
export function watch<Input extends object, Output extends object>(
  stack: MiddlewareStack<Input, Output>,
  { signal, deadline }: Pick<ClientOptions, 'deadline'> & Pick<AwsRun, 'signal'>,
): void {
  stack.add(
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
  stack.add(
    (next, { commandName }) =>
      async (args) => {
        const operation = operationOf(commandName)
        // Check before each try of the SDK. Deletions are exempt: delete-clone.ts finishes one that began, and begins no other.
        if (signal.aborted && !/^(?:Describe|Delete)/.test(operation))
          throw new Cancelled(`${operation} was not sent.`)
        return await next(args)
      },
    { step: 'finalizeRequest', priority: 'low', name: 'startNothingAfterCancellation' },
  )
}

/**
 * The runner's own credentials (instance profile, Pod identity, web identity) are in no variable that it could mask. The id of an
 * access key is no secret: AWS logs it, and it signs nothing.
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

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const

function proxyVariables(env: ClientOptions['env']): Record<string, string> {
  return Object.fromEntries(
    PROXIES.flatMap((name) => {
      const value = env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
