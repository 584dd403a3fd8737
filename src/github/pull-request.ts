import type { Clock } from '../clock.ts'
import type { PullRequestReading, Unreadable } from '../demand.ts'
import type { GitHubApi, PullRequestAnswer } from './api.ts'
import { type GitHubRepository, isFork } from './context.ts'
import { githubReason } from './reason.ts'

/** The live pull request. It remembers its last reading. */
export interface LivePullRequest {
  /** Reads again if the last reading is older than `maxAgeMs`. Never throws: a failure gives `unreadable`. */
  read(maxAgeMs: number): Promise<PullRequestReading>
}

/** A clone with a key of its own belongs to no pull request, so every request for it counts. */
export const NO_PULL_REQUEST: LivePullRequest = {
  read: () => Promise.resolve({ kind: 'open', labels: [], fromFork: false }),
}

export interface PullRequestOptions {
  readonly clock: Clock
  /** Called at the first reading, so that other runs do not load the GitHub client. */
  readonly connect: () => Promise<GitHubApi>
  readonly repository: GitHubRepository
}

interface OneOptions extends PullRequestOptions {
  readonly number: number
  /** An earlier reading, such as one from a list. */
  readonly seen?: Readonly<{ atMs: number; reading: PullRequestReading }>
}

export function livePullRequest({ seen, ...options }: OneOptions): LivePullRequest {
  const { clock } = options
  let last = seen && { atMs: seen.atMs, reading: Promise.resolve(seen.reading) }
  return {
    async read(maxAgeMs) {
      if (last === undefined || clock.now() - last.atMs > maxAgeMs)
        last = { atMs: clock.now(), reading: look(options) }
      return await last.reading
    },
  }
}

export interface LivePullRequests {
  /** Reads all open ones, a hundred per call; only the others then need calls of their own. Never throws. */
  listOpen(): Promise<Readonly<{ kind: 'listed' }> | Unreadable>
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

/** Only a definite answer counts: 200, this repository, open or closed. A token without access always gets 404. */
async function look({ connect, repository, number }: OneOptions): Promise<PullRequestReading> {
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
    headSha: pull.head.sha,
  }
}
