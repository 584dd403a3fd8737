import type { CloudClock } from './time/clock.ts'
import { ScaledClock } from './time/scaled-clock.ts'
import { type AuroraServer, type PoliciesOf, startAuroraServer } from './aurora/server.ts'
import { Databases, type ServedCluster } from './database/databases.ts'
import type { AuroraRegion } from './aurora/region.ts'
import { type Behaviour, defaultBehaviour } from './aurora/behaviour.ts'
import { type GitHubServer, startGitHubServer } from './github/server.ts'

export interface LocalCloudOptions {
  /** Real time where nothing is said. */
  readonly clock?: CloudClock
  readonly behaviour?: Partial<Behaviour>
  /** Real database servers behind the endpoints; without them an endpoint is only a name. */
  readonly databases?: boolean
  /** Security groups that let nobody in; only with databases. */
  readonly closedSecurityGroups?: readonly string[]
  readonly regionName?: string
  readonly accountId?: string
  /** `/api/v3` makes GitHub an enterprise server. */
  readonly githubBasePath?: '' | '/api/v3'
  /** The address that people see; part of the clones' identity. */
  readonly githubServerUrl?: string
  /** What AWS lets whom do; everybody everything where nothing is said. */
  readonly policiesOf?: PoliciesOf
}

/** AWS and GitHub on loopback, on one clock: everything that a run of the action talks to. */
export interface LocalCloud {
  readonly clock: CloudClock
  readonly aws: AuroraServer
  readonly region: AuroraRegion
  readonly github: GitHubServer
  readonly databases: Databases | undefined
  /** The standard variables that lead the SDKs here, with credentials that this cloud accepts. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

export async function startLocalCloud({
  clock = new ScaledClock({ speed: 1 }),
  behaviour = {},
  databases: withDatabases = false,
  closedSecurityGroups = [],
  regionName = 'eu-west-1',
  githubBasePath = '',
  githubServerUrl = 'https://github.com',
  policiesOf,
  accountId,
}: LocalCloudOptions = {}): Promise<LocalCloud> {
  const listeningAfterMs = behaviour.listeningAfterMs ?? defaultBehaviour.listeningAfterMs
  const databases = withDatabases
    ? await Databases.open({ clock, listeningAfterMs, closedSecurityGroups })
    : undefined
  const aws = await startAuroraServer({
    clock,
    behaviour: { ...behaviour, ...(databases && { endpointAddress: databases.addressOf }) },
    ...(databases && { dataPlane: databases }),
    ...(policiesOf && { policiesOf }),
    ...(accountId !== undefined && { accountId }),
  })
  databases?.watch(() => aws.regions.flatMap(servedClusters))
  const github = await startGitHubServer({ clock, basePath: githubBasePath, serverUrl: githubServerUrl })
  return {
    clock,
    aws,
    github,
    databases,
    region: aws.region(regionName),
    environment: {
      AWS_ENDPOINT_URL_RDS: aws.url,
      AWS_ENDPOINT_URL_RDS_DATA: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
      AWS_REGION: regionName,
      // The name that boto3 and the AWS CLI 1 know.
      AWS_DEFAULT_REGION: regionName,
      AWS_ACCESS_KEY_ID: 'ASIALOCALCLOUD000001',
      AWS_SECRET_ACCESS_KEY: 'local-cloud-secret-access-key',
      AWS_SESSION_TOKEN: 'local-cloud-session-token',
      // Credentials come from these variables or not at all: nothing asks a metadata service.
      AWS_EC2_METADATA_DISABLED: 'true',
      ...clock.environment(),
    },
    async close() {
      await Promise.all([aws.close(), github.close()])
      await databases?.close()
      await clock.close?.()
    },
  }
}

/** From when this resolves, a cluster with Backtrack can be rewound to now, and to the data that it has now. */
export async function markMoment(
  { region, databases }: Pick<LocalCloud, 'region' | 'databases'>,
  identifier: string,
): Promise<void> {
  region.markMoment(identifier)
  await databases?.settle()
}

function servedClusters(region: AuroraRegion): readonly ServedCluster[] {
  return region.clusters().map((cluster) => ({
    ...cluster,
    writerStatus: cluster.writer === undefined ? undefined : region.instance(cluster.writer)?.status,
  }))
}
