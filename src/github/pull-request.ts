import type { Clock } from '../clock.ts'
import type { PullRequestReading, Unreadable } from '../demand.ts'
import { Failure } from '../failure.ts'
import type { GitHubApi, PullRequestAnswer } from './api.ts'
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

export interface PullRequestOptions {
  readonly clock: Clock
  /** Connected at the first look: runs that need no pull request load nothing for it. */
  readonly connect: () => Promise<GitHubApi>
  readonly repository: GitHubRepository
}

export function livePullRequest({
  number,
  seen,
  ...options
}: PullRequestOptions & {
  readonly number: number
  /** A look that somebody else just took. */
  readonly seen?: { readonly atMs: number; readonly reading: PullRequestReading }
}): LivePullRequest {
  const { clock } = options
  let last = seen && { atMs: seen.atMs, reading: Promise.resolve(seen.reading) }
  return {
    async read(maxAgeMs) {
      if (last === undefined || clock.now() - last.atMs > maxAgeMs)
        last = { atMs: clock.now(), reading: look({ ...options, number }) }
      return await last.reading
    },
  }
}

/** The pull requests of a repository, for a run that is about many of them. */
export interface LivePullRequests {
  /** Looks at all open ones, a hundred with each call: only the others need calls of their own. Never throws. */
  listOpen(): Promise<{ readonly kind: 'listed' } | Unreadable>
  of(number: number): LivePullRequest
}

export function livePullRequests(options: PullRequestOptions): LivePullRequests {
  const { clock, connect, repository } = options
  const known = new Map<number, LivePullRequest>()
  return {
    async listOpen() {
      try {
        const api = await connect()
        for await (const page of api.openPullRequests()) {
          const atMs = clock.now()
          for (const pull of page) {
            const seen = { atMs, reading: readingOf(pull, repository) }
            known.set(pull.number, livePullRequest({ ...options, number: pull.number, seen }))
          }
        }
        return { kind: 'listed' }
      } catch (error) {
        return { kind: 'unreadable', because: githubReason(error) }
      }
    },
    of(number) {
      const existing = known.get(number)
      if (existing !== undefined) return existing
      const pullRequest = livePullRequest({ ...options, number })
      known.set(number, pullRequest)
      return pullRequest
    },
  }
}

/** Only a definite answer counts: 200, about this repository, open or closed. A token without access gets 404 for everything. */
async function look({
  connect,
  repository,
  number,
}: PullRequestOptions & { readonly number: number }): Promise<PullRequestReading> {
  try {
    const api = await connect()
    const pull = await api.pullRequest(number)
    if (pull.number !== number)
      return { kind: 'unreadable', because: 'GitHub answered about another pull request' }
    return readingOf(pull, repository)
  } catch (error) {
    return { kind: 'unreadable', because: githubReason(error) }
  }
}

function readingOf(pull: PullRequestAnswer, repository: GitHubRepository): PullRequestReading {
  if (String(pull.base.repo.id) !== repository.id)
    return { kind: 'unreadable', because: 'GitHub answered about another repository' }
  if (pull.state !== 'open' && pull.state !== 'closed')
    return { kind: 'unreadable', because: 'GitHub answered with an unknown state' }
  return {
    kind: pull.state,
    labels: pull.labels.map(({ name }) => name),
    fromFork: isFork(pull),
  }
}

export function unreadablePullRequest(number: number, because: string): Failure {
  return new Failure({
    title: 'Pull request cannot be read',
    what: `Pull request #${number} could not be read (${because}), so nothing more was created or deleted for it.`,
    remedy:
      'Check its number, give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token; if GitHub had an outage, run the job again.',
  })
}
