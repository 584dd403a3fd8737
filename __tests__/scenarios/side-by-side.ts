/** Plays every item, a few at a time: steps mostly wait, and a table of a hundred of them should not. Results keep the order. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  play: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const WIDTH = 6
  const results = new Map<number, Result>()
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results.set(index, await play(item))
  }
  await Promise.all(Array.from({ length: WIDTH }, worker))
  return items.flatMap((_item, index) => {
    const result = results.get(index)
    return result === undefined ? [] : [result]
  })
}

/** Plays every item after the other: in worlds that may play in this process. Results keep the order. */
export async function oneByOne<Item, Result>(
  items: readonly Item[],
  play: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await play(item))
  return results
}
