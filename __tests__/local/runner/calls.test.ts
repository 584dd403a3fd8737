import { describe, expect, test } from '@jest/globals'
import {
  aPull,
  conclusions,
  Gates,
  job,
  labeled,
  Notes,
  PATH,
  play,
  aService,
  start,
  workflow,
} from './service.ts'

const CALLEE = '.github/workflows/callee.yml'
const NOTE = '{ runs-on: x, steps: [{ uses: test/note@v1, with: { value: "VALUE" } }] }'

function note(value: string): string {
  return NOTE.replace('VALUE', value)
}

async function call(options: {
  readonly caller: string
  readonly callee: string
  readonly top?: string
  readonly notes?: Notes
}): Promise<ReturnType<typeof play>> {
  const files = { [PATH]: workflow(options.caller, options.top), [CALLEE]: options.callee }
  return await play(files, {
    actions: (options.notes ?? new Notes()).actions,
    secrets: { PASSWORD: 'open-sesame', OTHER: 'never' },
    variables: { REGION: 'eu-west-1' },
  })
}

test('names are those of the page of the run: names where there are some, else ids', async () => {
  const callee = `on: workflow_call
jobs:
  one: { name: 'One of \${{ github.event.action }}', ${note('x').slice(1)}
  two: ${note('x')}
  three: { name: Three, if: false, ${note('x').slice(1)}
  four: { name: 'Four \${{ github.actor }}', if: false, ${note('x').slice(1)}`
  const result = await call({ caller: `outer:\n  name: Outer\n  uses: ./${CALLEE}`, callee })
  expect(result.jobs.map(({ id, name }) => [id, name])).toEqual([
    ['outer', 'Outer'],
    ['outer / one', 'Outer / One of labeled'],
    ['outer / two', 'Outer / two'],
    ['outer / three', 'Outer / Three'],
    ['outer / four', 'Outer / four'],
  ])
})

describe('inputs', () => {
  const callee = `on:
  workflow_call:
    inputs:
      text: { type: string, default: some }
      flag: { type: boolean, default: true }
      count: { type: number }
jobs:
  inner: ${note('${{ inputs.text }}|${{ inputs.flag == true }}|${{ inputs.count }}')}`

  test.each([
    ['', 'some|true|0'],
    ['with: { text: mine, flag: false, count: 3 }', 'mine|false|3'],
    [
      "with: { flag: '${{ github.event.action == ''closed'' }}', text: '${{ vars.REGION }}' }",
      'eu-west-1|false|0',
    ],
    ["with: { text: '${{ vars.MISSING }}' }", '|true|0'],
  ])('%s', async (given, value) => {
    const notes = new Notes()
    await call({ caller: `outer:\n  uses: ./${CALLEE}\n  ${given}`, callee, notes })
    expect(notes.inputs).toEqual([{ value }])
  })

  test('of the wrong type fail the job', async () => {
    const caller = `outer:\n  uses: ./${CALLEE}\n  with: { flag: '\${{ github.event.action }}' }`
    const result = await call({ caller, callee })
    expect(job(result, 'outer')).toMatchObject({
      conclusion: 'failure',
      error: 'input flag: expected a boolean, got "labeled"',
    })
  })
})

test('outputs cross both jobs, and jobs have the ids of both', async () => {
  const notes = new Notes()
  const result = await call({
    caller: `outer:
  name: Outer
  uses: ./${CALLEE}
after:
  needs: outer
  runs-on: x
  steps: [{ uses: test/note@v1, with: { value: '\${{ needs.outer.outputs.endpoint }} \${{ needs.outer.result }}' } }]`,
    callee: `on:
  workflow_call:
    outputs:
      endpoint: { value: '\${{ jobs.inner.outputs.host }}:\${{ jobs.inner.result }}' }
      nothing: { value: '\${{ jobs.inner.outputs.other }}' }
jobs:
  inner:
    runs-on: x
    outputs: { host: '\${{ steps.a.outputs.host }}' }
    steps: [{ id: a, run: 'echo host=db >> "$GITHUB_OUTPUT"' }]`,
    notes,
  })
  expect(notes.inputs).toEqual([{ value: 'db:success success' }])
  expect(result.jobs.map(({ id, name }) => [id, name])).toEqual([
    ['outer', 'Outer'],
    ['outer / inner', 'Outer / inner'],
    ['after', 'after'],
  ])
  expect(job(result, 'outer').outputs).toEqual({ endpoint: 'db:success' })
})

