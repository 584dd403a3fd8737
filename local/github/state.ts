import { createHash } from 'node:crypto'
import type { Clock } from '../time/clock.ts'
import { type GitFiles, GitObjects } from './git-objects.ts'

export type AccountType = 'Bot' | 'User' | 'Organization'

export interface Account {
  readonly login: string
  readonly id: number
  readonly type: AccountType
}

/** Roles in a repository, each of which may do all that those before it may. */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Label {
  readonly id: number
  readonly name: string
}

export interface Comment {
  readonly id: number
  readonly body: string
  readonly author: Account
  /** The slug of the GitHub App whose token wrote it. */
  readonly appSlug: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export interface RepositoryOptions {
  readonly owner: string
  readonly name: string
  readonly id?: number
  readonly private?: boolean
  readonly ownerType?: 'Organization' | 'User'
  readonly defaultBranch?: string
}

export interface PullRequestOptions {
  readonly number: number
  readonly title?: string
  readonly labels?: readonly string[]
  readonly author?: string
  readonly draft?: boolean
  /** Where the head branch lives; null if its owner deleted the account, and the fork with it. Default `same`. */
  readonly headRepository?: 'same' | 'fork' | null
  readonly headRef?: string
  readonly baseRef?: string
}

/** Ids that everybody knows from GitHub itself; all others are handed out in order. */
const KNOWN_IDS: ReadonlyMap<string, number> = new Map([
  ['github-actions[bot]', 41898282],
  ['dependabot[bot]', 49699333],
])

/** Everything that the double remembers. One per server. */
export class GitHubState {
  readonly clock: Clock
  readonly repositories: Repository[] = []
  readonly #accounts = new Map<string, Account>()
  #lastId = 1_000
  // Real comment ids left the range of 32 bits long ago.
  #lastLargeId = 4_200_000_000

  constructor(clock: Clock) {
    this.clock = clock
  }

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  nextLargeId(): number {
    this.#lastLargeId += 17
    return this.#lastLargeId
  }

  account(login: string, type?: AccountType): Account {
    const known = this.#accounts.get(login.toLowerCase())
    if (known !== undefined) return known
    const account: Account = {
      login,
      id: KNOWN_IDS.get(login) ?? this.nextId(),
      type: type ?? (login.endsWith('[bot]') ? 'Bot' : 'User'),
    }
    this.#accounts.set(login.toLowerCase(), account)
    return account
  }

  /** Whoever was heard of before, without making anybody up. */
  findAccount(login: string): Account | undefined {
    return this.#accounts.get(login.toLowerCase())
  }

  addRepository(options: RepositoryOptions & { readonly fork?: boolean }): Repository {
    const repository = new Repository(this, options)
    if (
      this.repositories.some((other) => other.id === repository.id || other.answersTo(repository.fullName))
    ) {
      throw new Error(
        `there is a repository ${repository.fullName} or one with id ${String(repository.id)} already`,
      )
    }
    this.repositories.push(repository)
    return repository
  }
}

/** What a repository has in which nobody pushed files. */
const NO_CODE: GitFiles = { 'README.md': '# A repository\n' }

export class Repository {
  readonly state: GitHubState
  readonly owner: Account
  readonly id: number
  readonly private: boolean
  readonly fork: boolean
  readonly defaultBranch: string
  readonly createdAt: number
  readonly pullRequests: PullRequest[] = []
  #name: string
  readonly #formerFullNames: string[] = []
  readonly #labels = new Map<string, Label>()
  readonly #heads = new Map<string, string>()
  readonly #deletedBranches = new Set<string>()
  readonly #files = new Map<string, GitFiles>()
  /** The trees of commits, by the commit. */
  readonly #trees = new Map<string, string>()
  readonly objects = new GitObjects()
  /** The most entries that one answer about a tree has; GitHub's own limit is 100,000. */
  treeLimit = 100_000
  readonly #roles = new Map<Account, Role>()

