import type { Clock } from '../clock.ts'
import type { PullRequestReading } from '../demand.ts'
import { Failure } from '../failure.ts'
import type { GitHubApi } from './api.ts'
import { type GitHubRepository, isFork } from './context.ts'
import { githubReason } from './reason.ts'

/** The live pull request, with the last look at it remembered for as long as the caller finds it fresh. */
export interface LivePullRequest {
  /** Looks again unless the last look is younger than `maxAgeMs`. Never throws: a look that fails is `unreadable`. */
  read(maxAgeMs: number): Promise<PullRequestReading>
}

/** A clone with a key of its own belongs to no pull request: it is wanted whenever it is asked for. */
export const NO_PULL_REQUEST: LivePullRequest = {
  read: () => Promise.resolve({ kind: 'open', labels: [], fromFork: false }),
}

export function livePullRequest({
  clock,
  connect,
  repository,
  number,
}: {
  readonly clock: Clock
  /** Connected at the first look: runs that need no pull request load nothing for it. */
  readonly connect: () => Promise<GitHubApi>
  readonly repository: GitHubRepository
  readonly number: number
}): LivePullRequest {
  let last: { readonly atMs: number; readonly reading: Promise<PullRequestReading> } | undefined
  return {
    async read(maxAgeMs) {
      if (last === undefined || clock.now() - last.atMs > maxAgeMs)
        last = { atMs: clock.now(), reading: look({ connect, repository, number }) }
      return await last.reading
    },
  }
}

/** Only a definite answer counts: 200, about this repository, open or closed. A token without access gets 404 for everything. */
async function look({
  connect,
  repository,
  number,
}: {
  readonly connect: () => Promise<GitHubApi>
  readonly repository: GitHubRepository
  readonly number: number
}): Promise<PullRequestReading> {
  try {
    const api = await connect()
    const pull = await api.pullRequest(number)
    if (String(pull.base.repo.id) !== repository.id)
      return { kind: 'unreadable', because: 'GitHub answered about another repository' }
    if (pull.state !== 'open' && pull.state !== 'closed')
      return { kind: 'unreadable', because: 'GitHub answered with an unknown state' }
    return {
      kind: pull.state,
      labels: pull.labels.map(({ name }) => name),
      fromFork: isFork(pull),
    }
  } catch (error) {
    return { kind: 'unreadable', because: githubReason(error) }
  }
}

export function unreadablePullRequest(number: number, because: string): Failure {
  return new Failure({
    title: 'Pull request cannot be read',
    what: `Pull request #${number} could not be read (${because}), so nothing more was created or deleted for it.`,
    remedy:
      'Give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token; if GitHub had an outage, run the job again.',
  })
}
