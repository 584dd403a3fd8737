import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WorkflowEvent, pullRequestEvent, scheduleEvent } from '../github/events.ts'
import type { Site } from '../github/representation.ts'
import type { PullRequest } from '../github/state.ts'
import { LABEL } from '../team.ts'

/** What people do to the pull request, by the action that GitHub's event has for it; and an hour that strikes. */
export const DEEDS = ['labeled', 'unlabeled', 'synchronize', 'closed', 'reopened', 'schedule'] as const
export type Deed = (typeof DEEDS)[number]

/** What the steps that other processes run need of this one. */
export interface StepContext {
  readonly event: WorkflowEvent
  readonly site: Site
  readonly token: string
  /** Why the event is one that there was before. */
  readonly repeated?: string
}

/** The bodies of the pull request's comments, by id. */
export type Comments = Readonly<Record<string, string>>

/** Does it, and gives the event that a workflow would be started by. */
function happen(pullRequest: PullRequest, { site, deed }: { site: Site; deed: Deed }): WorkflowEvent {
  switch (deed) {
    case 'labeled':
      pullRequest.addLabel(LABEL)
      return pullRequestEvent(site, { pullRequest, action: deed, label: LABEL })
    case 'unlabeled':
      pullRequest.removeLabel(LABEL)
      return pullRequestEvent(site, { pullRequest, action: deed, label: LABEL })
    case 'synchronize':
      return pullRequestEvent(site, { pullRequest, action: deed, ...pullRequest.push() })
    case 'closed':
      // Not merged, so that it can be reopened.
      pullRequest.close()
      return pullRequestEvent(site, { pullRequest, action: deed })
    case 'reopened':
      pullRequest.reopen()
      return pullRequestEvent(site, { pullRequest, action: deed })
    case 'schedule':
      return scheduleEvent(site, { repository: pullRequest.repository })
  }
}

/** Why there is nothing to do: the pull request is as it would leave it. */
function doneBefore({ labels, state }: PullRequest, deed: Deed): string | undefined {
  const hasLabel = labels.some(({ name }) => name === LABEL)
  switch (deed) {
    case 'labeled':
      return hasLabel ? `has the label ${LABEL} already` : undefined
    case 'unlabeled':
      return hasLabel ? undefined : `does not have the label ${LABEL}`
    case 'closed':
      return state === 'closed' ? 'is closed already' : undefined
    case 'reopened':
      return state === 'open' ? 'is open already' : undefined
    case 'synchronize':
    case 'schedule':
      return undefined
  }
}

/** What has to happen first, where not everything can happen to a new pull request. */
const FIRST: Readonly<Partial<Record<Deed, Deed>>> = { unlabeled: 'labeled', reopened: 'closed' }

interface Controlled {
  readonly pull: PullRequest
  readonly site: Site
  readonly token: string
}

export interface Control {
  readonly url: string
  close(): Promise<void>
}

/**
 * `POST /<deed>` does it to the pull request and answers with the context of a step. What is done already happens once more only
 * as on GitHub, where a run that is started again has the event of its first time. `GET /comments` is what the pull request shows.
 */
export async function startControl({ pull, site, token }: Controlled): Promise<Control> {
  const events = new Map<Deed, WorkflowEvent>()
  const contextOf = (deed: Deed): StepContext | { readonly impossible: string } => {
    const because = doneBefore(pull, deed)
    const before = events.get(deed)
    if (because !== undefined && before !== undefined)
      return { event: before, site: siteOf(site), token, repeated: because }
    const first = FIRST[deed]
    if (because !== undefined && first !== undefined)
      return { impossible: `Pull request #${pull.number} ${because}: "${first}" comes before "${deed}".` }
    const event = happen(pull, { site, deed })
    events.set(deed, event)
    return { event, site: siteOf(site), token }
  }
  const server = createServer(({ method, url }, response) => {
    const answer = (status: number, value: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (method === 'GET' && url === '/comments') {
      answer(200, Object.fromEntries(pull.comments().map(({ id, body }) => [id, body])) satisfies Comments)
      return
    }
    const deed = DEEDS.find((name) => method === 'POST' && url === `/${name}`)
    const context = deed === undefined ? undefined : contextOf(deed)
    if (context === undefined) response.writeHead(404).end()
    else if ('impossible' in context) response.writeHead(409).end(context.impossible)
    else answer(200, context)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The addresses alone, of whatever else a site is. */
const siteOf = ({ url, graphqlUrl, serverUrl }: Site): Site => ({ url, graphqlUrl, serverUrl })
