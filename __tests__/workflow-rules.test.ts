import { describe, expect, test } from '@jest/globals'
import { PUBLISHED_ACTION } from '../local/product.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../policies/publisher.ts'
import { workflowFindings } from '../scripts/workflow-rules.ts'

const COMMIT = '3d3c42e5aac5ba805825da76410c181273ba90b1'

const SOUND = `
on: push
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    permissions: {}
    steps:
      - run: make
`

/** A sound workflow with one thing in another way. */
function workflow(change: { readonly from: string; readonly to: string }): string {
  expect(SOUND).toContain(change.from)
  return SOUND.replace(change.from, change.to)
}

const step = (text: string): string => workflow({ from: '- run: make', to: text })
const on = (text: string): string => workflow({ from: 'on: push', to: text })
const job = (text: string): string => workflow({ from: '    steps:\n      - run: make', to: text })

test('a sound workflow has no findings', () => {
  expect(workflowFindings(SOUND)).toEqual([])
})

describe('is found', () => {
  test.each([
    ['an expression inside run', step('- run: echo ${{ github.actor }}'), 9, 'run has an expression inside'],
    [
      'an expression in a block of run',
      step('- env: { A: x }\n        run: |\n          echo "${{ env.A }}"'),
      10,
      'run has an expression inside',
    ],
    [
      'a condition of a step as a block with braces',
      step('- if: |\n          ${{ failure() }}\n        run: make'),
      9,
      'if is a block with braces inside',
    ],
    [
      'a condition of a job as a folded block with braces',
      workflow({
        from: '    permissions: {}',
        to: '    permissions: {}\n    if: >-\n      ${{ failure()\n      || true }}',
      }),
      8,
      'if is a block with braces inside',
    ],
    ['a tag', step('- uses: actions/checkout@v7'), 9, 'is not pinned to a commit'],
    ['a branch', step('- uses: actions/checkout@main'), 9, 'is not pinned to a commit'],
    ['no ref at all', step('- uses: actions/checkout'), 9, 'is not pinned to a commit'],
    ['a short commit', step('- uses: actions/checkout@3d3c42e # v7.0.1'), 9, 'is not pinned to a commit'],
    ['an image', step('- uses: docker://alpine:3'), 9, 'is not pinned to a commit'],
    [
      'a commit without its version',
      step(`- uses: actions/checkout@${COMMIT}`),
      9,
      'does not say its version',
    ],
    [
      'a commit with half a version',
      step(`- uses: actions/checkout@${COMMIT} # v7`),
      9,
      'does not say its version',
    ],
    ['our name in another repository', step(`- uses: ${OWN_REPOSITORY}-fork@v1`), 9, 'is not pinned'],
    ['ours without a ref', step(`- uses: ${OWN_REPOSITORY}`), 9, 'is not pinned'],
    ['this repository without a path', step('- uses: $/'), 9, 'the action at the root is "$/."'],
    ['a workflow of others by its tag', job('    uses: a/b/.github/workflows/c.yml@v1'), 8, 'is not pinned'],
    [
      'a job without permissions',
      workflow({ from: '    permissions: {}\n', to: '' }),
      6,
      'job build has no permissions',
    ],
    [
      'a workflow without permissions',
      workflow({ from: 'permissions: {}\njobs', to: 'jobs' }),
      2,
      'permissions: {} is missing',
    ],
    [
      'all permissions at once',
      workflow({ from: '    permissions: {}', to: '    permissions: write-all' }),
      7,
      'granted all at once',
    ],
    [
      'a permission without its reason',
      workflow({ from: '    permissions: {}', to: '    permissions:\n      contents: read' }),
      8,
      'the permission contents has no reason',
    ],
    [
      'two permissions on a line with one reason',
      workflow({
        from: '    permissions: {}',
        to: '    permissions: { contents: read, id-token: write } # to check out',
      }),
      7,
      'the permission id-token has no reason',
    ],
    ...['paths', 'paths-ignore', 'branches', 'branches-ignore'].map(
      (filter) =>
        [filter, on(`on:\n  pull_request:\n    ${filter}: [main]`), 4, `pull_request has ${filter}`] as const,
    ),
    [
      'paths of pull_request_target',
      on('on:\n  pull_request_target:\n    paths: [src]'),
      4,
      'pull_request_target has paths',
    ],
    [
      'a number that callers give',
      on('on:\n  workflow_call:\n    inputs:\n      count:\n        type: number'),
      6,
      'input count is a number',
    ],
    [
      'queue: max that cancels',
      job('    concurrency:\n      group: a\n      queue: max\n      cancel-in-progress: true'),
      11,
      'does not go together with queue: max',
    ],
    [
      'a caller of ours in a group',
      job(`    concurrency: a\n    uses: ${OWN_REPOSITORY}/.github/workflows/pr-database.yml@${OWN_TAG}`),
      8,
      'is in a group itself',
    ],
    [
      'a workflow in a group that calls ours',
      workflow({
        from: 'jobs:\n  build:\n',
        to: `concurrency: a\njobs:\n  call:\n    permissions: {}\n    uses: ${OWN_REPOSITORY}/.github/workflows/sweep.yml@${OWN_TAG}\n  build:\n`,
      }),
      4,
      'is in a group itself',
    ],
  ] as const)('%s', (_, text, line, message) => {
    expect(workflowFindings(text)).toEqual([{ line, message: expect.stringContaining(message) as unknown }])
  })
})

describe('is allowed', () => {
  test.each([
    ['an expression in env', step('- env: { A: "${{ github.actor }}" }\n        run: echo "$A"')],
    ['a commit with its version', step(`- uses: actions/checkout@${COMMIT} # v7.0.1`)],
    ['our own action by its tag', step(`- uses: ${PUBLISHED_ACTION}`)],
    [
      'our own workflow by its tag',
      job(`    uses: ${OWN_REPOSITORY}/.github/workflows/sweep.yml@${OWN_TAG}`),
    ],
    ['this repository', step('- uses: $/.')],
    ['a condition as a block', step('- if: >-\n          failure()\n          || true\n        run: make')],
    ['a condition with braces in one line', step('- if: ${{ failure() }}\n        run: make')],
    ['a folder', step('- uses: ./.github/actions/a')],
    ['a number that people type in', on('on:\n  workflow_dispatch:\n    inputs:\n      n: { type: number }')],
    ['a filter of push', on('on:\n  push:\n    branches: [main]')],
    [
      'a permission with its reason',
      workflow({ from: '    permissions: {}', to: '    permissions:\n      contents: read # to look' }),
    ],
    [
      'queue: max',
      job('    concurrency:\n      group: a\n      queue: max\n      cancel-in-progress: false'),
    ],
    ['a group that cancels', job('    concurrency:\n      group: a\n      cancel-in-progress: true')],
  ])('%s', (_, text) => {
    expect(workflowFindings(text)).toEqual([])
  })
})
