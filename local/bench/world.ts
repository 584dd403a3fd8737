import type { Behaviour } from '../aurora/behaviour.ts'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import type { PullRequest } from '../github/state.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { DATABASE, LABEL, PULL_REQUEST, REPOSITORY, SOURCE } from '../team.ts'
import type { Situation } from './situations.ts'

/** What the scripts call their clone. */
export const SCRIPTED_CLONE = `${SOURCE}-pr-42`

/** An account and a repository for one run alone, so that no run finds what another one left. */
export interface World {
  readonly cloud: LocalCloud
  readonly clock: ScaledClock
  readonly pull: PullRequest
  readonly token: string
  /** `performance.now()` when AWS first heard of the run; STS does not count. */
  firstRequestAtMs(): number | undefined
  /** Calls to RDS and to GitHub from now on; STS does not count. */
  startCounting(): void
  calls(): { readonly aws: number; readonly github: number }
}

export interface WorldOptions {
  readonly situation: Situation
  readonly behaviour: Partial<Behaviour>
  readonly speed: number
}

export async function openWorld({ situation, behaviour, speed }: WorldOptions): Promise<World> {
  const clock = new ScaledClock({ speed })
  const cloud = await startLocalCloud({ clock, behaviour })
  cloud.region.seedCluster({
    identifier: SOURCE,
    databaseName: DATABASE,
    deletionProtection: true,
    vpcSecurityGroupIds: ['sg-orders'],
  })
  const { isFork, isLabelled } = situation.pullRequest
  const repository = cloud.github.repository({ ...REPOSITORY, private: true })
  const pull = repository.pullRequest({
    ...PULL_REQUEST,
    labels: isLabelled ? [LABEL] : [],
    headRepository: isFork ? 'fork' : 'same',
  })
  const token = cloud.github.token({
    login: 'github-actions[bot]',
    type: 'Bot',
    permissions: { 'pull-requests': 'write' },
  })

  const rdsCalls = (): number => cloud.aws.requests.filter(({ service }) => service === 'rds').length
  let firstRequestAtMs: number | undefined
  let before = { aws: 0, github: 0 }
  cloud.aws.hooks.beforeApply = ({ service }) => {
    if (service === 'rds') firstRequestAtMs ??= performance.now()
  }
  return {
    cloud,
    clock,
    pull,
    token,
    firstRequestAtMs: () => firstRequestAtMs,
    startCounting() {
      firstRequestAtMs = undefined
      before = { aws: rdsCalls(), github: cloud.github.requests.length }
    },
    calls: () => ({
      aws: rdsCalls() - before.aws,
      github: cloud.github.requests.length - before.github,
    }),
  }
}
