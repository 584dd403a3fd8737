import type { LocalCloud } from './cloud.ts'
import { type SqlClient, connectTo } from './database/sql-client.ts'
import type { PullRequest } from './github/state.ts'

// A team that could use the action: what it has at AWS and GitHub before it does.

export const SOURCE = 'orders-anonymised'
export const LABEL = 'clone-db'
export const REPOSITORY = { owner: 'acme', name: 'shop', id: 4_200 } as const
export const PULL_REQUEST = {
  number: 42,
  title: 'Split the orders table',
  author: 'octocat',
  headRef: 'split-orders',
} as const

export const ENGINES = ['aurora-postgresql', 'aurora-mysql'] as const
export type Engine = (typeof ENGINES)[number]

export const MASTER_USERNAMES: Readonly<Record<Engine, string>> = {
  'aurora-postgresql': 'postgres',
  'aurora-mysql': 'admin',
}

/** Of the source and so of every clone: the team has it among its secrets. */
export const MASTER_PASSWORD = 'local-cloud-password'
export const DATABASE = 'orders'

/** A cluster that is refreshed and anonymised every night. */
export function seedSource({ region }: LocalCloud, engine: Engine, identifier: string = SOURCE): void {
  region.seedCluster({
    identifier,
    engine,
    databaseName: DATABASE,
    masterUsername: MASTER_USERNAMES[engine],
    masterPassword: MASTER_PASSWORD,
    kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
    engineLifecycleSupport: 'open-source-rds-extended-support-disabled',
    deletionProtection: true,
    tags: { Team: 'orders' },
    instances: [{ instanceClass: 'db.r6g.xlarge' }],
  })
}

/** Statements that both engines understand: a shop with 500 customers and 2,000 orders. */
const SHOP = `
CREATE TABLE customers (id integer PRIMARY KEY, name varchar(40) NOT NULL, email varchar(60) NOT NULL);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL,
  total_cents integer NOT NULL
);
INSERT INTO customers WITH RECURSIVE numbers AS (
  SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 500
) SELECT n, concat('Customer ', n), concat('customer-', n, '@example.com') FROM numbers;
INSERT INTO orders WITH RECURSIVE numbers AS (
  SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 500
) SELECT 4 * numbers.n + part.n - 3, numbers.n, 1000 + 17 * numbers.n
  FROM numbers CROSS JOIN (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3) AS part;
`

/** The team's own connection to the source, as its master user. */
export async function connectToSource(
  { region }: LocalCloud,
  identifier: string = SOURCE,
): Promise<SqlClient> {
  const source = region.cluster(identifier)
  if (source === undefined) throw new Error(`There is no cluster ${identifier}.`)
  return await connectTo(source.engine, {
    host: source.endpoint.address,
    port: source.endpoint.port,
    user: source.masterUsername,
    password: MASTER_PASSWORD,
    database: DATABASE,
  })
}

/** Fills the source, where this machine has a server for its engine; resolves to whether it has. */
export async function seedRows(cloud: LocalCloud, source: string = SOURCE): Promise<boolean> {
  const { databases, region } = cloud
  const engine = region.cluster(source)?.engine ?? ''
  if (databases === undefined || 'missing' in databases.engine(engine)) return false
  try {
    await databases.settle()
  } catch (cause) {
    throw new Error('The database server could not be started; the option --no-databases does without.', {
      cause,
    })
  }
  const client = await connectToSource(cloud, source)
  try {
    await client.query(SHOP)
  } finally {
    await client.close()
  }
  return true
}

export interface Team {
  readonly pull: PullRequest
  /** Of the workflow's runs. */
  readonly token: string
}

/** The repository, its pull request, and a token with the permissions that docs/permissions.md asks for. */
export function seedRepository({ github }: LocalCloud, { isPublic }: { readonly isPublic: boolean }): Team {
  const repository = github.repository({ ...REPOSITORY, private: !isPublic })
  const token = github.token({
    login: 'github-actions[bot]',
    type: 'Bot',
    permissions: { contents: 'read', 'pull-requests': 'write' },
  })
  return { pull: repository.pullRequest(PULL_REQUEST), token }
}
