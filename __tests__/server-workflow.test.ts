import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { OWN_REPOSITORY, OWN_TAG } from '../policies/publisher.ts'
import { forServer, serverWorkflow } from '../scripts/server-workflow.ts'

const WORKFLOWS = join(import.meta.dirname, '..', '.github', 'workflows')
const read = (name: string): string => readFileSync(join(WORKFLOWS, name), 'utf8')

describe('for an enterprise server', () => {
  test.each([
    ['queue: max goes', '  group: a\n  queue: max\n  other: b\n', '  group: a\n  other: b\n'],
    ['its comment goes with it', '  queue: max # why\n', ''],
    ['what only speaks of it stays', '# no `queue: max`\n', '# no `queue: max`\n'],
    ['the action has a tag', '  - uses: $/.\n', `  - uses: ${OWN_REPOSITORY}@${OWN_TAG}\n`],
    ['in a step with a name, too', '    uses: $/.\n', `    uses: ${OWN_REPOSITORY}@${OWN_TAG}\n`],
    ['what only speaks of `$/.` stays', '# uses: $/. here\n', '# uses: $/. here\n'],
    [
      'its own workflow is called',
      `uses: ${OWN_REPOSITORY}/.github/workflows/pr-database.yml@${OWN_TAG}\n`,
      `uses: ${OWN_REPOSITORY}/.github/workflows/pr-database-ghes.yml@${OWN_TAG}\n`,
    ],
    [
      'the sweep is the same',
      `uses: ${OWN_REPOSITORY}/.github/workflows/sweep.yml@${OWN_TAG}\n`,
      `uses: ${OWN_REPOSITORY}/.github/workflows/sweep.yml@${OWN_TAG}\n`,
    ],
  ])('%s', (_, text, expected) => {
    expect(forServer(text)).toBe(expected)
  })
})

const SOURCE = `\
# What it is for.
#
# It has a queue.
name: PR database
on: workflow_call
jobs:
  clone:
    # Saves a runner.
    if: >-
      (!inputs.a || inputs.b)
      && inputs.c
    # All of them wait.
    concurrency:
      group: aurora-\${{ github.repository_id }}-\${{ inputs.d || 'e' }}
      queue: max
      cancel-in-progress: false
    steps:
      - id: clone
        uses: $/.
`

describe('pr-database-ghes.yml', () => {
  test('is what the generator makes of pr-database.yml', () => {
    expect(read('pr-database-ghes.yml')).toBe(serverWorkflow(read('pr-database.yml')))
  })

  test('is the source with other comments, another group and the action by its tag', () => {
    const made = serverWorkflow(SOURCE)
    expect(made).toMatch(/^# Generated from pr-database\.yml by `npm run docs`/)
    expect(made).toMatch(/^# pr-database\.yml for GitHub Enterprise Server/m)
    expect(made).toMatch(/^ {4}# One run at a time .* Without `queue: max`/m)
    expect(made.replaceAll(/^ *#.*\n/gm, '')).toBe(`\
name: PR database
on: workflow_call
jobs:
  clone:
    if: >-
      (!inputs.a || inputs.b)
      && inputs.c
    concurrency:
      group: \${{ !inputs.hold && ((!inputs.a || inputs.b) && inputs.c) && format('aurora-{0}-{1}', github.repository_id, inputs.d || 'e') || github.run_id }}
      cancel-in-progress: false
    steps:
      - id: clone
        uses: ${OWN_REPOSITORY}@${OWN_TAG}
`)
    expect(made).toContain('# What it is for.\n')
    expect(made).toContain('# Saves a runner.\n')
    expect(made).not.toMatch(/It has a queue|All of them wait/)
  })

  test.each([
    ['last paragraph about it', '\n#\n', '\n'],
    ['comment on its group', '    # All of them wait.\n', ''],
    ['group', '      group: ', '      "group": '],
  ])('is not made of a file whose %s is not found', (name, from, to) => {
    expect(SOURCE).toContain(from)
    expect(() => serverWorkflow(SOURCE.replace(from, to))).toThrow(`has no ${name} where`)
  })
})
