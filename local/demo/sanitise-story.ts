import { type WorkflowEvent, pullRequestEvent } from '../github/events.ts'
import type { Site } from '../github/representation.ts'
import type { PullRequest } from '../github/state.ts'
import { LABEL, PULL_REQUEST } from '../team.ts'
import { CHECK_FILE, COLUMNS_FILE, PRODUCTION, QUARANTINE, SQL_FILE } from './private-team.ts'

/** One step for everything that happens: mode `auto` reads what the pull request asks for. */
export const INPUTS: Readonly<Record<string, string>> = {
  'source-cluster': PRODUCTION,
  label: LABEL,
  'sanitize-sql': SQL_FILE,
  'verify-sql': CHECK_FILE,
  'column-decisions': COLUMNS_FILE,
  'quarantine-security-group-ids': QUARANTINE,
}

export interface Episode {
  /** In a word or two, for tables. */
  readonly name: string
  readonly headline: string
  readonly explanation: string
  /** What the team does before. */
  readonly first?: 'migrate' | 'decide'
  /** Does it to the pull request and gives the event of it. */
  readonly happen: (pull: PullRequest, site: Site) => WorkflowEvent
  readonly waitsForAws: boolean
  /** The outcome of the step; `failed`: it has none. */
  readonly expected: 'ready' | 'deleting' | 'failed'
}

const NUMBER = `#${PULL_REQUEST.number}`

const labelled = (pullRequest: PullRequest, site: Site): WorkflowEvent => {
  pullRequest.addLabel(LABEL)
  return pullRequestEvent(site, { pullRequest, action: 'labeled', label: LABEL })
}

export const EPISODES: readonly Episode[] = [
  {
    name: 'label',
    headline: `The label ${LABEL} is put on pull request ${NUMBER}`,
    explanation:
      'The step makes a clone in quarantine, where no network reaches it. It sanitises and verifies the clone over the RDS Data API, judges its columns, and only then lets people in.',
    happen: labelled,
    waitsForAws: true,
    expected: 'ready',
  },
  {
    name: 'unlabel',
    headline: 'The label is removed',
    explanation: 'Nobody wants the clone any more: the same step removes it.',
    happen: (pullRequest, site) => {
      pullRequest.removeLabel(LABEL)
      return pullRequestEvent(site, { pullRequest, action: 'unlabeled', label: LABEL })
    },
    waitsForAws: false,
    expected: 'deleting',
  },
  {
    name: 'new column',
    headline: 'Production gets a new column, and then the label is put back',
    explanation:
      'Nobody has thought of the column in the files that sanitise. The step stops before anybody gets the new clone.',
    first: 'migrate',
    happen: labelled,
    waitsForAws: true,
    expected: 'failed',
  },
  {
    name: 'decided',
    headline: 'The team decides about the column, and runs the job again',
    explanation: 'The half-done clone is thrown away, and the next one has what the team has decided.',
    first: 'decide',
    happen: (pullRequest, site) => pullRequestEvent(site, { pullRequest, action: 'labeled', label: LABEL }),
    waitsForAws: true,
    expected: 'ready',
  },
  {
    name: 'merge',
    headline: 'The pull request is merged',
    explanation: 'The same step asks AWS to delete the clone and does not wait for it.',
    happen: (pullRequest, site) => {
      pullRequest.close({ merged: true })
      return pullRequestEvent(site, { pullRequest, action: 'closed' })
    },
    waitsForAws: false,
    expected: 'deleting',
  },
]
