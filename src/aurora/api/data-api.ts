import type { RDSDataClient } from '@aws-sdk/client-rds-data'
import type { AwsRun } from './aws-run.ts'
import { type ClientOptions, clientConfiguration, maskCredentials, watch } from './client.ts'

/** The cluster that a statement is for, and the secret that it logs in with. */
export interface SqlTarget {
  readonly clusterArn: string
  readonly secretArn: string
}

/** The RDS Data API: SQL over HTTPS, also from runners without a route to the VPC. The SDK's client is loaded with the first statement. */
export class DataApi {
  readonly #options: ClientOptions & Pick<AwsRun, 'signal'>
  #client: Promise<RDSDataClient> | undefined

  constructor(options: ClientOptions & Pick<AwsRun, 'signal'>) {
    this.#options = options
  }

  /** Throws AwsCallError with the fault of the Data API, such as `DatabaseResumingException`. */
  async execute({ clusterArn: resourceArn, secretArn }: SqlTarget, sql: string): Promise<void> {
    const { ExecuteStatementCommand } = await import('@aws-sdk/client-rds-data')
    const client = await (this.#client ??= this.#load())
    await client.send(new ExecuteStatementCommand({ resourceArn, secretArn, sql }))
  }

  async #load(): Promise<RDSDataClient> {
    const { RDSDataClient } = await import('@aws-sdk/client-rds-data')
    const client = new RDSDataClient(clientConfiguration(this.#options))
    maskCredentials(client.config, this.#options)
    watch(client.middlewareStack, this.#options)
    return client
  }
}
