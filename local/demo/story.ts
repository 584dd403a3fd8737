import { type WorkflowEvent, pullRequestEvent } from '../github/events.ts'
import type { Site } from '../github/representation.ts'
import type { PullRequest } from '../github/state.ts'
import { LABEL, PULL_REQUEST, SOURCE } from '../team.ts'
import type { DemoOptions } from './options.ts'

/** About what AWS takes for a clone, and the local cloud too. */
export const AWS_MS = 6 * 60_000

/** One thing that happens on GitHub, and the step that a workflow runs for it. */
export interface Scene {
  /** In a word or two, for tables. */
  readonly name: string
  readonly headline: string
  readonly explanation: string
  /** Does it to the pull request and gives the event of it. */
  readonly happen: (pull: PullRequest, site: Site) => WorkflowEvent
  readonly inputs: Readonly<Record<string, string>>
  /** Whether the step lasts as long as AWS does: then it runs on the fast clock. */
  readonly waitsForAws: boolean
  readonly expected: {
    readonly outcomes: readonly string[]
    readonly created: boolean
  }
}

export function storyOf({ inputs }: Pick<DemoOptions, 'inputs'>): readonly Scene[] {
  const waits = inputs['wait'] !== 'false'
  const create = { mode: 'create', 'source-cluster': SOURCE, label: LABEL, ...inputs }
  return [
    {
      name: 'label',
      headline: `The label ${LABEL} is put on pull request #${PULL_REQUEST.number} → create`,
      explanation: 'There is no clone yet: the step makes one and waits until it can be used.',
      happen: (pullRequest, site) => {
        pullRequest.addLabel(LABEL)
        return pullRequestEvent(site, { pullRequest, action: 'labeled', label: LABEL })
      },
      inputs: create,
      waitsForAws: waits,
      expected: { outcomes: [waits ? 'ready' : 'creating'], created: true },
    },
    {
      name: 'push',
      headline: 'A commit is pushed to the pull request → create again',
      explanation: 'The same step as before. It finds the clone, extends its life and hands it out again.',
      happen: (pullRequest, site) =>
        pullRequestEvent(site, { pullRequest, action: 'synchronize', ...pullRequest.push() }),
      inputs: create,
      waitsForAws: false,
      expected: { outcomes: waits ? ['ready'] : ['creating', 'ready'], created: false },
    },
    {
      name: 'merge',
      headline: 'The pull request is merged → destroy',
      explanation: 'The step asks AWS to delete the clone and does not wait for it.',
      happen: (pullRequest, site) => {
        pullRequest.close({ merged: true })
        return pullRequestEvent(site, { pullRequest, action: 'closed' })
      },
      inputs: { mode: 'destroy' },
      // AWS deletes nothing that it is still creating: then there is something to wait for.
      waitsForAws: !waits,
      expected: { outcomes: ['deleting', 'destroyed'], created: false },
    },
  ]
}
