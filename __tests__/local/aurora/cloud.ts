import {
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  RDSServiceException,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import type {
  CreateDBInstanceCommandInput,
  DBCluster,
  DBInstance,
  DeleteDBClusterCommandInput,
  DeleteDBInstanceCommandInput,
  RestoreDBClusterToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import type { SleepingClock } from '../../../local/time/clock.ts'
import type { AuroraRegion } from '../../../local/aurora/region.ts'
import { startAuroraServer } from '../../../local/aurora/server.ts'
import type { AuroraServer, AuroraServerOptions } from '../../../local/aurora/server.ts'

export const REGION = 'eu-west-1'
export const ACCOUNT = '123456789012'
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A clock that moves when it is told to. */
export class ManualClock implements SleepingClock {
  #now = Date.parse('2026-11-21T10:00:00Z')

  now(): number {
    return this.#now
  }

  pass(ms: number): void {
    this.#now += ms
  }

  sleep(ms: number): Promise<void> {
    this.pass(ms)
    return Promise.resolve()
  }
}

/** A local cloud with the source `orders`, and the calls that most tests make. */
export interface Cloud {
  readonly clock: ManualClock
  readonly server: AuroraServer
  readonly region: AuroraRegion
  readonly client: RDSClient
  clone(identifier: string, input?: Partial<RestoreDBClusterToPointInTimeCommandInput>): Promise<DBCluster>
  addInstance(cluster: string, input?: Partial<CreateDBInstanceCommandInput>): Promise<DBInstance>
  deleteInstance(identifier: string, input?: Partial<DeleteDBInstanceCommandInput>): Promise<DBInstance>
  deleteCluster(identifier: string, input?: Partial<DeleteDBClusterCommandInput>): Promise<DBCluster>
  describe(identifier: string): Promise<DBCluster>
  describeInstance(identifier: string): Promise<DBInstance>
  /** A clone with its writer, both available. */
  readyClone(identifier: string, input?: Partial<RestoreDBClusterToPointInTimeCommandInput>): Promise<void>
  close(): Promise<void>
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the answer is empty')
  return value
}

export async function startCloud(options: Partial<AuroraServerOptions> = {}): Promise<Cloud> {
  const clock = new ManualClock()
  const server = await startAuroraServer({ clock, ...options })
  const region = server.region(REGION)
  const client = new RDSClient({
    endpoint: server.url,
    region: REGION,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  const cloud: Cloud = {
    clock,
    server,
    region,
    client,
    clone: async (identifier, input = {}) => {
      const command = new RestoreDBClusterToPointInTimeCommand({
        DBClusterIdentifier: identifier,
        SourceDBClusterIdentifier: 'orders',
        RestoreType: 'copy-on-write',
        UseLatestRestorableTime: true,
        ...input,
      })
      return given((await client.send(command)).DBCluster)
    },
    addInstance: async (cluster, input = {}) => {
      const command = new CreateDBInstanceCommand({
        DBInstanceIdentifier: `${cluster}-1`,
        DBClusterIdentifier: cluster,
        Engine: 'aurora-postgresql',
        DBInstanceClass: 'db.r6g.large',
        ...input,
      })
      return given((await client.send(command)).DBInstance)
    },
    deleteInstance: async (identifier, input = {}) => {
      const command = new DeleteDBInstanceCommand({
        DBInstanceIdentifier: identifier,
        SkipFinalSnapshot: true,
        ...input,
      })
      return given((await client.send(command)).DBInstance)
    },
    deleteCluster: async (identifier, input = {}) => {
      const command = new DeleteDBClusterCommand({
        DBClusterIdentifier: identifier,
        SkipFinalSnapshot: true,
        ...input,
      })
      return given((await client.send(command)).DBCluster)
    },
    describe: async (identifier) => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: identifier })
      return given((await client.send(command)).DBClusters?.[0])
    },
    describeInstance: async (identifier) => {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })
      return given((await client.send(command)).DBInstances?.[0])
    },
    readyClone: async (identifier, input = {}) => {
      await cloud.clone(identifier, input)
      await cloud.addInstance(identifier)
      clock.pass(10 * MINUTE)
    },
    close: async () => {
      client.destroy()
      await server.close()
    },
  }
  region.seedCluster({ identifier: 'orders' })
  return cloud
}

export interface Refusal {
  readonly name: string
  readonly code: string
  readonly status: number | undefined
  readonly message: string
}

/** How AWS refused; an answer is a failure of the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof RDSServiceException)) throw error
    const wire = error as RDSServiceException & { readonly Code?: string }
    return {
      name: error.name,
      code: wire.Code ?? error.name,
      status: error.$metadata.httpStatusCode,
      message: error.message,
    }
  }
  throw new Error('the call was accepted')
}
