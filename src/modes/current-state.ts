import { listClusters } from '../aurora/api/describe.ts'
import { mayBeShared } from '../aurora/clone/source.ts'
import type { Listing } from '../aurora/ready/order.ts'
import type { PullRequestReading } from '../demand.ts'
import type { CloneRun } from './context.ts'

/** One listing of the Region and one reading of the pull request. */
export interface CurrentState extends Listing {
  readonly reading: PullRequestReading
}

/** What every run about one pull request or key reads first, from AWS and GitHub concurrently. */
export async function currentState(
  run: CloneRun,
  { source }: Readonly<{ source: string | undefined }>,
): Promise<CurrentState> {
  const { aws, owner, pullRequest, region } = run
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
