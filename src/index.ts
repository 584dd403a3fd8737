import { run } from './main.ts'

const { cancelled } = await run()
// A call that was left unanswered must not hold the process until the runner kills it.
if (cancelled) process.exit()
