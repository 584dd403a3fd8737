import { expect, test } from '@jest/globals'
import { tellDatabaseError } from '../../src/sanitise/database-error.ts'

test.each([
  [
    'ERROR: relation "user" does not exist\n  Position: 8; SQLState: 42P01',
    'ERROR: relation "user" does not exist (SQLSTATE 42P01)',
  ],
  [
    "Table 'shop.user' doesn't exist; Error code: 1146; SQLState: 42S02",
    "Table 'shop.user' doesn't exist; Error code: 1146 (SQLSTATE 42S02)",
  ],
  [
    'ERROR: duplicate key value violates unique constraint "users_email_key"\n  Detail: Key (email)=(anna@example.com) already exists.; SQLState: 23505',
    'SQLSTATE 23505, a constraint was violated; the message may quote data and is not shown',
  ],
  [
    "Duplicate entry 'anna@example.com' for key 'email'; Error code: 1062; SQLState: 23000",
    'SQLSTATE 23000, a constraint was violated; the message may quote data and is not shown',
  ],
  [
    'ERROR: invalid input syntax for type integer: "anna@example.com"; SQLState: 22P02',
    'SQLSTATE 22P02, a value that does not fit; the message may quote data and is not shown',
  ],
  [
    'ERROR: anna@example.com is wrong; SQLState: P0001',
    'SQLSTATE P0001, raised by code in the database; the message may quote data and is not shown',
  ],
  [
    "Incorrect string value: 'anna' for column; SQLState: HY000",
    'SQLSTATE HY000; the message may quote data and is not shown',
  ],
  [
    "Duplicate entry 'SQLState: 42000 anna'; Error code: 1062; SQLState: 23000",
    'SQLSTATE 23000, a constraint was violated; the message may quote data and is not shown',
  ],
  ['ERROR: column "x"\n  Detail: anna@example.com; SQLState: 42703', 'ERROR: column "x" (SQLSTATE 42703)'],
  ['Database returned more than the allowed response size limit', undefined],
])('%s', (message, told) => {
  expect(tellDatabaseError(message)).toBe(told)
  expect(told ?? '').not.toContain('anna')
})
