import { LABEL, PULL_REQUEST, SOURCE } from '../team.ts'

export interface Suggestion {
  readonly what: string
  readonly commands: readonly string[]
}

const CLONES = `DBClusters[?starts_with(DBClusterIdentifier,'clone-')]`
const INPUTS = `source-cluster=${SOURCE} label=${LABEL}`

/** What to try, one after the other; `anHour` is how long an hour of AWS takes. */
export function suggestions(anHour: string): readonly Suggestion[] {
  return [
    {
      what: 'A clone for the pull request, and what AWS says of it:',
      commands: [
        `npm run step -- labeled ${INPUTS}`,
        'aws rds describe-db-clusters --output table --query "DBClusters[].[DBClusterIdentifier,Status,Endpoint,Port]"',
      ],
    },
    {
      what: 'Hold it, so that it outlives the pull request, and then let it go:',
      commands: [
        `npm run step -- synchronize ${INPUTS} hold=true`,
        `npm run step -- closed ${INPUTS}`,
        `npm run step -- closed ${INPUTS} hold=false`,
      ],
    },
    {
      what: `Another one, already expired: a sweep takes it when it is an hour old, which is ${anHour}:`,
      commands: [
        `npm run step -- reopened ${INPUTS}`,
        `CLONE=$(aws rds describe-db-clusters --output text --query "${CLONES}|[0].DBClusterArn")`,
        'aws rds add-tags-to-resource --resource-name "$CLONE" --tags Key=aurora-clone:expires-at,Value=2020-01-01T00:00:00Z',
        'npm run step -- schedule mode=sweep',
        'npm run step -- schedule mode=sweep dry-run=false',
      ],
    },
    {
      what: 'Without an event of the pull request, closed or not, delete the clones that it has and does not hold:',
      commands: [`npm run step -- schedule mode=destroy pr-number=${PULL_REQUEST.number}`],
    },
  ]
}

/** How long an hour is on a clock that is so much faster. */
export function hourAt(speed: number): string {
  const seconds = Math.ceil(3_600 / speed)
  if (seconds <= 90) return `${seconds} seconds here`
  return `${Math.ceil(seconds / 60)} minutes here`
}