  constructor(state: GitHubState, options: RepositoryOptions & { readonly fork?: boolean }) {
    this.state = state
    this.owner = state.account(options.owner, options.ownerType ?? 'Organization')
    this.#name = options.name
    this.id = options.id ?? state.nextLargeId()
    this.private = options.private ?? false
    this.fork = options.fork ?? false
    this.defaultBranch = options.defaultBranch ?? 'main'
    this.createdAt = state.clock.now()
  }

  get name(): string {
    return this.#name
  }

  get fullName(): string {
    return `${this.owner.login}/${this.#name}`
  }

  /** The old name keeps working through a redirect, as on GitHub. */
  rename(name: string): void {
    this.#formerFullNames.push(this.fullName)
    this.#name = name
  }

  /** Pull requests that came from it stay as they are, but for their head repository. */
  delete(): void {
    const { repositories } = this.state
    const index = repositories.indexOf(this)
    if (index === -1) throw new Error(`${this.fullName} is deleted already`)
    repositories.splice(index, 1)
    for (const { pullRequests } of repositories) {
      for (const pullRequest of pullRequests) {
        if (pullRequest.headRepository === this) pullRequest.headRepository = null
      }
    }
  }

  /** Gives somebody a role, in place of what they had. */
  collaborator(login: string, role: Role): Account {
    const account = this.state.account(login)
    if (account === this.owner) throw new Error(`${login} owns ${this.fullName} and is its admin`)
    this.#roles.set(account, role)
    return account
  }

  givenRole(account: Account): Role | undefined {
    return account === this.owner ? 'admin' : this.#roles.get(account)
  }

  /** Everybody may read what is public. */
  roleOf(account: Account): Role {
    const role = this.givenRole(account) ?? 'none'
    return role === 'none' && !this.private ? 'read' : role
  }

  answersTo(fullName: string): boolean {
    return this.fullName.toLowerCase() === fullName.toLowerCase()
  }

  wasCalled(fullName: string): boolean {
    return this.#formerFullNames.some((former) => former.toLowerCase() === fullName.toLowerCase())
  }

  label(name: string): Label {
    const known = this.#labels.get(name.toLowerCase())
    if (known !== undefined) return known
    const label: Label = { id: this.state.nextLargeId(), name }
    this.#labels.set(name.toLowerCase(), label)
    return label
  }

  get labels(): readonly Label[] {
    return [...this.#labels.values()]
  }

  /** All pull requests that have it show the new name, and nobody is sent an event. */
  renameLabel(from: string, to: string): void {
    const label = this.#labels.get(from.toLowerCase())
    if (label === undefined) throw new Error(`there is no label ${from}`)
    const renamed: Label = { ...label, name: to }
    this.#labels.delete(from.toLowerCase())
    this.#labels.set(to.toLowerCase(), renamed)
    for (const pullRequest of this.pullRequests) pullRequest.replaceLabel(label, renamed)
  }

  /** The commit that a branch points to. */
  head(branch: string): string {
    return this.#heads.get(branch) ?? commit(`${String(this.id)} ${branch}`)
  }

  /** A new commit on a branch, with these files instead of those before; returns its hash. */
  push(branch: string, files?: GitFiles): string {
    if (files !== undefined) this.#files.set(branch, files)
    const next = commit(this.head(branch))
    this.#heads.set(branch, next)
    this.#trees.set(next, this.objects.store(this.#filesOf(branch)))
    this.#deletedBranches.delete(branch)
    return next
  }

  /** The tree of the files of a commit. */
  tree(sha: string): string {
    return this.#trees.get(sha) ?? this.objects.store(NO_CODE)
  }

  /** A branch begins as the default branch is. */
  #filesOf(branch: string): GitFiles {
    const known = this.#files.get(branch) ?? this.#files.get(this.defaultBranch) ?? NO_CODE
    this.#files.set(branch, known)
    return known
  }

  /** Every branch is there until it is deleted, and again after a push. */
  hasBranch(branch: string): boolean {
    return !this.#deletedBranches.has(branch)
  }

