/**
 * GitHub's own parser reads action.yml, every workflow under .github/workflows and every example: `node scripts/check-workflows.ts`.
 * It knows keys and expressions exactly as github.com does, and whether a caller gives a workflow of ours what it takes. On top
 * come the rules of this house, in workflow-rules.ts. Writes nothing.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { OWN_REPOSITORY } from '../policies/publisher.ts'
import { workflowFindings } from './workflow-rules.ts'

const ROOT = join(import.meta.dirname, '..')

/** The parser imports JSON files without saying so, as bundlers allow and Node.js does not. */
const jsonImports = registerHooks({
  load: (url, context, nextLoad) =>
    nextLoad(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})

interface File {
  readonly name: string
  readonly content: string
}

function fileAt(path: string): File {
  return { name: path, content: readFileSync(join(ROOT, path), 'utf8') }
}

/** The findings on one file, each with its line where it is known; none when GitHub and this house would take it. */
async function problemsOf(path: string): Promise<readonly string[]> {
  const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } =
    await import('@actions/workflow-parser')
  const file = fileAt(path)
  const trace = new NoOperationTraceWriter()
  if (path === 'action.yml') {
    const { parseAction } = await import('@actions/workflow-parser/actions/action-parser')
    return parseAction(file, trace)
      .context.errors.getErrors()
      .map(({ message }) => message)
  }
  const { context, value } = parseWorkflow(file, trace)
  if (value === undefined) return ['the file is empty']
  const { errors = [] } = await convertWorkflowTemplate(
    context,
    value,
    { getFileContent: (reference) => Promise.resolve(calledWorkflow(reference)) },
    { fetchReusableWorkflowDepth: 1 },
  )
  return [
    ...errors.map(({ Message }) => Message),
    ...workflowFindings(file.content).map(({ line, message }) => `line ${line}: ${message}`),
  ]
}

/** Ours stand for what a tag will have. */
function calledWorkflow(
  reference: { readonly path: string } & Partial<Record<'owner' | 'repository', string>>,
): File {
  const { owner, path, repository } = reference
  const isOurs = owner === undefined || `${owner}/${repository ?? ''}` === OWN_REPOSITORY
  if (!isOurs) throw new Error(`${path} is a workflow of others`)
  return fileAt(path)
}

function workflowsIn(directory: string): readonly string[] {
  const absolute = join(ROOT, directory)
  if (!existsSync(absolute)) return []
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => `${directory}/${name}`)
}

async function main(): Promise<void> {
  const paths = ['action.yml', ...workflowsIn('.github/workflows'), ...workflowsIn('examples')]
  for (const path of paths) {
    const problems = await problemsOf(path)
    console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${path}`)
    for (const problem of problems) console.log(`     ${problem}`)
    if (problems.length > 0) process.exitCode = 1
  }
  jsonImports.deregister()
}

await main()
