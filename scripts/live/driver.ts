import {
  AddTagsToResourceCommand,
  BacktrackDBClusterCommand,
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterBacktracksCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  RDSClient,
  type RDSClientConfig,
  RestoreDBClusterToPointInTimeCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds'
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data'
import type { Memory } from './first-clone.ts'
import { type Exchange, type Report, type StepReport, masked } from './report.ts'
import type { Answer, Fault, Operation, Request, Role, Script } from './script.ts'
import type { Stage } from './stage.ts'
import type { Step } from './steps.ts'

export interface Clock {
  now(): number
  sleep(ms: number, options: { readonly signal: AbortSignal }): Promise<void>
}

export type Credentials = NonNullable<RDSClientConfig['credentials']>

export interface DriverOptions {
  readonly stage: Stage
  readonly clock: Clock
  readonly credentials: (role: Role) => Credentials
  /** Where Amazon RDS and its Data API are, if not at AWS. */
  readonly endpoint?: string
  /** Aborted when nothing more is to be asked. */
  readonly signal: AbortSignal
  /** After each step, with all that is known by then. */
  readonly onReport: (report: Report) => void
}

type Sent = (input: object) => Promise<object>

/** The clients of one role. */
function senderFor(
  { credentials, endpoint, stage }: DriverOptions,
  role: Role,
): (operation: Operation) => Sent {
  const config = {
    region: stage.region,
    credentials: credentials(role),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
  const rds = new RDSClient(config)
  const data = new RDSDataClient(config)
  // Each command takes what the script gives it: script.ts binds inputs to operations.
  const send: Record<Operation, Sent> = {
    AddTagsToResource: (input) => rds.send(new AddTagsToResourceCommand(input as never)),
    BacktrackDBCluster: (input) => rds.send(new BacktrackDBClusterCommand(input as never)),
    CreateDBCluster: (input) => rds.send(new CreateDBClusterCommand(input as never)),
    CreateDBInstance: (input) => rds.send(new CreateDBInstanceCommand(input as never)),
    DeleteDBCluster: (input) => rds.send(new DeleteDBClusterCommand(input as never)),
    DeleteDBInstance: (input) => rds.send(new DeleteDBInstanceCommand(input as never)),
    DescribeDBClusterBacktracks: (input) => rds.send(new DescribeDBClusterBacktracksCommand(input as never)),
    DescribeDBClusters: (input) => rds.send(new DescribeDBClustersCommand(input)),
    DescribeDBInstances: (input) => rds.send(new DescribeDBInstancesCommand(input)),
    EnableHttpEndpoint: (input) => rds.send(new EnableHttpEndpointCommand(input as never)),
    ExecuteStatement: (input) => data.send(new ExecuteStatementCommand(input as never)),
    ModifyDBCluster: (input) => rds.send(new ModifyDBClusterCommand(input as never)),
    RestoreDBClusterToPointInTime: (input) =>
      rds.send(new RestoreDBClusterToPointInTimeCommand(input as never)),
    StartDBCluster: (input) => rds.send(new StartDBClusterCommand(input as never)),
    StopDBCluster: (input) => rds.send(new StopDBClusterCommand(input as never)),
  }
  return (operation) => send[operation]
}

function faultOf(error: unknown): Fault {
  return error instanceof Error
    ? { code: error.name, message: error.message }
    : { code: 'Error', message: String(error) }
}

/** Why a step was left out. */
export const CANCELLED = 'the test was cancelled'

/** Plays scripts: it sends what they ask, waits as long as they say, and notes all of it. */
export class Driver {
  readonly #options: DriverOptions
  readonly #senders = new Map<Role, (operation: Operation) => Sent>()
  readonly #exchanges: Exchange[] = []
  readonly #steps: StepReport[] = []
  readonly #startedAt: string

  constructor(options: DriverOptions) {
    this.#options = options
    this.#startedAt = new Date(options.clock.now()).toISOString()
  }

  get report(): Report {
    const { accountId, region } = this.#options.stage
    const steps = masked(this.#steps, accountId) as readonly StepReport[]
    return { startedAt: this.#startedAt, region, steps, exchanges: this.#exchanges }
  }

  /** One step after the other. A step that fails says nothing about the next ones, but for the first: it makes the sources. */
  async playAll(steps: readonly Step[]): Promise<Report> {
    const memory: Memory = {}
    let because: string | undefined
    for (const step of steps) {
      const { name, number } = step
      const played: StepReport =
        because === undefined
          ? await this.#playStep(step, memory)
          : { number, name, result: 'left out', because, findings: [] }
      this.#steps.push(played)
      if (this.#options.signal.aborted) because ??= CANCELLED
      if (number === 0 && played.result === 'failed') because ??= 'there is no source'
      this.#options.onReport(this.report)
    }
    return this.report
  }

  async play<Result>(script: Script<Result>, step: string): Promise<Result> {
    const { clock, signal } = this.#options
    let next = script.next()
    while (next.done !== true) {
      signal.throwIfAborted()
      const wanted = next.value
      if ('pauseMs' in wanted) {
        const askedAtMs = clock.now()
        await clock.sleep(wanted.pauseMs, { signal })
        next = script.next({ askedAtMs, atMs: clock.now() })
      } else {
        next = script.next(await this.#ask(wanted, step))
      }
    }
    return next.value
  }

  async #playStep({ leftOut, name, number, play }: Step, memory: Memory): Promise<StepReport> {
    const { stage } = this.#options
    const because = leftOut?.(stage)
    if (because !== undefined) return { number, name, result: 'left out', because, findings: [] }
    try {
      const findings = await this.play(play(stage, memory), name)
      return { number, name, result: 'played', findings }
    } catch (error) {
      return { number, name, result: 'failed', because: faultOf(error).message, findings: [] }
    }
  }

  async #ask({ role, operation, input }: Request, step: string): Promise<Answer<object>> {
    const { clock, stage } = this.#options
    const sender = this.#senders.get(role) ?? senderFor(this.#options, role)
    this.#senders.set(role, sender)
    const askedAtMs = clock.now()
    const outcome = await sender(operation)(input).then(
      (output) => ({ output }),
      (error: unknown) => ({ fault: faultOf(error) }),
    )
    const atMs = clock.now()
    const told = masked(
      { request: input, ...('output' in outcome ? { answer: outcome.output } : outcome) },
      stage.accountId,
    )
    this.#exchanges.push({
      step,
      at: new Date(askedAtMs).toISOString(),
      tookMs: atMs - askedAtMs,
      role,
      operation,
      ...(told as Pick<Exchange, 'request' | 'answer' | 'fault'>),
    })
    return { askedAtMs, atMs, ...outcome }
  }
}
