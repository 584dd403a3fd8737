import { splitMysql } from './mysql.ts'
import { splitPostgresql } from './postgresql.ts'
import type { Split, SqlFile } from './statement.ts'

const SPLITTERS = { postgresql: splitPostgresql, mysql: splitMysql } as const

/** The statements of all files, in the order of their names, or the problems of all files, so that one look repairs them all. */
export async function splitSql(engine: keyof typeof SPLITTERS, files: readonly SqlFile[]): Promise<Split> {
  const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const splits = await Promise.all(inOrder.map(async (file) => await SPLITTERS[engine](file)))
  const problems = splits.flatMap((split) => ('problems' in split ? split.problems : []))
  if (problems.length > 0) return { problems }
  return { statements: splits.flatMap((split) => ('statements' in split ? split.statements : [])) }
}
