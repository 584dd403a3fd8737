import { CONTENDER_NAMES, type ContenderName } from './contenders.ts'
import type { Measurement } from './rounds.ts'
import { SITUATIONS, type SituationName } from './situations.ts'
import type { Figure, Row, Unit } from './table.ts'

/** In bytes. */
export interface BundleSizes {
  /** dist/index.js: what every run reads. */
  readonly entry: number
  /** With the parts that are loaded only when they are needed. */
  readonly whole: number
  readonly rdsClient: number
}

const BYTES_PER_MB = 1_000_000

interface FigureOfRun {
  readonly figure: Figure
  readonly title: string
  readonly unit: Unit
  readonly of: (measurement: Measurement) => number | undefined
}

const FIGURES: readonly FigureOfRun[] = [
  { figure: 'first-request', title: 'first AWS request', unit: 'ms', of: (run) => run.firstRequestMs },
  { figure: 'exit', title: 'exit', unit: 'ms', of: (run) => run.exitMs },
  { figure: 'aws-calls', title: 'AWS calls', unit: 'calls', of: (run) => run.awsCalls },
  { figure: 'github-calls', title: 'GitHub calls', unit: 'calls', of: (run) => run.githubCalls },
  {
    figure: 'published',
    title: 'AWS is ready → outputs written',
    unit: 's',
    of: (run) => seconds(run.publishedMs),
  },
  {
    figure: 'added',
    title: 'whole run, beyond AWS’s own time',
    unit: 's',
    of: (run) => seconds(run.addedMs),
  },
  {
    figure: 'peak-memory',
    title: 'peak memory',
    unit: 'MB',
    of: (run) => (run.peakMemoryBytes === undefined ? undefined : run.peakMemoryBytes / BYTES_PER_MB),
  },
]

export function rowsOf(
  measurements: readonly Measurement[],
  { rounds, bundles }: { readonly rounds: number; readonly bundles: BundleSizes },
): readonly Row[] {
  const situations = [...new Set(measurements.map(({ situation }) => situation))]
  const rows = situations.flatMap((situation) =>
    FIGURES.flatMap((figure) => {
      const samples = samplesOf(measurements, { situation, figure, rounds })
      if (samples.action === undefined) return []
      const { title, unit } = figure
      return [
        {
          situation,
          figure: figure.figure,
          label: `${SITUATIONS[situation].title}: ${title}`,
          unit,
          samples,
        },
      ]
    }),
  )
  return [...rows, ...bundleRows(bundles)]
}

function samplesOf(
  measurements: readonly Measurement[],
  {
    situation,
    figure,
    rounds,
  }: { readonly situation: SituationName; readonly figure: FigureOfRun; readonly rounds: number },
): Row['samples'] {
  const samples: Partial<Record<ContenderName, (number | undefined)[]>> = {}
  for (const contender of CONTENDER_NAMES) {
    const values = Array.from({ length: rounds }, (_, index) =>
      measurements
        .filter(
          (run) => run.situation === situation && run.contender === contender && run.round === index + 1,
        )
        .map(figure.of)
        .find((value) => value !== undefined),
    )
    if (values.some((value) => value !== undefined)) samples[contender] = values
  }
  return samples
}

function bundleRows({ entry, whole, rdsClient }: BundleSizes): readonly Row[] {
  const row = (label: string, bytes: number): Row => ({
    situation: undefined,
    figure: 'bundle',
    label,
    unit: 'MB',
    samples: { action: [bytes / BYTES_PER_MB], 'rds-client': [rdsClient / BYTES_PER_MB] },
  })
  return [row('bundle, dist/index.js', entry), row('bundle, with what is loaded on demand', whole)]
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}
