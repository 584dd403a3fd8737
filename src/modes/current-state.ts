import { listClusters } from '../aurora/observe.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import type { PullRequestReading } from '../demand.ts'
import type { ModeContext } from './mode-context.ts'

/** What AWS and GitHub showed at one moment: one listing of the Region, and the pull request. */
export interface Look {
  readonly atMs: number
  readonly clusters: readonly ClusterSnapshot[]
  readonly reading: PullRequestReading
}

/** The first look of every run that is about one pull request or key. Both questions are asked at once. */
export async function lookAround(
  context: ModeContext,
  { source }: { readonly source: string | undefined },
): Promise<Look> {
  const { aws, owner, pullRequest, region } = context
  return await aws.log.group('Look at AWS and the pull request', async () => {
    const atMs = aws.clock.now()
    const [clusters, reading] = await Promise.all([
      listClusters(aws.rds, { includeShared: mayBeShared(source), signal: aws.signal }),
      pullRequest.read(0),
    ])
    aws.log.info(`Aurora clusters in ${region}: ${clusters.length}`)
    if (owner.number !== undefined) {
      const state =
        reading.kind === 'unreadable' ? `cannot be read: ${reading.because}` : `is ${reading.kind}`
      aws.log.info(`Pull request #${owner.number} ${state}`)
    }
    return { atMs, clusters, reading }
  })
}

/** Only an ARN can name a cluster of another account. */
export function mayBeShared(source: string | undefined): boolean {
  return source?.startsWith('arn:') === true
}
