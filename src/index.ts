import { run } from './main.ts'

const { leavesCalls } = await run()
// An unanswered call must not keep the process alive until the runner kills it.
if (leavesCalls) process.exit()
