/** What many rounds come to. The spread is the lowest and the highest: with a handful of rounds, quartiles would hide more. */
export interface Summary {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** One value a round; `undefined` where that round has none. */
export type Samples = readonly (number | undefined)[]

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  const lower = sorted[Math.ceil(middle) - 1]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}

export function summarize(samples: Samples): Summary | undefined {
  const values = samples.filter((value) => value !== undefined)
  const middle = median(values)
  if (middle === undefined) return undefined
  return { median: middle, lowest: Math.min(...values), highest: Math.max(...values) }
}

/**
 * The median of the rounds' own ratios: what slows a round down slows both sides of its ratio, so this is steadier than the ratio
 * of two medians.
 */
export function medianRatio(numerators: Samples, denominators: Samples): number | undefined {
  const ratios = numerators.flatMap((numerator, round) => {
    const denominator = denominators[round]
    return numerator === undefined || denominator === undefined || denominator === 0
      ? []
      : [numerator / denominator]
  })
  return median(ratios)
}

export function ratioOfMedians(numerators: Samples, denominators: Samples): number | undefined {
  const [numerator, denominator] = [summarize(numerators)?.median, summarize(denominators)?.median]
  return numerator === undefined || denominator === undefined || denominator === 0
    ? undefined
    : numerator / denominator
}
