import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from '@actions/workflow-parser'
import { expect, test } from '@jest/globals'
import { replacedActions } from '../../local/runner/actions/replaced-actions.ts'
import { permissionProblem } from '../../local/runner/permissions.ts'
import { WorkflowLibrary } from '../../local/runner/workflow-library.ts'
import { rowsOf } from '../../scripts/generate-docs.ts'
import { ROOT, read } from './pages.ts'

const EXAMPLE = read('examples/pull-request.yml')

/** What GitHub's own parser says first. */
async function parserOf(content: string): Promise<string | undefined> {
  const { context, value } = parseWorkflow({ name: 'pr-database.yml', content }, new NoOperationTraceWriter())
  if (value !== undefined) await convertWorkflowTemplate(context, value)
  return context.errors.getErrors()[0]?.message
}

/** What the local runner says, which has GitHub's words for what that parser leaves to the service. */
async function runnerOf(content: string): Promise<string | undefined> {
  const workflows = { '.github/workflows/pr-database.yml': content }
  const library = await WorkflowLibrary.load({ workflows, root: ROOT, actions: replacedActions })
  const [file] = library.workflows
  if (file === undefined) throw new Error('there is no workflow')
  return permissionProblem(file, { calleeOf: (job) => library.callee(job) })
}

test.each([
  ['a permission that is missing', 'id-token: write, ', '', runnerOf],
  [
    'a secret below `with`',
    'arn:aws:iam::111122223333:role/aurora-clone',
    '${{ secrets.AWS_ROLE_ARN }}',
    parserOf,
  ],
])('docs/troubleshooting.md quotes what GitHub says of %s', async (_, from, to, ask) => {
  expect(await ask(EXAMPLE)).toBeUndefined()
  expect(EXAMPLE).toContain(from)
  const said = (await ask(EXAMPLE.replace(from, to))) ?? ''
  const quotes = rowsOf(read('docs/troubleshooting.md')).map(([message = '']) => message.split(/'?…'?/))
  const fitting = quotes.filter((parts) => parts.every((part) => said.includes(part.trim())))
  expect([said, fitting.length]).toEqual([said, 1])
})
