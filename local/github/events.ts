import { example, type ExampleName, type Json, type JsonObject } from './examples.ts'
import {
  accountJson,
  commentJson,
  issueJson,
  labelJson,
  noReplyAddress,
  organizationJson,
  pullRequestJson,
  pushedCommitJson,
  pushedRepositoryJson,
  repositoryJson,
  type Site,
} from './representation.ts'
import type { Comment, PullRequest, Repository } from './state.ts'

/** One run's trigger: the file at GITHUB_EVENT_PATH, and what the runner derives from the same event. */
export interface WorkflowEvent {
  readonly name: string
  readonly payload: JsonObject
  /** GITHUB_REF and GITHUB_SHA. */
  readonly ref: string
  readonly sha: string
  /** GITHUB_HEAD_REF and GITHUB_BASE_REF: empty outside pull request events. */
  readonly headRef: string
  readonly baseRef: string
  readonly actor: { readonly login: string; readonly id: number }
  readonly repository: EventRepository
}

export interface EventRepository {
  readonly fullName: string
  readonly id: number
  readonly owner: { readonly login: string; readonly id: number }
}

/** What an edit replaced, by what was there before. */
export interface PullRequestChanges {
  readonly title?: { readonly from: string }
  readonly body?: { readonly from: string }
}

interface PullRequestEventBase {
  readonly pullRequest: PullRequest
  readonly sender?: string
}

/** The actions that say more than the pull request itself does. */
export type PullRequestEventOptions = PullRequestEventBase &
  (
    | { readonly action: 'labeled' | 'unlabeled'; readonly label: string }
    | { readonly action: 'synchronize'; readonly before: string; readonly after: string }
    | { readonly action: 'edited'; readonly changes?: PullRequestChanges }
    | { readonly action: 'opened' | 'reopened' | 'closed' | 'ready_for_review' | 'converted_to_draft' }
  )

/** Made from the pull request as it is now: change it first, then make the event. */
export function pullRequestEvent(site: Site, options: PullRequestEventOptions): WorkflowEvent {
  const { pullRequest } = options
  const { repository } = pullRequest
  // The ref of a closed pull request is its base branch once it was merged [actions §3.1].
  const isMergedClose = options.action === 'closed' && pullRequest.merged
  return {
    ...common(repository, options.sender ?? pullRequest.author.login),
    name: 'pull_request',
    payload: pullRequestPayload(site, options),
    ref: isMergedClose
      ? `refs/heads/${pullRequest.baseRef}`
      : `refs/pull/${String(pullRequest.number)}/merge`,
    sha: pullRequest.mergeCommitSha,
    headRef: pullRequest.headRef,
    baseRef: pullRequest.baseRef,
  }
}

/** The same payload, but the run belongs to the base branch and has its secrets. */
export function pullRequestTargetEvent(site: Site, options: PullRequestEventOptions): WorkflowEvent {
  const { pullRequest } = options
  const { repository } = pullRequest
  return {
    ...common(repository, options.sender ?? pullRequest.author.login),
    name: 'pull_request_target',
    payload: pullRequestPayload(site, options),
    ref: `refs/heads/${repository.defaultBranch}`,
    sha: repository.head(repository.defaultBranch),
    headRef: pullRequest.headRef,
    baseRef: pullRequest.baseRef,
  }
}

export function issueCommentEvent(
  site: Site,
  options: {
    readonly pullRequest: PullRequest
    readonly comment: Comment
    readonly action?: 'created' | 'edited'
  },
): WorkflowEvent {
  const { comment, pullRequest } = options
  const { repository } = pullRequest
  const action = options.action ?? 'created'
  return {
    ...common(repository, comment.author.login),
    name: 'issue_comment',
    payload: laidOver(`issue_comment ${action}`, {
      action,
      ...(action === 'edited' ? { changes: { body: { from: 'What it said before' } } } : {}),
      issue: issueJson(site, pullRequest),
      comment: commentJson(site, { pullRequest, comment }),
      ...participants(site, { repository, sender: comment.author.login }),
    }),
  }
}

export function workflowDispatchEvent(
  site: Site,
  options: {
    readonly repository: Repository
    readonly inputs?: Readonly<Record<string, string>>
    readonly sender?: string
    readonly workflow?: string
  },
): WorkflowEvent {
  const { repository } = options
  const sender = options.sender ?? 'octocat'
  return {
    ...common(repository, sender),
    name: 'workflow_dispatch',
    payload: laidOver('workflow_dispatch', {
      inputs: options.inputs ?? null,
      ref: `refs/heads/${repository.defaultBranch}`,
      workflow: options.workflow ?? '.github/workflows/pr-database.yml',
      ...participants(site, { repository, sender }),
    }),
  }
}

