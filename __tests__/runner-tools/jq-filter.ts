/** As much of jq as the examples use: `.a.b`, and `.a[].b` for each item. One line a result, text without quotes. Pure. */
export function applyFilter(filter: string, input: unknown): readonly string[] {
  if (!/^(?:\.[A-Za-z_]\w*(?:\[\])?)+$/.test(filter)) throw new Error(`filter "${filter}" is not supported`)
  let values: readonly unknown[] = [input]
  for (const [, name = '', each] of filter.matchAll(/\.(\w+)(\[\])?/g)) {
    values = values.map((value) => member(value, name))
    if (each !== undefined) values = values.flatMap((value) => items(value, filter))
  }
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
}

function member(value: unknown, name: string): unknown {
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`cannot index ${typeof value} with "${name}"`)
  return (value as Readonly<Record<string, unknown>>)[name] ?? null
}

function items(value: unknown, filter: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${filter}: cannot iterate over ${JSON.stringify(value)}`)
  return value
}
