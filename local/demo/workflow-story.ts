import { pullRequestEvent, scheduleEvent, type WorkflowEvent } from '../github/events.ts'
import type { Site } from '../github/representation.ts'
import type { PullRequest } from '../github/state.ts'
import { LABEL, PULL_REQUEST, SOURCE } from '../team.ts'

/** What the team did with its repository before: the files of examples/ that it has pasted, where GitHub looks for them. */
const SWEEP = 'database-sweep.yml'
export const PASTED: Readonly<Record<string, string>> = {
  'pull-request.yml': 'pr-database.yml',
  'sweep.yml': SWEEP,
}
export const OTHER_LABEL = 'docs'

/** One thing that happens on GitHub. */
export interface Happening {
  readonly headline: string
  readonly explanation: string
  /** Does it and gives the event of it; none where GitHub starts no run. */
  readonly happen: (pull: PullRequest, site: Site) => WorkflowEvent | undefined
  /** The outcome of the action's step; none where it does not run. */
  readonly expected: string | undefined
}

const NUMBER = `#${PULL_REQUEST.number}`

export const HAPPENINGS: readonly Happening[] = [
  {
    headline: `The label ${LABEL} is put on pull request ${NUMBER}`,
    explanation: `It has no clone yet. One of ${SOURCE} is made, and the run ends when it can be used.`,
    happen: (pullRequest, site) => {
      pullRequest.addLabel(LABEL)
      return pullRequestEvent(site, { pullRequest, action: 'labeled', label: LABEL })
    },
    expected: 'ready',
  },
  {
    headline: `Another label, ${OTHER_LABEL}, is put on it`,
    explanation: 'GitHub starts a run for any label. This one is not about databases, so its job is skipped.',
    happen: (pullRequest, site) => {
      pullRequest.addLabel(OTHER_LABEL)
      return pullRequestEvent(site, { pullRequest, action: 'labeled', label: OTHER_LABEL })
    },
    expected: undefined,
  },
  {
    headline: 'A commit is pushed',
    explanation: 'The clone is there: its life is extended, and its endpoint handed out again.',
    happen: (pullRequest, site) =>
      pullRequestEvent(site, { pullRequest, action: 'synchronize', ...pullRequest.push() }),
    expected: 'ready',
  },
  {
    headline: 'It is closed while it has a merge conflict',
    explanation:
      'GitHub starts no run for a pull request with a merge conflict, not even when it is closed: nobody tells the action.',
    happen: (pullRequest) => {
      pullRequest.close()
      return undefined
    },
    expected: undefined,
  },
  {
    headline: 'Within the hour, the schedule strikes',
    explanation: 'The sweep looks at every clone and its pull request, and finds this one left over.',
    happen: ({ repository }, site) =>
      scheduleEvent(site, { repository, workflow: `.github/workflows/${SWEEP}` }),
    expected: 'swept',
  },
]
