import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
  },
})
const [runs, seed] = [Number(values.runs), Number(values.seed)]
const found = await fuzz({ runs, seed, ...(values.path === undefined ? {} : { path: values.path }) })
process.stdout.write(
  found === undefined ? `${runs} runs, seed ${seed}: every invariant held.\n` : `${found}\n`,
)
process.exitCode = found === undefined ? 0 : 1
