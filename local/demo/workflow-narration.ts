import type { LogLine } from '../runner/actions-service.ts'
import type { Conclusion, JobResult, RunResult, StepRecord } from '../runner/run-result.ts'
import { renderMarkdown } from './markdown.ts'
import { annotationLine, logLine, sections } from './narration.ts'
import { type Terminal, alignColumns, quote, wrap } from './terminal.ts'
import { type Happening, PASTED } from './workflow-story.ts'

type Lines = readonly string[]

export function workflowIntroduction({ columns, cyan }: Terminal): Lines {
  const files = Object.entries(PASTED).map(([example, name]) => [
    cyan(`.github/workflows/${name}`),
    `from examples/${example}`,
  ])
  return [
    ...wrap(
      'The team has pasted two workflows into its repository. They run here as they are, on GitHub’s own parser and expressions; what they call is in this repository, too.',
      columns,
    ),
    '',
    ...alignColumns(files).map((line) => `  ${line}`),
  ]
}

export function whatHappens({ explanation }: Happening, { columns }: Terminal): Lines {
  return ['', ...wrap(explanation, columns), '']
}

/** A line of a run's log, below the job and step that it belongs to. */
export function runLine(
  { job, step, text }: LogLine,
  { before, terminal }: { readonly before: LogLine | undefined; readonly terminal: Terminal },
): Lines {
  const isSame = before?.job === job && before.step === step
  const heading = isSame ? [] : [`  ${terminal.bold(`${job} › ${step}`)}`]
  return [...heading, ...quote([logLine(text, terminal)], terminal)]
}

const MARKS: Readonly<Record<Conclusion, string>> = {
  success: '✓',
  failure: '✗',
  cancelled: '✋',
  skipped: '–',
}

interface ShownRun {
  readonly result: RunResult
  /** Of the action. */
  readonly step: StepRecord | undefined
  readonly comment: { readonly before: string | undefined; readonly afterwards: string | undefined }
}

/** What the page of the run, the pull request and later jobs show when it has ended. */
export function runResult({ result, step, comment }: ShownRun, terminal: Terminal): Lines {
  const steps = shownJobs(result).flatMap((job) => [
    `${mark(job.conclusion, terminal)} ${job.name}`,
    ...job.steps.map(({ name, conclusion }) => `  ${mark(conclusion, terminal)} ${name}`),
  ])
  const outputs = Object.entries(step?.outputs ?? {}).filter(([, value]) => value !== '')
  const isAsBefore = comment.before === comment.afterwards
  const summary = renderMarkdown(step?.summary ?? '', terminal)
  // For one clone, it says what the comment says.
  const isOfOne = step?.outputs['cluster-identifier'] !== ''
  return [
    ...sections(
      {
        'The page of the run': [...steps, ...(step?.annotations ?? []).map(annotationLine)],
        'Outputs, for later jobs': alignColumns(outputs.map(([name, value]) => [name, terminal.cyan(value)])),
        'The comment on the pull request': isAsBefore
          ? comment.before === undefined
            ? []
            : ['As before.']
          : renderMarkdown(comment.afterwards ?? '', terminal),
        'The job summary': isOfOne ? [] : summary,
      },
      terminal,
    ),
  ]
}

/** GitHub shows a job that calls a workflow only when nothing was called; otherwise its name is before those of the called jobs. */
function shownJobs({ jobs }: RunResult): readonly JobResult[] {
  return jobs.filter(({ id }) => !jobs.some((other) => other.id.startsWith(`${id} / `)))
}

function mark(conclusion: Conclusion, { dim, green, red, yellow }: Terminal): string {
  const paint = { success: green, failure: red, cancelled: yellow, skipped: dim }[conclusion]
  return paint(MARKS[conclusion])
}

export function workflowAdvice({ bold, cyan }: Terminal): Lines {
  return alignColumns([
    [bold('Paste them'), 'README.md, "Quick start"'],
    [bold('Other workflows'), 'examples/'],
    [bold('Step by step'), cyan('npm run demo')],
  ])
}
