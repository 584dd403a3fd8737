import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { pullRequestEvent } from '../../../local/github/events.ts'
import type { WorkflowRun } from '../../../local/runner/workflow-run.ts'
import { aPull, aService, cloud, conclusions, Gates, labeled, start, workflow } from './service.ts'

const GATE = "steps: [{ uses: test/gate@v1, with: { name: '${{ github.run_id }}' } }]"

/** So many runs of one pull request; the first is at its gate when the others come. */
async function runsOf(
  text: string,
  count: number,
): Promise<{ readonly gates: Gates; readonly runs: readonly WorkflowRun[] }> {
  const gates = new Gates()
  const service = await aService(text, { actions: gates.actions })
  const pull = aPull()
  const first = start(service, labeled(pull))
  await gates.arrived(String(first.id))
  const others = Array.from({ length: count - 1 }, () => start(service, labeled(pull)))
  return { gates, runs: [first, ...others] }
}

async function conclusionsOf(runs: readonly WorkflowRun[]): Promise<readonly string[]> {
  return await Promise.all(runs.map(async ({ result }) => (await result).conclusion))
}

const SUPERSEDED = /^Canceling since a higher priority waiting request for 'pr-\d+' exists$/
const group = (more: string): string => `concurrency: { group: 'pr-\${{ github.event.number }}', ${more} }`

describe('of workflows', () => {
  const text = (more: string): string => workflow(`job: { runs-on: x, ${GATE} }`, group(more))

  test('single: the newest one waits, those between are cancelled before they had a job', async () => {
    const { gates, runs } = await runsOf(text(''), 4)
    expect([runs[0]?.status, runs[3]?.status]).toEqual(['in_progress', 'queued'])
    for (const { id } of runs) gates.open(String(id))
    expect(await conclusionsOf(runs)).toEqual(['success', 'cancelled', 'cancelled', 'success'])
    expect(await runs[1]?.result).toEqual({
      conclusion: 'cancelled',
      jobs: [],
      error: expect.stringMatching(SUPERSEDED) as never,
    })
  })

  test('max: all of them run, one at a time, in order', async () => {
    const { gates, runs } = await runsOf(text('queue: max'), 4)
    expect(runs.map(({ status }) => status)).toEqual(['in_progress', 'queued', 'queued', 'queued'])
    for (const [index, { id, result }] of runs.entries()) {
      await gates.arrived(String(id))
      expect(runs.filter(({ status }) => status === 'in_progress')).toEqual([runs[index]])
      gates.open(String(id))
      await result
    }
    expect(await conclusionsOf(runs)).toEqual(['success', 'success', 'success', 'success'])
  })

  test('cancel-in-progress: the newest one takes over', async () => {
    const { gates, runs } = await runsOf(text('cancel-in-progress: true'), 2)
    const [first, second] = runs
    expect(await first?.result).toMatchObject({
      conclusion: 'cancelled',
      error: expect.stringMatching(SUPERSEDED) as never,
      jobs: [{ conclusion: 'cancelled' }],
    })
    gates.open(String(second?.id))
    expect((await second?.result)?.conclusion).toBe('success')
  })

  test('are claimed before the if of any job: a run that does nothing takes the waiting place', async () => {
    const gates = new Gates()
    const service = await aService(
      workflow(`job: { if: github.event.label.name == 'clone-db', runs-on: x, ${GATE} }`, group('')),
      { actions: gates.actions },
    )
    const pullRequest = aPull({ labels: ['clone-db', 'other'] })
    const unrelated = pullRequestEvent(cloud.github, { pullRequest, action: 'labeled', label: 'other' })
    const [first, second] = [start(service, labeled(pullRequest)), start(service, labeled(pullRequest))]
    const third = start(service, unrelated)
    await gates.arrived(String(first.id))
    gates.open(String(first.id))
    expect(await conclusionsOf([first, second, third])).toEqual(['success', 'cancelled', 'skipped'])
  })

  test('other pull requests have other groups', async () => {
    const gates = new Gates()
    const service = await aService(text(''), { actions: gates.actions })
    const runs = [start(service, labeled(aPull())), start(service, labeled(aPull()))]
    await Promise.all(runs.map(({ id }) => gates.arrived(String(id))))
    for (const { id } of runs) gates.open(String(id))
    expect(await conclusionsOf(runs)).toEqual(['success', 'success'])
  })

  test('two workflows share a group, whatever the case', async () => {
    const gates = new Gates()
    const one = (name: string): string => workflow(`job: { runs-on: x, ${GATE} }`, `concurrency: ${name}`)
    const service = await aService({ 'a.yml': one('Prod'), 'b.yml': one('prod') }, { actions: gates.actions })
    const [first, second] = service.trigger(labeled())
    await gates.arrived(String(first?.id))
    expect([first?.status, second?.status]).toEqual(['in_progress', 'queued'])
    gates.open(String(first?.id))
    gates.open(String(second?.id))
    await service.settled()
    expect([first?.status, second?.status]).toEqual(['completed', 'completed'])
  })

  test('an expression that gives both max and cancel-in-progress does not start', async () => {
    const service = await aService(text("queue: max, cancel-in-progress: '${{ 1 == 1 }}'"), {
      actions: new Gates().actions,
    })
    expect(await start(service).result).toMatchObject({
      conclusion: 'startup_failure',
      error: expect.stringContaining('not allowed together') as never,
    })
  })
})

