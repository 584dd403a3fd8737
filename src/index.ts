import { run } from './main.ts'

const { leavesCalls } = await run()
// A call that was left unanswered must not hold the process until the runner kills it.
if (leavesCalls) process.exit()
