import { describe, expect, test } from '@jest/globals'
import { aPull, dispatched, job, jobOf, labeled, Notes, PATH, play, repository, workflow } from './service.ts'

async function noted(expression: string, keys = ''): Promise<string | undefined> {
  const notes = new Notes()
  const text = jobOf(`- uses: test/note@v1\n  with:\n    value: ${expression}`, keys)
  await play(text, {
    actions: notes.actions,
    variables: { REGION: 'eu-west-1' },
    secrets: { PASSWORD: 'open' },
  })
  return notes.inputs[0]?.['value']
}

test.each<[expression: string, value: string]>([
  ['plain', 'plain'],
  ['true', 'true'],
  ['15', '15'],
  ['0.5', '0.5'],
  ["''", ''],
  ['a ${{ 1 == 1 }} b ${{ null }}', 'a true b '],
  ['${{ github.event_name }} ${{ github.event.action }}', 'pull_request labeled'],
  ['${{ github.event.label.name }}', 'clone-db'],
  [
    '${{ github.repository }} ${{ github.repository_id }} ${{ github.repository_owner }}',
    'acme/shop 4200 acme',
  ],
  ['${{ github.workflow }} ${{ github.job }} ${{ github.run_attempt }}', 'Test job 1'],
  [
    '${{ github.workflow_ref }}',
    expect.stringMatching(/^acme\/shop\/\.github\/workflows\/test\.yml@refs\/pull\/\d+\/merge$/) as never,
  ],
  ['${{ github.base_ref }} ${{ github.head_ref }}', expect.stringMatching(/^main change-\d+$/) as never],
  ['${{ github.server_url }}', 'https://github.com'],
  ['${{ github.actor }}', 'octocat'],
  ['${{ github.nothing.like.it }}', ''],
  ["${{ github['event_name'] }}", 'pull_request'],
  ['${{ vars.REGION }}${{ vars.region }}${{ vars.OTHER }}', 'eu-west-1eu-west-1'],
  ['${{ secrets.PASSWORD }}', 'open'],
  ['${{ secrets.OTHER }}', ''],
  ['${{ runner.os }} ${{ job.status }}', 'Linux success'],
  ['${{ strategy.job-total }} ${{ strategy.fail-fast }}', '1 true'],
  ['${{ matrix.anything }}', ''],
  ['${{ inputs.anything }}', ''],
  ["${{ format('{0}-{1}', 'pr', 42) }}", 'pr-42'],
  ["${{ fromJSON('[1, 2]')[1] }}", '2'],
  ["${{ join(fromJSON('[1, 2]'), '+') }}", '1+2'],
  ['${{ toJSON(github.event.label.name) }}', '"clone-db"'],
  ["${{ startsWith(github.ref, 'refs/pull/') && 'pull' || 'branch' }}", 'pull'],
  ['${{ github.event.inputs.pr-number || github.event.pull_request.draft }}', 'false'],
])('with: %s', async (expression, value) => {
  expect(await noted(expression)).toEqual(value)
})

test('the token is that of the job, and the same in both places', async () => {
  const [one, other] = (await noted('${{ github.token }} ${{ secrets.GITHUB_TOKEN }}'))?.split(' ') ?? []
  expect(one).toMatch(/^ghs_/)
  expect(other).toBe(one)
})

test('env: of the workflow, the job and the step, each over the one before', async () => {
  const notes = new Notes()
  const text = workflow(
    `job:
  runs-on: x
  env: { B: 'job \${{ github.job }}', C: job }
  steps:
    - env: { C: 'step \${{ env.B }}' }
      uses: test/note@v1
      with: { value: '\${{ env.A }}, \${{ env.B }}, \${{ env.C }}' }
    - run: test "$A/$B/$C" = 'workflow acme/shop/job job/job'`,
    "env: { A: 'workflow ${{ github.repository }}', C: workflow }",
  )
  const result = await play(text, { actions: notes.actions })
  expect(notes.inputs).toEqual([{ value: 'workflow acme/shop, job job, step job job' }])
  expect(notes.steps[0]?.env).toMatchObject({ A: 'workflow acme/shop', C: 'step job job' })
  expect(result.conclusion).toBe('success')
})

test('names, timeouts and directories are evaluated too', async () => {
  const result = await play(
    jobOf(
      `- name: Clone of \${{ github.event.label.name }}
  timeout-minutes: \${{ fromJSON('600') }}
  run: mkdir deeper
- working-directory: \${{ format('{0}er', 'deep') }}
  run: basename "$PWD"`,
      "name: Job of ${{ github.actor }}\ntimeout-minutes: ${{ fromJSON('600') }}",
    ),
  )
  expect(job(result)).toMatchObject({
    name: 'Job of octocat',
    steps: [{ name: 'Clone of clone-db' }, { name: 'Run basename "$PWD"', log: 'deeper' }],
  })
})

describe('a dispatch', () => {
  const text = `on:
  workflow_dispatch:
    inputs:
      dry-run: { type: boolean, default: true }
      count: { type: number, default: 3 }
      key: { type: string, required: true }
jobs:
  job:
    runs-on: x
    steps:
      - uses: test/note@v1
        with:
          typed: \${{ inputs.dry-run == false }} \${{ inputs.count }} \${{ inputs.key }}
          text: \${{ github.event.inputs.dry-run }} \${{ github.event.inputs.count }}
      - if: inputs.dry-run
        run: 'true'`

  test.each<[Record<string, string>, typed: string, texts: string, step: string]>([
    [{ key: 'nightly' }, 'false 3 nightly', 'true 3', 'success'],
    [{ key: 'nightly', 'dry-run': 'false', count: '7' }, 'true 7 nightly', 'false 7', 'skipped'],
  ])('with %j', async (inputs, typed, texts, step) => {
    const notes = new Notes()
    const result = await play(text, { event: dispatched(inputs), actions: notes.actions })
    expect(notes.inputs).toEqual([{ typed, text: texts }])
    expect(job(result).steps[1]?.conclusion).toBe(step)
  })

  test('that does not fit is refused, like by the API', async () => {
    await expect(play(text, { event: dispatched(), actions: new Notes().actions })).rejects.toThrow(
      "Required input 'key' not provided",
    )
  })
})

test('a concurrency group is an expression', async () => {
  const pull = aPull()
  const text = jobOf(
    "- run: 'true'",
    `concurrency:
  group: pr-\${{ github.event.pull_request.number }}
  cancel-in-progress: \${{ github.event.action == 'synchronize' }}`,
  )
  expect((await play({ [PATH]: text }, { event: labeled(pull) })).conclusion).toBe('success')
  const empty = jobOf("- run: 'true'", 'concurrency: ${{ github.event.nothing }}')
  const failed = await play(empty, { event: labeled(pull) })
  expect(job(failed)).toMatchObject({ conclusion: 'failure', error: 'the concurrency group is empty' })
  expect(repository.fullName).toBe('acme/shop')
})
