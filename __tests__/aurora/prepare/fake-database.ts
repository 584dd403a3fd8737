import type { SqlResult } from '../../../src/aurora/api/data-api.ts'
import { AwsCallError } from '../../../src/aurora/api/aws-call.ts'
import type { AwsRun } from '../../../src/aurora/api/aws-run.ts'
import type { SqlRow } from '../../../src/sanitise/dialects/dialect.ts'

type Answer = readonly SqlRow[] | number | Error

/** A fault of the RDS Data API. */
export function sqlFault(name: string, message = name, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
}

/**
 * Answers to SQL by what it contains: rows, a number of changed rows, or a fault. The answers of one pattern come one after the other, and
 * the last one stays. Everything else changes nothing.
 */
export class FakeDatabase {
  readonly sent: string[] = []
  readonly #answers: { readonly pattern: RegExp; readonly answers: Answer[] }[] = []

  on(pattern: RegExp, ...answers: readonly Answer[]): this {
    this.#answers.push({ pattern, answers: [...answers] })
    return this
  }

  /** What was sent, as far as it fits. */
  sentLike(pattern: RegExp): readonly string[] {
    return this.sent.filter((sql) => pattern.test(sql))
  }

  readonly api: AwsRun['dataApi'] = {
    execute: (_target, sql) => {
      this.sent.push(sql)
      const answer = this.#answerTo(sql)
      if (answer instanceof Error) return Promise.reject(new AwsCallError('ExecuteStatement', answer))
      const result: SqlResult =
        typeof answer === 'number' ? { rows: [], updated: answer } : { rows: answer, updated: 0 }
      return Promise.resolve(result)
    },
  }

  #answerTo(sql: string): Answer {
    const known = this.#answers.find(({ pattern }) => pattern.test(sql))
    if (known === undefined) return []
    return (known.answers.length > 1 ? known.answers.shift() : known.answers[0]) ?? []
  }
}