/** No webhook, so there is no example of it. Nobody sent it, so there is no `sender`; the actor is whoever wrote the `cron` line last. */
export function scheduleEvent(
  site: Site,
  options: {
    readonly repository: Repository
    readonly cron?: string
    readonly actor?: string
    readonly workflow?: string
  },
): WorkflowEvent {
  const { repository } = options
  return {
    ...common(repository, options.actor ?? 'octocat'),
    name: 'schedule',
    payload: {
      schedule: options.cron ?? '17 * * * *',
      workflow: options.workflow ?? '.github/workflows/sweep.yml',
      repository: repositoryJson(site, repository),
      ...organization(site, repository),
    },
  }
}

export function pushEvent(
  site: Site,
  options: { readonly repository: Repository; readonly branch?: string; readonly sender?: string },
): WorkflowEvent {
  const { repository } = options
  const branch = options.branch ?? repository.defaultBranch
  const sender = options.sender ?? 'octocat'
  const before = repository.head(branch)
  const after = repository.push(branch)
  const pusher = repository.state.account(sender)
  const commit = pushedCommitJson(site, { repository, sha: after, author: pusher })
  return {
    ...common(repository, sender),
    name: 'push',
    payload: laidOver('push', {
      ref: `refs/heads/${branch}`,
      before,
      after,
      created: false,
      deleted: false,
      forced: false,
      base_ref: null,
      compare: `${site.serverUrl}/${repository.fullName}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
      commits: [commit],
      head_commit: commit,
      pusher: { name: sender, email: noReplyAddress(pusher) },
      ...participants(site, { repository, sender }),
      repository: pushedRepositoryJson(site, repository),
    }),
    ref: `refs/heads/${branch}`,
    sha: after,
  }
}

/** A branch is deleted, if it is not yet. What is gone has no commit, so the run is one of the default branch. */
export function deleteEvent(
  site: Site,
  options: { readonly repository: Repository; readonly branch: string; readonly sender?: string },
): WorkflowEvent {
  const { branch, repository } = options
  const sender = options.sender ?? 'octocat'
  if (repository.hasBranch(branch)) repository.deleteBranch(branch)
  return {
    ...common(repository, sender),
    name: 'delete',
    payload: laidOver('delete', {
      ref: branch,
      ref_type: 'branch',
      pusher_type: 'user',
      ...participants(site, { repository, sender }),
    }),
  }
}

/** GitHub's example of an event with our state in place of its own. Only some repositories have an organization. */
function laidOver(name: ExampleName, ours: JsonObject): JsonObject {
  const { organization: _, ...shape } = example(name)
  return { ...shape, ...ours }
}

function pullRequestPayload(site: Site, options: PullRequestEventOptions): JsonObject {
  const { pullRequest } = options
  const { repository } = pullRequest
  return laidOver(`pull_request ${options.action}`, {
    action: options.action,
    number: pullRequest.number,
    pull_request: pullRequestJson(site, pullRequest),
    ...details(site, options),
    ...participants(site, { repository, sender: options.sender ?? pullRequest.author.login }),
  })
}

function details(site: Site, options: PullRequestEventOptions): Record<string, Json> {
  switch (options.action) {
    case 'labeled':
    case 'unlabeled': {
      const { repository } = options.pullRequest
      return { label: labelJson(site, { repository, label: repository.label(options.label) }) }
    }
    case 'synchronize':
      return { before: options.before, after: options.after }
    case 'edited':
      return { changes: { ...(options.changes ?? { title: { from: 'An earlier title' } }) } }
    case 'opened':
    case 'reopened':
    case 'closed':
    case 'ready_for_review':
    case 'converted_to_draft':
      return {}
  }
}

function participants(
  site: Site,
  options: { readonly repository: Repository; readonly sender: string },
): Record<string, Json> {
  const { repository } = options
  return {
    repository: repositoryJson(site, repository),
    ...organization(site, repository),
    sender: accountJson(site, repository.state.account(options.sender)),
  }
}

function organization(site: Site, { owner }: Repository): Record<string, Json> {
  if (owner.type !== 'Organization') return {}
  return { organization: organizationJson(site, owner) }
}

/** What holds for every run on the default branch; pull request events override it. */
function common(repository: Repository, actor: string): Omit<WorkflowEvent, 'name' | 'payload'> {
  const { id, login } = repository.state.account(actor)
  return {
    ref: `refs/heads/${repository.defaultBranch}`,
    sha: repository.head(repository.defaultBranch),
    headRef: '',
    baseRef: '',
    actor: { login, id },
    repository: {
      fullName: repository.fullName,
      id: repository.id,
      owner: { login: repository.owner.login, id: repository.owner.id },
    },
  }
}