test('a failure inside is one of the calling job', async () => {
  const result = await call({
    caller: `outer: { uses: ./${CALLEE} }\nafter: { needs: outer, if: failure(), runs-on: x, steps: [{ run: 'true' }] }`,
    callee: `on: workflow_call\njobs: { inner: { runs-on: x, steps: [{ run: exit 1 }] } }`,
  })
  expect(conclusions(result)).toEqual({ outer: 'failure', 'outer / inner': 'failure', after: 'success' })
  expect(result.conclusion).toBe('failure')
})

describe('secrets', () => {
  const callee = `on:
  workflow_call:
    secrets: { PASSWORD: { required: true } }
jobs:
  inner:
    runs-on: x
    steps:
      - uses: test/note@v1
        with: { value: '\${{ secrets.PASSWORD }}|\${{ secrets.OTHER }}' }`

  test.each([
    ['inherit', 'open-sesame|never'],
    ["{ PASSWORD: '${{ secrets.PASSWORD }}' }", 'open-sesame|'],
    ["{ PASSWORD: 'x${{ secrets.OTHER }}' }", 'xnever|'],
  ])('%s', async (secrets, value) => {
    const notes = new Notes()
    await call({ caller: `outer:\n  uses: ./${CALLEE}\n  secrets: ${secrets}`, callee, notes })
    expect(notes.inputs).toEqual([{ value }])
  })
})

test('the context github is that of the caller, env is not passed on, vars are', async () => {
  const notes = new Notes()
  await call({
    caller: `outer: { uses: ./${CALLEE} }`,
    top: 'env: { A: outside }',
    callee: `name: Callee
on: workflow_call
jobs:
  inner: ${note('${{ github.workflow }}|${{ github.event_name }}|${{ github.job }}|${{ env.A }}|${{ vars.REGION }}')}`,
    notes,
  })
  expect(notes.inputs).toEqual([{ value: 'Test|pull_request|inner||eu-west-1' }])
})

test.each(['./', '$/'])(
  '%s means the repository of the file itself, also when called from there',
  async (start_) => {
    const notes = new Notes()
    const other = '.github/workflows/other.yml'
    await play(
      {
        [PATH]: workflow(`outer: { uses: ${start_}${CALLEE} }`),
        [CALLEE]: `on: workflow_call\njobs: { middle: { uses: ${start_}${other} } }`,
        [other]: `on: workflow_call\njobs: { inner: ${note('here')} }`,
      },
      { actions: notes.actions },
    )
    expect(notes.inputs).toEqual([{ value: 'here' }])
  },
)

