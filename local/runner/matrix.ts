import type { Json, JsonObject } from '../github/representation.ts'

const MAX_JOBS = 256

/** The combinations of a `strategy.matrix`, in GitHub's order: the last vector changes fastest. */
export function expandMatrix(matrix: Json): readonly JsonObject[] {
  if (!isObject(matrix)) throw new Error('strategy.matrix is not a map')
  const { include, exclude, ...vectors } = matrix
  if (exclude !== undefined) throw new Error('strategy.matrix.exclude is not supported by this runner')
  let combinations: JsonObject[] = []
  for (const [name, values] of Object.entries(vectors)) {
    if (!isArray(values)) throw new Error(`matrix vector '${name}' is not a list`)
    if (values.length === 0) throw new Error(`Matrix vector '${name}' does not contain any values`)
    const shorter = combinations.length === 0 ? [{}] : combinations
    combinations = shorter.flatMap((combination) =>
      values.map((value) => ({ ...combination, [name]: value })),
    )
  }
  const all = addIncluded(combinations, { included: include ?? [], vectors: Object.keys(vectors) })
  if (all.length === 0) throw new Error('Matrix must define at least one vector')
  if (all.length > MAX_JOBS)
    throw new Error(`Matrix makes ${all.length} jobs, at most ${MAX_JOBS} are allowed`)
  return all
}

/** An entry extends every combination whose vectors it does not change, and else is one of its own. */
function addIncluded(
  combinations: readonly JsonObject[],
  { included, vectors }: { readonly included: Json; readonly vectors: readonly string[] },
): readonly JsonObject[] {
  if (!isArray(included)) throw new Error('strategy.matrix.include is not a list')
  const extended = [...combinations]
  const added: JsonObject[] = []
  for (const entry of included) {
    if (!isObject(entry)) throw new Error('strategy.matrix.include has an entry that is not a map')
    const fits = combinations.map((combination) =>
      vectors.every((name) => entry[name] === undefined || same(entry[name], combination[name])),
    )
    if (!fits.includes(true)) added.push(entry)
    for (const [index, fit] of fits.entries()) {
      const combination = extended[index]
      if (fit && combination !== undefined) extended[index] = { ...combination, ...entry }
    }
  }
  return [...extended, ...added]
}

/** How GitHub tells the jobs of a matrix apart: `build (eu-west-1, 16)`. */
export function matrixSuffix(combination: JsonObject): string {
  const values = Object.values(combination).flatMap((value) => leaves(value))
  return values.length === 0 ? '' : ` (${values.join(', ')})`
}

function leaves(value: Json): readonly string[] {
  if (isArray(value)) return value.flatMap(leaves)
  if (isObject(value)) return Object.values(value).flatMap(leaves)
  return [String(value ?? '')]
}

function same(one: Json, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
