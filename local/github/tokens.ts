import { randomBytes } from 'node:crypto'
import type { Clock } from '../time/clock.ts'
import type { Account, GitHubState, Repository } from './state.ts'

export type Access = 'none' | 'read' | 'write'

/** The keys are those of `permissions:` in a workflow; what is not named is `none`, as there. */
export interface Permissions {
  readonly 'pull-requests'?: Access
  readonly issues?: Access
  readonly contents?: Access
}

export interface Need {
  readonly access: 'read' | 'write'
  /** One of these permissions is enough. */
  readonly anyOf: readonly (keyof Permissions)[]
}

export interface TokenOptions {
  readonly login: string
  readonly type: 'Bot' | 'User'
  readonly permissions: Permissions
  /** The full names of the repositories it can see; all of them by default. A workflow's token sees only its own. */
  readonly repositories?: readonly string[]
  /** Requests an hour: 1,000 for a workflow's token, 5,000 for a person's, as on github.com. */
  readonly rateLimit?: number
}

export interface RateLimit {
  readonly limit: number
  readonly used: number
  /** Seconds since the epoch. */
  readonly reset: number
}

const HOUR_MS = 3_600_000

export class Token {
  readonly account: Account
  readonly #options: TokenOptions
  readonly #clock: Clock
  #windowEndsAt = 0
  #used = 0

  constructor(state: GitHubState, options: TokenOptions) {
    this.account = state.account(options.login, options.type)
    this.#options = options
    this.#clock = state.clock
  }

  /** A GitHub App is named in the comments it writes; a person's token is not. */
  get appSlug(): string | undefined {
    return this.#options.type === 'Bot' ? this.account.login.replace(/\[bot\]$/, '') : undefined
  }

  get refusal(): string {
    return this.#options.type === 'Bot'
      ? 'Resource not accessible by integration'
      : 'Resource not accessible by personal access token'
  }

  sees(repository: Repository): boolean {
    return !repository.private || this.#reaches(repository)
  }

  /** Pull requests are issues too: either permission is enough for their comments [actions §3.6]. */
  may(need: Need, repository: Repository): boolean {
    if (need.access === 'read' && !repository.private) return true
    if (!this.#reaches(repository)) return false
    return need.anyOf.some((key) => {
      const access = this.#options.permissions[key] ?? 'none'
      return access === 'write' || access === need.access
    })
  }

  #reaches(repository: Repository): boolean {
    const { repositories } = this.#options
    // A token is bound to the repository, not to its name.
    return repositories?.some((name) => repository.answersTo(name) || repository.wasCalled(name)) ?? true
  }

  /** Counts one request against the hourly limit. */
  count(): RateLimit {
    const now = this.#clock.now()
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + HOUR_MS
      this.#used = 0
    }
    this.#used += 1
    return {
      limit: this.#options.rateLimit ?? (this.#options.type === 'Bot' ? 1_000 : 5_000),
      used: this.#used,
      reset: Math.ceil(this.#windowEndsAt / 1_000),
    }
  }
}

/** Tokens are opaque: GitHub's are about to change their shape, so nobody may look into one [actions §1]. */
export class Tokens {
  readonly #state: GitHubState
  readonly #tokens = new Map<string, Token>()

  constructor(state: GitHubState) {
    this.#state = state
  }

  issue(options: TokenOptions): string {
    const text = `${options.type === 'Bot' ? 'ghs' : 'github_pat'}_${randomBytes(20).toString('hex')}`
    this.#tokens.set(text, new Token(this.#state, options))
    return text
  }

  /** `Authorization: Bearer …` and `Authorization: token …` are both in use. */
  authenticate(authorization: string | undefined): Token | undefined {
    const text = /^(?:bearer|token) +(?<token>\S+)$/i.exec(authorization ?? '')?.groups?.['token']
    return text === undefined ? undefined : this.#tokens.get(text)
  }
}
