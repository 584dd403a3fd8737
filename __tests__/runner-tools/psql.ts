import { connectToPostgresql } from '../../local/database/sql-client.ts'

/** What psql prints for a query of one value, with the connection that libpq's variables name. */
export async function psql(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const client = await connectToPostgresql({
    host: env['PGHOSTADDR'] ?? env['PGHOST'] ?? '',
    port: Number(env['PGPORT']),
    user: env['PGUSER'] ?? '',
    password: env['PGPASSWORD'] ?? '',
    database: env['PGDATABASE'],
  })
  try {
    const rows = await client.query(command)
    return rows.map((row) => Object.values(row).join(' | ')).join('\n')
  } finally {
    await client.close()
  }
}
