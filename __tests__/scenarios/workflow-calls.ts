import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { ServerHooks } from '../../local/aurora/server.ts'
import { type WorkflowEvent, pullRequestEvent } from '../../local/github/events.ts'
import type { PullRequest } from '../../local/github/state.ts'
import { EXAMPLE_LABEL } from './team.ts'
import type { World } from './world.ts'

/** Every job assumes the role for itself, so its access key tells its calls from those of others. */
const OF_A_JOB = 'ASIA'

function callsOfJobs({ cloud }: World): readonly AwsRequestRecord[] {
  return cloud.aws.requests.filter(({ accessKeyId }) => accessKeyId.startsWith(OF_A_JOB))
}

/** What each job asked of AWS, in the order of their first calls. */
function callsByJob(world: World): readonly (readonly AwsRequestRecord[])[] {
  return [...Map.groupBy(callsOfJobs(world), ({ accessKeyId }) => accessKeyId).values()]
}

/** What each job changed, in the order of their first calls. What AWS refused changed nothing. */
export function changesByJob(world: World): readonly (readonly string[])[] {
  return callsByJob(world).map((calls) =>
    calls.filter(({ applied, mutating }) => applied && mutating).map(({ operation }) => operation),
  )
}

/** Whether no job called AWS before the one ahead of it had made its last call. */
export function ranOneAfterTheOther(world: World): boolean {
  const keys = callsOfJobs(world).map(({ accessKeyId }) => accessKeyId)
  const turns = keys.filter((key, index) => key !== keys[index - 1])
  return new Set(turns).size === turns.length
}

/** How many clones AWS was made to make. */
export function restores({ cloud }: World): number {
  return cloud.aws.requests.filter(
    ({ applied, operation }) => applied && operation === 'RestoreDBClusterToPointInTime',
  ).length
}

/** Does something once, before AWS carries out the first such call or before it answers it; the call waits for that. */
export function at(
  { cloud }: World,
  { operation, hook = 'beforeApply' }: { readonly operation: string; readonly hook?: keyof ServerHooks },
  act: () => void | Promise<void>,
): void {
  let isDone = false
  cloud.aws.hooks[hook] = async (request) => {
    if (request.operation !== operation || isDone) return
    isDone = true
    await act()
  }
}

/** `labeled` and `unlabeled`, for a label that the pull request has just got or lost. */
export function labelEvent(
  world: World,
  action: 'labeled' | 'unlabeled',
  { label = EXAMPLE_LABEL, pull = world.pull }: { readonly label?: string; readonly pull?: PullRequest } = {},
): WorkflowEvent {
  if (action === 'labeled') pull.addLabel(label)
  else pull.removeLabel(label)
  return pullRequestEvent(world.cloud.github, { pullRequest: pull, action, label })
}

/** Reopens the pull request and gives the event of it. */
export function reopen({ cloud, pull }: World): WorkflowEvent {
  pull.reopen()
  return pullRequestEvent(cloud.github, { pullRequest: pull, action: 'reopened' })
}