  /** GitHub closes the open pull requests that came from it. */
  deleteBranch(branch: string): void {
    if (branch === this.defaultBranch) throw new Error(`${branch} is the default branch of ${this.fullName}`)
    if (!this.hasBranch(branch)) throw new Error(`${this.fullName} has no branch ${branch} any more`)
    this.#deletedBranches.add(branch)
    for (const pullRequest of this.state.repositories.flatMap(({ pullRequests }) => pullRequests)) {
      const { headRef, headRepository, state } = pullRequest
      if (headRepository === this && headRef === branch && state === 'open') pullRequest.close()
    }
  }

  pullRequest(options: PullRequestOptions): PullRequest {
    if (this.pullRequests.some((other) => other.number === options.number)) {
      throw new Error(`${this.fullName} has a pull request ${String(options.number)} already`)
    }
    const pullRequest = new PullRequest(this, options)
    this.pullRequests.push(pullRequest)
    return pullRequest
  }
}

export class PullRequest {
  readonly repository: Repository
  readonly id: number
  readonly issueId: number
  readonly number: number
  readonly title: string
  readonly author: Account
  readonly headRef: string
  readonly baseRef: string
  readonly createdAt: number
  /** Whose branch it is. Stays when the repository goes, but not when the account does. */
  readonly headOwner: Account | null
  headRepository: Repository | null
  draft: boolean
  #state: 'open' | 'closed' = 'open'
  #mergedAt: number | undefined
  #closedAt: number | undefined
  #updatedAt: number
  #lock: 403 | 423 | undefined
  #headSha: string
  readonly #labels: Label[] = []
  /** When labels were put on, oldest first. */
  readonly labelings: { readonly at: number; readonly label: Label }[] = []
  readonly #comments: Comment[] = []

  constructor(repository: Repository, options: PullRequestOptions) {
    const { state } = repository
    this.repository = repository
    this.id = state.nextLargeId()
    this.issueId = state.nextLargeId()
    this.number = options.number
    this.title = options.title ?? `Change number ${String(options.number)}`
    this.author = state.account(options.author ?? 'octocat')
    this.draft = options.draft ?? false
    this.headRef = options.headRef ?? `change-${String(options.number)}`
    this.baseRef = options.baseRef ?? repository.defaultBranch
    this.headRepository = headRepositoryOf(repository, { author: this.author, head: options.headRepository })
    this.headOwner = this.headRepository?.owner ?? null
    this.#headSha = (this.headRepository ?? repository).push(this.headRef)
    this.createdAt = state.clock.now()
    this.#updatedAt = this.createdAt
    for (const name of options.labels ?? []) this.#putOn(repository.label(name))
  }

  get state(): 'open' | 'closed' {
    return this.#state
  }

  get merged(): boolean {
    return this.#mergedAt !== undefined
  }

  get mergedAt(): number | undefined {
    return this.#mergedAt
  }

  get closedAt(): number | undefined {
    return this.#closedAt
  }

  get updatedAt(): number {
    return this.#updatedAt
  }

  get headSha(): string {
    return this.#headSha
  }

  get mergeCommitSha(): string {
    return commit(`merge ${this.#headSha}`)
  }

  get labels(): readonly Label[] {
    return this.#labels
  }

  /** The status that a comment is refused with while the conversation is locked. */
  get lockStatus(): 403 | 423 | undefined {
    return this.#lock
  }

