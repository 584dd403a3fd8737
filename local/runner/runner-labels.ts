import type { Json } from '../github/representation.ts'

/** The labels that a runner must have, all of them. GitHub starts no job for anything else that `runs-on` comes to. */
export function runnerLabels(runsOn: Json): readonly string[] {
  const given: readonly Json[] = Array.isArray(runsOn) ? runsOn : [runsOn]
  if (given.length === 0) throw new Error('runs-on is an empty list')
  return given.map((label) => {
    if (typeof label === 'string' && label !== '') return label
    throw new Error(`runs-on asks for ${JSON.stringify(label)}, expected a label or a list of labels`)
  })
}
