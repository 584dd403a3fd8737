import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts'
import { type WorkflowEvent, pullRequestEvent, scheduleEvent } from '../../local/github/events.ts'
import type { PullRequest } from '../../local/github/state.ts'
import { LABEL, seedRepository, seedSource } from '../../local/team.ts'
import { ScaledClock } from '../../local/time/scaled-clock.ts'
import { forServer } from '../../scripts/server-workflow.ts'
import { PUBLISHED_ACTION } from '../../local/product.ts'
import { ACT, Act, type ActRun, patient } from './act.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** A clone takes five minutes; the rest is act, which lives in real time. */
const SPEED = 600
const example = (name: string): string => forServer(readFileSync(join(ROOT, 'examples', name), 'utf8'))

/** Shows what has crossed from job to job: act tells what a step sets, not what a job gives. */
const DEPLOY = `
  deploy:
    needs: database
    if: needs.database.outputs.outcome == 'ready'
    runs-on: ubuntu-latest
    permissions: {}
    steps:
      - env: { HOST: '\${{ needs.database.outputs.endpoint }}' }
        run: echo "host=$HOST" >> "$GITHUB_OUTPUT"
`

/** With the path of the action instead of its name, and all that a team may do with what it gives. */
function byPath(text: string): string {
  const changes = [
    [
      '    steps:\n',
      `    outputs:
      outcome: \${{ steps.clone.outputs.outcome }}
      endpoint: \${{ steps.clone.outputs.endpoint }}
    steps:
      - uses: actions/checkout@v7
`,
    ],
    [`      - uses: ${PUBLISHED_ACTION}\n`, '      - uses: ./\n        id: clone\n'],
    [
      '          label: clone-db\n',
      `          label: clone-db
          env-prefix: PG
      - run: echo "host-for-the-next-step=$PGHOST" >> "$GITHUB_OUTPUT"
`,
    ],
  ] as const
  return changes.reduce((changed, [from, to]) => {
    expect(changed.split(from)).toHaveLength(2)
    return changed.replace(from, () => to)
  }, text)
}

const WORKFLOWS = {
  'called.yml': patient(example('pull-request.yml')) + DEPLOY,
  'by-path.yml': patient(byPath(example('direct.yml'))) + DEPLOY,
  'sweep.yml': example('sweep.yml'),
}

let cloud: LocalCloud
let pull: PullRequest
let act: Act

beforeEach(async () => {
  cloud = await startLocalCloud({ clock: new ScaledClock({ speed: SPEED }) })
  seedSource(cloud, 'aurora-postgresql')
  const { pull: opened, token } = seedRepository(cloud, { isPublic: false })
  pull = opened
  act = new Act({ cloud, token, workflows: WORKFLOWS })
})

afterEach(async () => {
  act.close()
  await cloud.close()
})

function labelEvent(action: 'labeled' | 'unlabeled', label = LABEL): WorkflowEvent {
  if (action === 'labeled') pull.addLabel(label)
  else pull.removeLabel(label)
  return pullRequestEvent(cloud.github, { pullRequest: pull, action, label })
}

function event(action: 'closed' | 'reopened'): WorkflowEvent {
  if (action === 'closed') pull.close()
  else pull.reopen()
  return pullRequestEvent(cloud.github, { pullRequest: pull, action })
}

function push(): WorkflowEvent {
  return pullRequestEvent(cloud.github, { pullRequest: pull, action: 'synchronize', ...pull.push() })
}

/** Those that are not on their way out. */
function staying() {
  return cloud.region
    .clusters()
    .filter(({ identifier, status }) => identifier.startsWith('clone-') && status !== 'deleting')
}

async function green(workflow: string, trigger: WorkflowEvent): Promise<ActRun> {
  const run = await act.play(workflow, trigger)
  if (!run.isGreen) throw new Error(run.log)
  return run
}

// `.ci/run` installs it where there is a Go toolchain.
const where = existsSync(ACT) ? describe : describe.skip

where('nektos/act', () => {
  test.each([
    ['called.yml', 'clone'],
    ['by-path.yml', 'database'],
  ])('%s: labelled, pushed, unlabelled, closed, swept', async (workflow, job) => {
    const labelled = await green(workflow, labelEvent('labeled'))
    const [clone] = staying()
    const host = clone?.endpoint.address
    expect(labelled.outputs).toMatchObject({
      [job]: { outcome: 'ready', created: 'true', endpoint: host },
      deploy: { host },
    })
    if (workflow === 'by-path.yml') expect(labelled.outputs[job]?.['host-for-the-next-step']).toBe(host)
    expect(labelled.summary).toContain(host)

    const pushed = await green(workflow, push())
    expect(pushed.outputs).toMatchObject({ [job]: { outcome: 'ready', created: 'false' }, deploy: { host } })

    const unlabelled = await green(workflow, labelEvent('unlabeled'))
    expect(unlabelled.outputs).toMatchObject({
      [job]: { outcome: 'deleting', 'skip-reason': 'label-missing' },
    })
    expect(unlabelled.outputs).not.toHaveProperty('deploy')
    expect(staying()).toEqual([])

    await green(workflow, labelEvent('labeled'))
    const closed = await green(workflow, event('closed'))
    expect(closed.outputs).toMatchObject({
      [job]: { outcome: 'deleting', 'skip-reason': 'pull-request-closed' },
    })
    expect(staying()).toEqual([])

    const reopened = await green(workflow, event('reopened'))
    expect(reopened.outputs).toMatchObject({ [job]: { outcome: 'ready', created: 'true' } })
    // The run for `closed` is lost.
    event('closed')
    const swept = await green('sweep.yml', scheduleEvent(cloud.github, { repository: pull.repository }))
    expect(swept.outputs).toMatchObject({ sweep: { outcome: 'swept' } })
    expect(staying()).toEqual([])
    expect(pull.comments()).toHaveLength(1)
  })

  test('called.yml: another label starts no job, and a fork without credentials gets no clone', async () => {
    const other = await green('called.yml', labelEvent('labeled', 'docs'))
    expect(other.outputs).not.toHaveProperty('clone')
    pull = pull.repository.pullRequest({ number: 43, headRepository: 'fork' })
    const fork = await act.play('called.yml', labelEvent('labeled'), { hasIdentity: false })
    expect(fork.outputs).toMatchObject({
      clone: { outcome: 'skipped', 'skip-reason': 'fork-without-credentials' },
    })
    expect(fork.isGreen).toBe(true)
    expect(cloud.aws.requests).toEqual([])
  })
})
