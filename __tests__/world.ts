import { RDSClient } from '@aws-sdk/client-rds'
import { type AwsStub, mockClient } from 'aws-sdk-client-mock'
import type { ServiceInputTypes, ServiceOutputTypes, RDSClientResolvedConfig } from '@aws-sdk/client-rds'
import type { AwsRun } from '../src/aurora/api/aws-run.ts'
import type { Clock } from '../src/clock.ts'
import type { PullRequestReading } from '../src/demand.ts'
import type { LivePullRequest } from '../src/github/pull-request.ts'
import type { Log } from '../src/log.ts'
import type { CloneRun } from '../src/modes/context.ts'
import type { CloneReport } from '../src/outcome.ts'
import { NOW_MS } from './factories.ts'

/** Time that passes only while somebody sleeps, so that minutes take nothing. */
export class FakeClock implements Clock {
  readonly sleeps: number[] = []
  /** Called at each sleep, to let something happen meanwhile. */
  onSleep: (nowMs: number) => void = () => undefined
  #now = NOW_MS

  now(): number {
    return this.#now
  }

  sleep(ms: number): Promise<void> {
    if (this.sleeps.length > 2_000) throw new Error('slept 2000 times: this never ends')
    this.sleeps.push(ms)
    this.#now += ms
    this.onSleep(this.#now)
    return Promise.resolve()
  }

  pass(ms: number): void {
    this.#now += ms
  }
}

/** A log that keeps its lines, each with its kind before it. */
export class LogLines implements Log {
  readonly lines: string[] = []

  info(line: string): void {
    this.lines.push(`info: ${line}`)
  }

  warning(line: string): void {
    this.lines.push(`warning: ${line}`)
  }

  debug(line: string): void {
    this.lines.push(`debug: ${line}`)
  }

  async group<T>(title: string, phase: () => Promise<T>): Promise<T> {
    this.lines.push(`group: ${title}`)
    return await phase()
  }
}

export type RdsMock = AwsStub<ServiceInputTypes, ServiceOutputTypes, RDSClientResolvedConfig>

export interface World {
  readonly rds: RDSClient
  /** What AWS answers: `mock.on(Command)`. Everything else answers `{}`. */
  readonly mock: RdsMock
  readonly clock: FakeClock
  readonly log: LogLines
  readonly controller: AbortController
  readonly aws: AwsRun
  /** The calls so far, in order: `DescribeDBClusters`, `DeleteDBInstance clone-1`. */
  readonly calls: () => readonly string[]
  /** Only those that change something. */
  readonly changes: () => readonly string[]
}

const MAX_CALLS = 500

/** An AWS that answers what a test says, a clock that does not wait, and a log that is kept. */
export function aWorld(): World {
  const rds = new RDSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
  })
  const mock = mockClient<ServiceInputTypes, ServiceOutputTypes, RDSClientResolvedConfig>(rds)
  mock.onAnyCommand().resolves({ $metadata: { requestId: 'request-1' } })
  const clock = new FakeClock()
  const log = new LogLines()
  const controller = new AbortController()
  const send = rds.send.bind(rds)
  // A loop that never pauses would hang the test: after so many calls AWS is out of order.
  rds.send = new Proxy(send, {
    apply(target, _self, args: Parameters<typeof send>): unknown {
      if (mock.calls().length > MAX_CALLS) throw new Error(`more than ${MAX_CALLS} calls: this never ends`)
      return Reflect.apply(target, undefined, args)
    },
  })
  const calls = (): readonly string[] =>
    mock.calls().map(({ args: [command] }) => {
      const input = command.input as Readonly<Record<string, unknown>>
      const name = command.constructor.name.replace(/Command$/, '')
      const target = input['DBInstanceIdentifier'] ?? input['DBClusterIdentifier'] ?? input['ResourceName']
      return typeof target === 'string' ? `${name} ${target}` : name
    })
  return {
    rds,
    mock,
    clock,
    log,
    controller,
    aws: {
      rds,
      once: rds,
      dataApi: { execute: () => Promise.resolve({ rows: [], updated: 0 }) },
      awsNow: () => clock.now(),
      clock,
      log,
      signal: controller.signal,
    },
    calls,
    changes: () => calls().filter((call) => !call.startsWith('Describe')),
  }
}

/** A pull request whose readings follow one another; the last one stays. Each look is counted. */
export function aPullRequest(...readings: readonly PullRequestReading[]): LivePullRequest & {
  readonly ages: number[]
} {
  const ages: number[] = []
  return {
    ages,
    read(maxAgeMs) {
      const reading = readings[Math.min(ages.length, readings.length - 1)] ?? OPEN
      ages.push(maxAgeMs)
      return Promise.resolve(reading)
    },
  }
}

export const OPEN: PullRequestReading = { kind: 'open', labels: ['clone-db'], fromFork: false }
export const OPEN_WITHOUT_LABEL: PullRequestReading = { kind: 'open', labels: [], fromFork: false }
export const CLOSED: PullRequestReading = { kind: 'closed', labels: ['clone-db'], fromFork: false }
export const FROM_FORK: PullRequestReading = { kind: 'open', labels: ['clone-db'], fromFork: true }
export const UNREADABLE: PullRequestReading = { kind: 'unreadable', because: 'HTTP 502' }

/** What a mode works with, for pull request 42 of `acme/shop`. */
export function aContext(
  world: World,
  overrides: Partial<CloneRun> = {},
): CloneRun & { readonly announced: CloneReport[]; readonly expected: CloneReport[] } {
  const [announced, expected]: [CloneReport[], CloneReport[]] = [[], []]
  return {
    announced,
    expected,
    aws: world.aws,
    region: 'eu-west-1',
    owner: {
      server: 'github.com',
      repositoryId: '4711',
      key: 'pr-42',
      generation: undefined,
      number: 42,
    },
    repositoryFullName: 'acme/shop',
    repositoryName: 'shop',
    event: { action: 'synchronize', label: undefined },
    pullRequest: aPullRequest(OPEN),
    labelsOn: {
      putOnAt: () => Promise.resolve({ kind: 'unreadable', because: 'no label is asked about' }),
      takeOff: () => Promise.reject(new Error('no label is taken off')),
    },
    resetRequest: { run: '1' },
    labels: { list: () => Promise.resolve(['clone-db', 'preview', 'docs']) },
    announce: (clone) => {
      announced.push(clone)
    },
    expect: (clone) => {
      expected.push(clone)
    },
    retireOthers: () => undefined,
    workflowRun: '1',
    readFiles: () => Promise.reject(new Error('no files are asked for')),
    told: () => Promise.resolve(false),
    startedAtMs: NOW_MS,
    ...overrides,
  }
}