describe('of jobs', () => {
  test('hold up the job alone', async () => {
    const { gates, runs } = await runsOf(
      workflow(
        `free: { runs-on: x, steps: [{ run: 'true' }] }\njob: { runs-on: x, ${group('queue: max')}, ${GATE} }`,
      ),
      2,
    )
    const [first, second] = runs
    expect(second?.status).toBe('in_progress')
    for (const { id } of runs) gates.open(String(id))
    expect((await first?.result)?.conclusion).toBe('success')
    expect((await second?.result)?.conclusion).toBe('success')
  })

  test('single: the job that waits is cancelled by a newer one, with the run', async () => {
    const { gates, runs } = await runsOf(workflow(`job: { runs-on: x, ${group('')}, ${GATE} }`), 3)
    for (const { id } of runs) gates.open(String(id))
    expect(await conclusionsOf(runs)).toEqual(['success', 'cancelled', 'success'])
    expect(await runs[1]?.result).toMatchObject({
      jobs: [{ conclusion: 'cancelled', steps: [], error: expect.stringMatching(SUPERSEDED) as never }],
    })
  })

  test.each([
    ['never joins', false, '', 'success', 'skipped'],
    ['takes the place of one that waits, where it joins', true, '', 'cancelled', 'skipped'],
    ['takes nobody’s place in a longer queue', true, 'queue: max', 'success', 'skipped'],
  ])('a job that its if skips %s', async (_, skippedJobsClaim, more, waiting, skipped) => {
    const gates = new Gates()
    const service = await aService(
      workflow(`job: { if: github.event.label.name == 'clone-db', runs-on: x, ${group(more)}, ${GATE} }`),
      { actions: gates.actions, skippedJobsClaim },
    )
    const pullRequest = aPull({ labels: ['clone-db', 'other'] })
    const first = start(service, labeled(pullRequest))
    await gates.arrived(String(first.id))
    const second = start(service, labeled(pullRequest))
    // Until it waits.
    await setImmediate()
    const third = start(
      service,
      pullRequestEvent(cloud.github, { pullRequest, action: 'labeled', label: 'other' }),
    )
    await setImmediate()
    for (const { id } of [first, second]) gates.open(String(id))
    expect(await conclusionsOf([first, second, third])).toEqual(['success', waiting, skipped])
  })

  test('a skipped job that joins is itself replaced, cancelled and killed like any other that waits', async () => {
    const gates = new Gates()
    const service = await aService(
      workflow(`job: { if: github.event.label.name == 'clone-db', runs-on: x, ${group('')}, ${GATE} }`),
      { actions: gates.actions, skippedJobsClaim: true },
    )
    const pullRequest = aPull({ labels: ['clone-db', 'other'] })
    const unrelated = (): WorkflowRun =>
      start(service, pullRequestEvent(cloud.github, { pullRequest, action: 'labeled', label: 'other' }))
    const holder = start(service, labeled(pullRequest))
    await gates.arrived(String(holder.id))
    const replaced = unrelated()
    const cancelled = unrelated()
    expect(await replaced.result).toMatchObject({
      conclusion: 'cancelled',
      jobs: [{ conclusion: 'cancelled', error: expect.stringMatching(SUPERSEDED) as never }],
    })
    await cancelled.cancel()
    expect((await cancelled.result).conclusion).toBe('cancelled')
    const killed = unrelated()
    killed.kill()
    expect((await killed.result).conclusion).toBe('failure')
    gates.open(String(holder.id))
    expect((await holder.result).conclusion).toBe('success')
  })

  test('cancel-in-progress ends the job and not the others of its run', async () => {
    const { gates, runs } = await runsOf(
      workflow(
        `job: { runs-on: x, ${group('cancel-in-progress: true')}, ${GATE} }\nother: { runs-on: x, steps: [{ run: 'true' }] }`,
      ),
      2,
    )
    const result = await runs[0]?.result
    expect(result && conclusions(result)).toEqual({ job: 'cancelled', other: 'success' })
    gates.open(String(runs[1]?.id))
    expect((await runs[1]?.result)?.conclusion).toBe('success')
  })
})
