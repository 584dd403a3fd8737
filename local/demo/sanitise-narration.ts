import { PUBLISHED_ACTION } from '../product.ts'
import { stringify } from 'yaml'
import type { Row } from '../database/sql-client.ts'
import type { StepResult } from '../runner/step.ts'
import { PULL_REQUEST, REPOSITORY } from '../team.ts'
import { renderMarkdown } from './markdown.ts'
import { annotationLine, conclusionOf, sections } from './narration.ts'
import { MIGRATION, PRODUCTION } from './private-team.ts'
import { type Episode, INPUTS } from './sanitise-story.ts'
import { shownRows } from './private-visit.ts'
import { type Terminal, alignColumns, wrap } from './terminal.ts'

type Lines = readonly string[]
type Files = Readonly<Record<string, string>>

export const PREMISE = {
  title: 'a clone of production that a team may see',
  premise: `Pull request #${PULL_REQUEST.number} of ${REPOSITORY.owner}/${REPOSITORY.name}, "${PULL_REQUEST.title}", needs a database with real amounts of data. Its team has only production, ${PRODUCTION}, which is full of personal data.`,
} as const

interface Beginning {
  readonly customers: readonly Row[]
  readonly users: readonly string[]
  readonly files: Files
}

export function beginning({ customers, users, files }: Beginning, terminal: Terminal): Lines {
  return sections(
    {
      [`Customers in ${PRODUCTION}, the first of ${customers.length}`]: shownRows(customers, terminal),
      'Who can log in there, with passwords that are known': [users.join(', ')],
      'What the team has committed': fileLines(files, terminal),
      'The step in its workflow, for all that happens': stringify([{ uses: PUBLISHED_ACTION, with: INPUTS }])
        .trimEnd()
        .split('\n'),
    },
    terminal,
  )
}

/** What a step is for, and what the team does before it; its log follows. */
export function announce(
  { explanation, first }: Episode,
  { decision, terminal }: { readonly decision: Files; readonly terminal: Terminal },
): Lines {
  const done = {
    migrate: { 'On production': MIGRATION.map((statement) => terminal.cyan(`${statement};`)) },
    decide: { 'Lines that the team adds on the default branch': fileLines(decision, terminal) },
  }
  return [
    ...wrap(explanation, terminal.columns),
    ...(first === undefined ? [] : sections(done[first], terminal)),
    '',
    terminal.bold('Its log'),
    '',
  ]
}

function fileLines(files: Files, { bold, cyan }: Terminal): Lines {
  return Object.entries(files).flatMap(([name, text]) => [
    bold(name),
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${cyan(line)}`),
  ])
}

/** Those that later steps connect with. */
const SHOWN_OUTPUTS = ['outcome', 'endpoint', 'port', 'database-name', 'master-username', 'secret-arn']

interface ShownStep {
  readonly result: StepResult
  readonly comment: string | undefined
  /** How much time passed for AWS, where that is not the real time. */
  readonly virtualMs: number | undefined
}

export function stepResult({ result, comment, virtualMs }: ShownStep, terminal: Terminal): Lines {
  const outputs = SHOWN_OUTPUTS.flatMap((name) => {
    const value = result.outputs[name] ?? ''
    return value === '' ? [] : [[name, terminal.cyan(value)]]
  })
  return [
    ...sections(
      {
        'Its outputs, those to connect with':
          result.outputs['outcome'] === 'ready' ? alignColumns(outputs) : [],
        'Its annotations, on the page of the run': result.annotations.map(annotationLine),
        'The comment on the pull request, afterwards': renderMarkdown(comment ?? '', terminal),
      },
      terminal,
    ),
    '',
    conclusionOf({ result, virtualMs }, terminal),
  ]
}

export function sanitiseAdvice({ bold, cyan }: Terminal): Lines {
  return alignColumns([
    [bold('Use it'), 'docs/sanitising.md'],
    [bold('On MySQL'), cyan('npm run demo -- --sanitize --engine aurora-mysql')],
    [bold('Without personal data'), cyan('npm run demo')],
  ])
}
