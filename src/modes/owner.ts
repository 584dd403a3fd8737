import { isServer, pullRequestKey } from '../aurora/clone/identity.ts'
import type { SkipReason } from '../contract.ts'
import { Failure } from '../failure.ts'
import type { GitHubContext } from '../github/context.ts'
import { type CloneModeInputs, type Inputs, parsePullRequestNumber } from '../inputs.ts'
import type { Details } from '../outcome.ts'
import { quote } from '../quotation.ts'
import type { CloneOwner } from './context.ts'

/** The host of the GitHub server for tags, which allow no brackets of an IPv6 address (RDS API, Tag). */
export function serverOf({ serverUrl }: GitHubContext): string {
  const host = URL.canParse(serverUrl) ? new URL(serverUrl).host.toLowerCase().replaceAll(/[[\]]/g, '') : ''
  if (isServer(host)) return host
  throw new Failure({
    title: 'Unexpected error',
    what: `GITHUB_SERVER_URL is "${quote(serverUrl, 100)}", whose host is not allowed in tags, so clones of this server could not be distinguished from others.`,
    remedy: 'Leave GITHUB_SERVER_URL as the runner sets it.',
  })
}

/** An earlier step may have set the variable, so the event must name the same repository. */
export function repositoryIdOf({ repository: { id }, repositoryIdInEvent: inEvent }: GitHubContext): string {
  if (id === '')
    throw new Failure({
      title: 'Unexpected error',
      what: 'GITHUB_REPOSITORY_ID is not set, so clones of this repository could not be distinguished from others.',
      remedy: 'Update the runner to 2.328.0 or newer.',
    })
  const isNumber = /^[1-9]\d*$/.test(id)
  if (isNumber && (inEvent === undefined || inEvent === id)) return id
  throw new Failure({
    title: 'Unexpected error',
    what: `GITHUB_REPOSITORY_ID is "${quote(id, 40)}", ${isNumber ? `but the event is about repository ${inEvent ?? ''}` : 'which is no number'}. Nothing was done.`,
    remedy: 'Leave GITHUB_REPOSITORY_ID and GITHUB_EVENT_PATH as the runner sets them.',
  })
}

export function ownerOfRun(
  context: GitHubContext,
  { owner }: CloneModeInputs,
): Pick<CloneOwner, 'key' | 'generation' | 'number'> {
  if (owner.kind === 'key') return { key: owner.key, generation: owner.generation, number: undefined }
  const dispatched = context.dispatchedNumber
  const number =
    owner.number ??
    context.pullRequest?.number ??
    (dispatched === undefined ? undefined : parsePullRequestNumber(dispatched, 'pr-number of the workflow'))
  if (number === undefined)
    throw new Failure({
      title: 'No pull request in context',
      what: `The event "${context.eventName}" is not about a pull request, and neither pr-number nor clone-key is set.`,
      remedy:
        'Set pr-number, or clone-key for a clone outside of pull requests. To remove unwanted or expired clones, set mode: sweep.',
    })
  return { key: pullRequestKey(number), generation: undefined, number }
}

/**
 * Runs for pull requests of forks get no secrets and no OIDC token; those of Dependabot may get neither. No user can change that,
 * so it is no failure. In all other runs missing credentials are one.
 */
export async function skipWithoutCredentials(
  { eventName, pullRequest }: GitHubContext,
  { owner }: CloneModeInputs,
  resolveCredentials: () => Promise<unknown>,
): Promise<SkipReason | undefined> {
  if (eventName !== 'pull_request' || pullRequest === undefined || owner.kind !== 'pull-request')
    return undefined
  if (owner.number !== undefined && owner.number !== pullRequest.number) return undefined
  if (pullRequest.fromFork !== true && !pullRequest.byDependabot) return undefined
  if ((process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== '') return undefined
  try {
    await resolveCredentials()
    return undefined
  } catch {
    return pullRequest.fromFork === true ? 'fork-without-credentials' : 'dependabot-without-credentials'
  }
}

/** Log and summary name the clones, and so their repositories, which may be private. */
export function refuseToTellOthers(context: GitHubContext, inputs: Inputs): void {
  if (detailsOf(context, inputs) === 'full') return
  throw new Failure({
    title: 'Invalid input',
    what: `Input scope: got "account" ${inputs.commentDetails === 'minimal' ? 'together with comment-details "minimal"' : WHERE[context.repository.visibility]}: log and summary would show the names of other repositories.`,
    remedy:
      'Run this sweep in a private repository, or set comment-details: full if everybody there may see them.',
  })
}

const WHERE: Readonly<Record<GitHubContext['repository']['visibility'], string>> = {
  public: 'in a public repository',
  internal: 'in an internal repository, which the whole enterprise sees',
  private: 'in a private repository',
  unknown: 'and an event that does not say whether the repository is public, internal or private',
}

/**
 * Everyone can read comments in public repositories, and the whole enterprise in internal ones. So those show the state only.
 * If the visibility is unknown, the same applies.
 */
export function detailsOf({ repository }: GitHubContext, { commentDetails }: Inputs): Details {
  return commentDetails ?? (repository.visibility === 'private' ? 'full' : 'minimal')
}
