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
}

/** Does it, and gives the event that a workflow would be started by. */
export function happen(pullRequest: PullRequest, { site, deed }: { site: Site; deed: Deed }): WorkflowEvent {
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

interface Controlled {
  readonly pull: PullRequest
  readonly site: Site
  readonly token: string
}

export interface Control {
  readonly url: string
  close(): Promise<void>
}

/** `POST /<deed>` does it to the pull request and answers with the context of a step. */
export async function startControl({ pull, site, token }: Controlled): Promise<Control> {
  const server = createServer((request, response) => {
    const deed = DEEDS.find((name) => request.method === 'POST' && request.url === `/${name}`)
    if (deed === undefined) {
      response.writeHead(404).end()
      return
    }
    try {
      const context: StepContext = { event: happen(pull, { site, deed }), site: siteOf(site), token }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(context))
    } catch (error) {
      // Such as a merged pull request that is to be reopened.
      response.writeHead(409).end(error instanceof Error ? error.message : String(error))
    }
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
