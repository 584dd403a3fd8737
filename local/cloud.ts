import { ScaledClock } from './clock.ts'
import { type AuroraServer, startAuroraServer } from './aurora/server.ts'
import type { AuroraRegion } from './aurora/region.ts'
import type { Behaviour } from './aurora/behaviour.ts'
import { type GitHubServer, startGitHubServer } from './github/server.ts'

export interface LocalCloudOptions {
  /** Virtual time runs this many times faster than real time. */
  readonly speed?: number
  readonly behaviour?: Partial<Behaviour>
  readonly regionName?: string
  /** `/api/v3` makes GitHub an enterprise server. */
  readonly githubBasePath?: '' | '/api/v3'
  /** The address that people see; part of the clones' identity. */
  readonly githubServerUrl?: string
}

/** AWS and GitHub on loopback, on one clock: everything that a run of the action talks to. */
export interface LocalCloud {
  readonly clock: ScaledClock
  readonly aws: AuroraServer
  readonly region: AuroraRegion
  readonly github: GitHubServer
  /** The standard variables that lead the SDKs here, with credentials that this cloud accepts. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

export async function startLocalCloud({
  speed = 1,
  behaviour = {},
  regionName = 'eu-west-1',
  githubBasePath = '',
  githubServerUrl = 'https://github.com',
}: LocalCloudOptions = {}): Promise<LocalCloud> {
  const clock = new ScaledClock({ speed })
  const aws = await startAuroraServer({ clock, behaviour })
  const github = await startGitHubServer({ clock, basePath: githubBasePath, serverUrl: githubServerUrl })
  return {
    clock,
    aws,
    github,
    region: aws.region(regionName),
    environment: {
      AWS_ENDPOINT_URL_RDS: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
      AWS_REGION: regionName,
      AWS_ACCESS_KEY_ID: 'ASIALOCALCLOUD000001',
      AWS_SECRET_ACCESS_KEY: 'local-cloud-secret-access-key',
      AWS_SESSION_TOKEN: 'local-cloud-session-token',
      // Credentials come from these variables or not at all: nothing asks a metadata service.
      AWS_EC2_METADATA_DISABLED: 'true',
      ...(speed === 1 ? {} : clock.environment()),
    },
    async close() {
      await Promise.all([aws.close(), github.close()])
    },
  }
}
