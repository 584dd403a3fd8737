import type { LocalCloud } from '../cloud.ts'
import { type Terminal, wrap } from '../demo/terminal.ts'
import { DATABASE, MASTER_PASSWORD, PULL_REQUEST, REPOSITORY, SOURCE } from '../team.ts'
import type { ServeOptions } from './options.ts'
import { hourAt, suggestions } from './suggestions.ts'

/** Where `npm run step` finds the running cloud. */
export const CONTROL_VARIABLE = 'AURORA_LOCAL_CONTROL'

/** What other programs need in their environment. */
export function exports(cloud: LocalCloud, controlUrl: string): Readonly<Record<string, string>> {
  const { environment, github } = cloud
  return {
    ...environment,
    GITHUB_API_URL: github.url,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    [CONTROL_VARIABLE]: controlUrl,
  }
}

interface Served {
  readonly cloud: LocalCloud
  readonly options: ServeOptions
  readonly variables: Readonly<Record<string, string>>
}

export function guide({ cloud, options, variables }: Served, terminal: Terminal): readonly string[] {
  const { bold, columns, cyan } = terminal
  const { engine, isEmpty, speed } = options
  const database = cloud.databases?.engine(engine)
  const served =
    database !== undefined && 'product' in database
      ? `Behind every endpoint is a real database server, ${database.product}.`
      : `Endpoints are only names: ${database?.missing ?? 'no database servers were wanted'}.`
  return [
    bold('The local cloud is running until Ctrl-C: AWS (RDS and STS) and GitHub, on 127.0.0.1.'),
    '',
    ...wrap(
      `${served} ${speed === 1 ? 'AWS takes the time that it takes: minutes for a clone.' : `AWS is ${speed} times faster than in reality: about ${Math.ceil(360 / speed)} seconds for a clone.`}`,
      columns,
    ),
    '',
    bold('In another terminal'),
    '',
    ...Object.entries(variables).map(([name, value]) => cyan(`  export ${name}=${quoted(value)}`)),
    '',
    bold('What is there'),
    '',
    ...(isEmpty ? ['  no cluster'] : describedSource(cloud)),
    `  repository   ${REPOSITORY.owner}/${REPOSITORY.name}, pull request #${PULL_REQUEST.number}`,
    '',
    bold('What to try'),
    ...suggestions(hourAt(speed)).flatMap(({ what, commands }) => [
      '',
      ...wrap(what, columns),
      ...commands.map((command) => cyan(`  ${command}`)),
    ]),
    '',
    cyan('  npm run step -- --help'),
  ]
}

function describedSource({ region, databases }: LocalCloud): readonly string[] {
  const source = region.cluster(SOURCE)
  if (source === undefined) return []
  const { address, port } = source.endpoint
  const scheme = source.engine === 'aurora-mysql' ? 'mysql' : 'postgresql'
  const isServed = databases !== undefined && 'product' in databases.engine(source.engine)
  return [
    `  cluster      ${SOURCE} (${source.engine})`,
    ...(isServed
      ? [
          `  its database ${scheme}://${source.masterUsername}:${MASTER_PASSWORD}@${address}:${port}/${DATABASE}`,
        ]
      : []),
  ]
}

/** As a shell wants it. */
const quoted = (value: string): string =>
  /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
