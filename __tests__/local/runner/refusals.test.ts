import { describe, expect, test } from '@jest/globals'
import { OWN_REPOSITORY, OWN_TAG } from '../../../policies/publisher.ts'
import { aService, cloud, Notes, PATH, workflow } from './service.ts'
import { startActionsService } from '../../../local/runner/actions-service.ts'

const JOB = "job:\n  runs-on: x\n  steps: [{ run: 'true' }]"
const withKeys = (keys: string): string => workflow(`${JOB}\n  ${keys}`)
const withStep = (step: string): string => workflow(`job:\n  runs-on: x\n  steps:\n    - ${step}`)
const on = (events: string): string =>
  `on: ${events}\njobs: { job: { runs-on: x, steps: [{ run: 'true' }] } }`

test.each<[string, string, string]>([
  ['on', on('release'), 'on: event "release" is not supported'],
  ['on', on('{ push: { branches: [main] } }'), 'on.push: key "branches" is not supported'],
  ['on', on('{ pull_request: { paths: [src] } }'), 'on.pull_request: key "paths" is not supported'],
  [
    'on',
    on('{ pull_request: { types: [closed], branches-ignore: [x] } }'),
    'on.pull_request: key "branches-ignore"',
  ],
  ['on', on('{ schedule: [{ cron: "1 * * * *", timezone: UTC }] }'), 'on.schedule: key "timezone"'],
  [
    'on',
    on('{ workflow_dispatch: { inputs: { x: { type: environment } } } }'),
    'inputs.x: type "environment"',
  ],
  ['workflow', workflow(JOB, 'run-name: x'), 'workflow: key "run-name" is not supported'],
  ['workflow', workflow(JOB, 'permissions: write-all'), 'workflow: permissions other than a map'],
  ['job', withKeys('container: node'), 'job job: key "container" is not supported'],
  ['job', withKeys('services: { db: { image: postgres } }'), 'job job: key "services" is not supported'],
  ['job', withKeys('cancel-timeout-minutes: 1'), 'job job: key "cancel-timeout-minutes"'],
  ['job', withKeys('environment: { name: x, url: "https://x" }'), 'job job, environment: key "url"'],
  ['job', withKeys('permissions: read-all'), 'job job: permissions other than a map'],
  [
    'job',
    withKeys('strategy: { matrix: { a: [1], exclude: [{ a: 1 }] } }'),
    'job job, strategy.matrix: key "exclude"',
  ],
  ['job', withKeys('env: { GITHUB_SHA: x }'), '"GITHUB_SHA" is a variable of the runner'],
  [
    'step',
    withStep("run: 'true'\n      shell: sh"),
    'job job, step 1: shell "sh" is not supported, only bash',
  ],
  ['step', withStep('run: echo ${{ github.actor }}'), 'job job, step 1: an expression inside "run"'],
  ['step', withStep('run: "${{ github.actor }}"'), 'job job, step 1: an expression inside "run"'],
  [
    'step',
    withStep("run: 'true'\n      env: { RUNNER_TEMP: x }"),
    '"RUNNER_TEMP" is a variable of the runner',
  ],
  [
    'step',
    withStep('uses: actions/checkout@v4'),
    'job job, step 1: there is no replacement for the action actions/checkout@v4',
  ],
  [
    'step',
    withStep('uses: ./somewhere'),
    'job job, step 1: there is no replacement for the action ./somewhere',
  ],
  // GitHub's runner wants a path behind it: `$/.` is the root.
  ['step', withStep('uses: $/'), 'job job, step 1: there is no replacement for the action $/'],
  [
    'step',
    withStep('uses: docker://alpine'),
    'job job, step 1: there is no replacement for the action docker://alpine',
  ],
  [
    'function',
    withStep("run: 'true'\n      env: { A: \"${{ hashFiles('x') }}\" }"),
    'function "hashFiles" is not supported',
  ],
  [
    'function',
    withStep("if: hashFiles('x') != ''\n      run: 'true'"),
    'function "hashFiles" is not supported',
  ],
  [
    'function',
    workflow(`${JOB}\nsecond: { needs: job, if: "failure('job')", runs-on: x, steps: [{ run: a }] }`),
    'function "failure" with arguments',
  ],
  [
    'concurrency',
    withKeys('concurrency: { group: x, queue: max, cancel-in-progress: true }'),
    'job job, concurrency: "cancel-in-progress: true" is not allowed',
  ],
  [
    'concurrency',
    workflow(JOB, 'concurrency: { group: x, queue: max, cancel-in-progress: true }'),
    'workflow, concurrency: "cancel-in-progress: true"',
  ],
  ['defaults', withKeys('defaults: { run: { shell: pwsh } }'), 'shell "pwsh" is not supported'],
])('%s: %s', async (_where, text, message) => {
  await expect(aService(text)).rejects.toThrow(`${PATH}: `)
  await expect(aService(text)).rejects.toThrow(message)
})

