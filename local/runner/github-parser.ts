import { registerHooks } from 'node:module'
import type { MappingToken, TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { WorkflowTemplate } from '@actions/workflow-parser/model/workflow-template'
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards'

export interface ParsedWorkflow {
  /** Every key as written, expressions not evaluated. */
  readonly root: MappingToken
  /** What GitHub makes of it: conditions are complete here, `needs` a list. */
  readonly template: WorkflowTemplate
}

/** GitHub's own parser. Throws what github.com would say of the file. */
export async function parseWorkflow(file: {
  readonly name: string
  readonly content: string
}): Promise<ParsedWorkflow> {
  const parser = await loadParser()
  const { context, value } = parser.parseWorkflow(file, new parser.NoOperationTraceWriter())
  const problems = (): readonly string[] => context.errors.getErrors().map(({ message }) => message)
  if (value === undefined || problems().length > 0) throw invalid(file.name, problems())
  const template = await parser.convertWorkflowTemplate(context, value)
  if (problems().length > 0 || !isRoot(value)) throw invalid(file.name, problems())
  return { root: value, template }
}

function isRoot(token: TemplateToken): token is MappingToken {
  return isMapping(token)
}

function invalid(name: string, problems: readonly string[]): Error {
  return new Error(`${name} is not a valid workflow: ${problems.join('; ')}`)
}

async function loadParser(): Promise<typeof import('@actions/workflow-parser')> {
  const jsonImports = allowJsonImports()
  try {
    return await import('@actions/workflow-parser')
  } finally {
    jsonImports?.deregister()
  }
}

/** The parser imports JSON files without saying so. Bundlers allow that, and jest does, which refuses hooks; Node.js does not. */
function allowJsonImports(): ReturnType<typeof registerHooks> | undefined {
  try {
    return registerHooks({
      load: (url, context, nextLoad) =>
        nextLoad(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
    })
  } catch {
    return undefined
  }
}