  close(options: { readonly merged?: boolean } = {}): void {
    if (this.#state === 'closed') throw new Error(`pull request ${String(this.number)} is closed already`)
    const now = this.#touch()
    this.#state = 'closed'
    this.#closedAt = now
    if (options.merged === true) this.#mergedAt = now
  }

  reopen(): void {
    if (this.merged)
      throw new Error(`pull request ${String(this.number)} was merged: GitHub cannot reopen it`)
    if (this.#state === 'open') throw new Error(`pull request ${String(this.number)} is open already`)
    if (this.headRepository?.hasBranch(this.headRef) === false)
      throw new Error(`${this.headRef} was deleted: GitHub cannot reopen pull request ${String(this.number)}`)
    this.#touch()
    this.#state = 'open'
    this.#closedAt = undefined
  }

  /** Labels can be added in every state, also after a merge [actions §3.1]. */
  addLabel(name: string): Label {
    this.#touch()
    const label = this.repository.label(name)
    if (!this.#labels.includes(label)) this.#putOn(label)
    return label
  }

  #putOn(label: Label): void {
    this.#labels.push(label)
    this.labelings.push({ at: this.repository.state.clock.now(), label })
  }

  replaceLabel(from: Label, to: Label): void {
    const index = this.#labels.indexOf(from)
    if (index !== -1) this.#labels.splice(index, 1, to)
  }

  removeLabel(name: string): Label {
    const label = this.repository.label(name)
    const index = this.#labels.indexOf(label)
    if (index === -1) throw new Error(`pull request ${String(this.number)} does not have the label ${name}`)
    this.#touch()
    this.#labels.splice(index, 1)
    return label
  }

  /** A new commit on the head branch; the `before` and `after` of a synchronize event. */
  push(files?: GitFiles): { readonly before: string; readonly after: string } {
    this.#touch()
    const before = this.#headSha
    this.#headSha = (this.headRepository ?? this.repository).push(this.headRef, files)
    return { before, after: this.#headSha }
  }

  /** What the button below a merged or closed pull request does; an open one is closed by it. */
  deleteHeadBranch(): void {
    if (this.headRepository === null)
      throw new Error(`pull request ${String(this.number)} has no head repository`)
    this.headRepository.deleteBranch(this.headRef)
  }

  /** The fork is gone: from now on `head.repo` is null. */
  deleteHeadRepository(): void {
    if (this.headRepository === this.repository)
      throw new Error(`pull request ${String(this.number)} does not come from a fork`)
    this.headRepository?.delete()
  }

  lockConversation(options: { readonly status?: 403 | 423 } = {}): void {
    this.#lock = options.status ?? 403
  }

  unlockConversation(): void {
    this.#lock = undefined
  }

  comments(): readonly Comment[] {
    return [...this.#comments]
  }

  addComment(options: {
    readonly author: string
    readonly body: string
    readonly appSlug?: string
  }): Comment {
    const now = this.#touch()
    const comment: Comment = {
      id: this.repository.state.nextLargeId(),
      body: options.body,
      author: this.repository.state.account(options.author),
      appSlug: options.appSlug,
      createdAt: now,
      updatedAt: now,
    }
    this.#comments.push(comment)
    return comment
  }

  editComment(id: number, body: string): Comment {
    const index = this.#comments.findIndex((comment) => comment.id === id)
    const old = this.#comments[index]
    if (old === undefined) throw new Error(`no comment ${String(id)}`)
    const edited: Comment = { ...old, body, updatedAt: this.#touch() }
    this.#comments[index] = edited
    return edited
  }

  deleteComment(id: number): void {
    const index = this.#comments.findIndex((comment) => comment.id === id)
    if (index === -1) throw new Error(`no comment ${String(id)}`)
    this.#comments.splice(index, 1)
  }

  #touch(): number {
    this.#updatedAt = this.repository.state.clock.now()
    return this.#updatedAt
  }
}

function headRepositoryOf(
  base: Repository,
  options: { readonly author: Account; readonly head: 'same' | 'fork' | null | undefined },
): Repository | null {
  if (options.head === null) return null
  if (options.head !== 'fork') return base
  const fullName = `${options.author.login}/${base.name}`
  const existing = base.state.repositories.find((repository) => repository.answersTo(fullName))
  if (existing !== undefined) return existing
  return base.state.addRepository({
    owner: options.author.login,
    name: base.name,
    ownerType: 'User',
    private: base.private,
    fork: true,
  })
}

function commit(seed: string): string {
  return createHash('sha1').update(seed).digest('hex')
}
