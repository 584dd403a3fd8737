import { describe, expect, test } from '@jest/globals'
import { conclusions, job, jobOf, play, stepConclusions, workflow } from './service.ts'

describe('the if of a step', () => {
  test.each<[condition: string, afterSuccess: string, afterFailure: string]>([
    ['true', 'success', 'skipped'],
    ['success()', 'success', 'skipped'],
    ['failure()', 'skipped', 'success'],
    ['always()', 'success', 'success'],
    ['cancelled()', 'skipped', 'skipped'],
    ['"!cancelled()"', 'success', 'success'],
    ['success() || failure()', 'success', 'success'],
    ["failure() && steps.first.outcome == 'failure'", 'skipped', 'success'],
    ["github.event_name == 'push'", 'skipped', 'skipped'],
    ["${{ github.event_name == 'pull_request' }}", 'success', 'skipped'],
    ["github.event.action == 'LABELED'", 'success', 'skipped'],
    ["contains(github.event.pull_request.labels.*.name, 'clone-db')", 'success', 'skipped'],
    ["contains(github.event.pull_request.labels.*.name, 'clone')", 'skipped', 'skipped'],
    ['github.event.no.such.thing == null', 'success', 'skipped'],
    ["env.FLAG == 'on'", 'success', 'skipped'],
    ['steps.first.outputs.nothing', 'skipped', 'skipped'],
  ])('%s', async (condition, afterSuccess, afterFailure) => {
    const steps = (command: string): string =>
      jobOf(`- id: first\n  run: ${command}\n- if: ${condition}\n  env: { FLAG: 'on' }\n  run: 'true'`)
    expect(stepConclusions(await play(steps('exit 0')))).toEqual(['success', afterSuccess])
    expect(stepConclusions(await play(steps('exit 1')))).toEqual(['failure', afterFailure])
  })

  test('that fails to evaluate fails the step', async () => {
    const result = await play(jobOf("- if: fromJSON('{').x\n  run: 'true'"))
    expect(stepConclusions(result)).toEqual(['failure'])
    expect(job(result).steps[0]?.annotations[0]?.message).toContain('JSON')
  })

  test('continue-on-error: the outcome is a failure, the conclusion is not', async () => {
    const result = await play(
      jobOf(
        [
          '- id: first\n  continue-on-error: true\n  run: exit 3',
          "- if: steps.first.outcome == 'failure' && steps.first.conclusion == 'success'\n  run: 'true'",
        ].join('\n'),
      ),
    )
    expect(stepConclusions(result)).toEqual(['success', 'success'])
    expect(job(result).steps[0]?.outcome).toBe('failure')
    expect(result.conclusion).toBe('success')
  })
})

describe('the if of a job', () => {
  const dependent = (condition: string, command: string): string =>
    workflow(
      [
        `first:\n  runs-on: x\n  steps: [{ run: '${command}' }]`,
        `second:\n  needs: first\n  runs-on: x\n  steps: [{ run: 'true' }]\n  if: ${condition}`,
      ].join('\n'),
    )

  test.each<[condition: string, afterSuccess: string, afterFailure: string]>([
    ['true', 'success', 'skipped'],
    ['failure()', 'skipped', 'success'],
    ['always()', 'success', 'success'],
    ['cancelled()', 'skipped', 'skipped'],
    ["needs.first.result == 'failure'", 'skipped', 'skipped'],
    ["always() && needs.first.result == 'failure'", 'skipped', 'success'],
    ['${{ !cancelled() }}', 'success', 'success'],
  ])('%s', async (condition, afterSuccess, afterFailure) => {
    expect(conclusions(await play(dependent(condition, 'exit 0')))).toEqual({
      first: 'success',
      second: afterSuccess,
    })
    expect(conclusions(await play(dependent(condition, 'exit 1')))).toEqual({
      first: 'failure',
      second: afterFailure,
    })
  })

  const chain = (lastCondition: string): string =>
    workflow(
      [
        "first:\n  if: false\n  runs-on: x\n  steps: [{ run: 'true' }]",
        "second:\n  if: always()\n  needs: first\n  runs-on: x\n  steps: [{ run: 'true' }]",
        `third:\n  needs: second\n  runs-on: x\n  steps: [{ run: 'true' }]\n  if: ${lastCondition}`,
      ].join('\n'),
    )

  test.each([
    ['true', 'skipped'],
    ['success()', 'skipped'],
    ["always() && needs.second.result == 'success'", 'success'],
  ])('a skipped job skips all that depend on it, however far: %s', async (condition, third) => {
    expect(conclusions(await play(chain(condition)))).toEqual({ first: 'skipped', second: 'success', third })
  })

  test('a run of skipped jobs alone was skipped', async () => {
    const result = await play(workflow("first:\n  if: false\n  runs-on: x\n  steps: [{ run: 'true' }]"))
    expect(result).toMatchObject({
      conclusion: 'skipped',
      jobs: [{ id: 'first', conclusion: 'skipped', steps: [] }],
    })
  })

  test('continue-on-error lets the run and what depends on it go on', async () => {
    const result = await play(
      workflow(
        [
          'first:\n  continue-on-error: true\n  runs-on: x\n  steps: [{ run: exit 1 }]',
          "second:\n  needs: first\n  runs-on: x\n  steps: [{ run: 'true' }]",
        ].join('\n'),
      ),
    )
    expect(conclusions(result)).toEqual({ first: 'failure', second: 'success' })
    expect(result.conclusion).toBe('success')
  })
})