test.each<[string, string]>([
  [withKeys('nonsense: 1'), "Unexpected value 'nonsense'"],
  [withStep('if: nonsense()\n      run: a'), "Unrecognized function: 'nonsense'"],
  [withStep('if: nonsense.x\n      run: a'), "Unrecognized named-value: 'nonsense'"],
  [withKeys('if: secrets.PASSWORD'), "Unrecognized named-value: 'secrets'"],
  [
    workflow(`${JOB}\nsecond: { needs: other, runs-on: x, steps: [{ run: a }] }`),
    "depends on unknown job 'other'",
  ],
  [withStep('run: a\n      background: true'), 'background'],
  ['jobs: [', 'is not a valid workflow'],
  ['', 'is not a valid workflow'],
])('GitHub’s parser refuses: %s', async (text, message) => {
  await expect(aService(text)).rejects.toThrow(message)
})

test('everything that is wrong is said at once', async () => {
  const text = withKeys('container: node\n  services: {}')
  await expect(aService(text)).rejects.toThrow(/key "container"[^]*key "services"/)
})

describe('calls', () => {
  const CALLEE = '.github/workflows/callee.yml'
  const callee = `on:
  workflow_call:
    inputs: { source: { type: string, required: true } }
    secrets: { password: { required: true } }
jobs: { inner: { runs-on: x, steps: [{ run: 'true' }] } }`
  const good = `uses: ./${CALLEE}\n  with: { source: x }\n  secrets: { password: x }`

  test.each<[string, string]>([
    [good.replace('source: x', 'sauce: x'), 'job outer, with: input source is required'],
    [good.replace('source: x', 'source: x, sauce: x'), 'job outer, with: input sauce is not defined'],
    [good.replace('password: x', 'passwort: x'), 'job outer, secrets: secret password is required'],
    [good.replace('password: x', 'password: x, more: x'), 'job outer, secrets: secret more is not defined'],
    [
      `uses: ./.github/workflows/missing.yml`,
      '"uses: ./.github/workflows/missing.yml": there is no such file',
    ],
    ['uses: other/repo/.github/workflows/x.yml@v1', 'is not a workflow that this runner can find'],
    [`uses: ${OWN_REPOSITORY}/.github/workflows/missing.yml@${OWN_TAG}`, 'there is no such file'],
    [`uses: ./${PATH}`, 'has no "on: workflow_call"'],
  ])('%s', async (call, message) => {
    const files = { [PATH]: workflow(`outer:\n  ${call}`), [CALLEE]: callee }
    const message_ =
      call === `uses: ./${PATH}` ? /nested more than 10 deep, or calls itself|on: workflow_call/ : message
    await expect(aService(files)).rejects.toThrow(message_)
  })

  test('one that fits is taken', async () => {
    await expect(aService({ [PATH]: workflow(`outer:\n  ${good}`), [CALLEE]: callee })).resolves.toBeDefined()
  })

  test('what is refused in a called workflow is refused', async () => {
    const files = {
      [PATH]: workflow(`outer: { uses: ./${CALLEE} }`),
      [CALLEE]: 'on: workflow_call\njobs: { inner: { runs-on: x, steps: [{ uses: a/b@v1 }] } }',
    }
    await expect(aService(files)).rejects.toThrow(`${CALLEE}: job inner, step 1: there is no replacement`)
  })

  test('a workflow cannot be called that nobody may call', async () => {
    const files = { [PATH]: workflow(`outer: { uses: ./${CALLEE} }`), [CALLEE]: on('push') }
    await expect(aService(files)).rejects.toThrow(`${CALLEE} has no "on: workflow_call"`)
  })

  test('in a circle', async () => {
    const files = { [CALLEE]: `on: workflow_call\njobs: { inner: { uses: ./${CALLEE} } }` }
    await expect(aService(files)).rejects.toThrow('nested more than 10 deep, or calls itself')
  })
})

test('AWS credentials for all steps are refused: one step is to get them', async () => {
  const { environment } = cloud
  await expect(
    startActionsService({ cloud, workflows: {}, actions: new Notes().actions, environment }),
  ).rejects.toThrow('environment has AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN')
})
