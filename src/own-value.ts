/** What a table has under a key that came from outside. Any object also answers to `constructor` and `toString`. */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