describe('permissions', () => {
  const callee = (top: string, inner: string): string =>
    `on: workflow_call\n${top}\njobs: { inner: { ${inner} runs-on: x, steps: [{ run: 'true' }] } }`
  const caller = (permissions: string): string => `outer:\n  uses: ./${CALLEE}\n  ${permissions}`

  test.each([
    ['permissions: { id-token: write }', '', 'permissions: { id-token: write },'],
    ['permissions: { pull-requests: write }', 'permissions: { pull-requests: read }', ''],
    ['permissions: { pull-requests: write }', 'permissions: {}', 'permissions: { pull-requests: write },'],
    ['', 'permissions: {}', ''],
  ])('%s is enough for %s %s', async (given, top, inner) => {
    expect((await call({ caller: caller(given), callee: callee(top, inner), top: '' })).conclusion).toBe(
      'success',
    )
  })

  test.each([
    [
      'permissions: { contents: read }',
      '',
      'permissions: { id-token: write },',
      `Error calling workflow '${CALLEE}'. The nested job 'inner' is requesting 'id-token: write', but is only allowed 'id-token: none'.`,
    ],
    [
      'permissions: { pull-requests: read }',
      'permissions: { pull-requests: write }',
      '',
      `Error calling workflow '${CALLEE}'. The workflow is requesting 'pull-requests: write', but is only allowed 'pull-requests: read'.`,
    ],
    [
      '',
      '',
      'permissions: { issues: read },',
      `Error calling workflow '${CALLEE}'. The nested job 'inner' is requesting 'issues: read', but is only allowed 'issues: none'.`,
    ],
  ])('%s does not start a run of %s %s', async (given, top, inner, error) => {
    const result = await call({ caller: caller(given), callee: callee(top, inner), top: '' })
    expect(result).toEqual({ conclusion: 'startup_failure', error, jobs: [] })
  })

  test('those of the top of the caller count where the job has none', async () => {
    const inner = 'permissions: { issues: read },'
    const result = await call({
      caller: caller(''),
      callee: callee('', inner),
      top: 'permissions: { issues: write }',
    })
    expect(result.conclusion).toBe('success')
  })
})

describe('concurrency', () => {
  const callee = (top: string, inner: string): string =>
    `on: workflow_call\n${top}\njobs: { inner: { runs-on: x, ${inner} steps: [{ uses: test/gate@v1, with: { name: '\${{ github.run_id }}' } }] } }`

  test('a group of a job in a called workflow works', async () => {
    const gates = new Gates()
    const files = {
      [PATH]: workflow(`outer: { uses: ./${CALLEE} }`),
      [CALLEE]: callee(
        '',
        "concurrency: { group: 'pr-${{ github.event.pull_request.number }}', queue: max },",
      ),
    }
    const service = await aService(files, { actions: gates.actions })
    const pull = aPull()
    const [first, second] = [start(service, labeled(pull)), start(service, labeled(pull))]
    await gates.arrived(String(first.id))
    expect(second.status).toBe('in_progress')
    gates.open(String(second.id))
    gates.open(String(first.id))
    expect(conclusions(await second.result)).toEqual({ outer: 'success', 'outer / inner': 'success' })
    expect((await first.result).conclusion).toBe('success')
  })

  test.each([
    ['in the called workflow', 'concurrency: same', '', 'outer', 'outer'],
    ['in one of its jobs', '', 'concurrency: SAME,', 'outer', 'outer / inner'],
  ])('the group of the caller %s is a deadlock', async (_where, top, inner, _job, waiting) => {
    const files = {
      [PATH]: workflow(
        `outer: { uses: ./${CALLEE} }\nafter: { if: always(), needs: outer, runs-on: x, steps: [{ run: 'true' }] }`,
        'concurrency: same',
      ),
      [CALLEE]: callee(top, inner),
    }
    const result = await play(files, { actions: new Gates().actions })
    expect(result.conclusion).toBe('cancelled')
    expect(result.error).toMatch(/^Canceling since a deadlock for concurrency group 'same' was detected/i)
    expect(result.error).toContain(`between 'top level workflow' and '${waiting}'`)
    expect(job(result, waiting).conclusion).toBe('cancelled')
    expect(job(result, 'after').conclusion).toBe('success')
  })

  test('the group of the calling job is one, too', async () => {
    const files = {
      [PATH]: workflow(`outer: { uses: ./${CALLEE}, concurrency: same }`),
      [CALLEE]: callee('concurrency: same', ''),
    }
    const result = await play(files, { actions: new Gates().actions })
    expect(result.error).toContain("between 'outer' and 'outer'")
    expect(result.conclusion).toBe('cancelled')
  })

  test('a job with the group of its own workflow is one, too', async () => {
    const result = await play(
      workflow("job: { concurrency: same, runs-on: x, steps: [{ run: 'true' }] }", 'concurrency: same'),
    )
    expect(result.conclusion).toBe('cancelled')
    expect(result.error).toContain("between 'top level workflow' and 'job'")
  })
})
