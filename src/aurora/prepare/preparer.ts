import { randomBytes } from 'node:crypto'

/** Names this run among those that prepare a clone, in its tag. */
export function newPreparer(): string {
  return randomBytes(8).toString('hex')
}
