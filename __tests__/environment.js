import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'

/**
 * Jest's own environment asks a proxy whenever a test or a package reads a global, such as `Array`. That is a quarter of the processor
 * time of a run in the tests' process. Here globals are plain properties (Node.js manual, `vm.constants.DONT_CONTEXTIFY`).
 */
export default class extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY)
    try {
      super(config, context)
    } finally {
      vm.createContext = createContext
    }
  }
}

/**
 * Each test file loads its packages anew. What V8 compiled of them for one file serves the next ones of this worker: a third of what
 * it takes to come to a first test (Node.js manual: `cachedData`). V8 refuses it once its flags have changed.
 */
const compiled = new Map()
const { compileFunction } = vm
vm.compileFunction = (code, parameters, options = {}) => {
  const name = [options.filename, parameters].join()
  const known = compiled.get(name)
  if (known?.code === code) {
    const made = compileFunction(code, parameters, { ...options, cachedData: known.cachedData })
    if (made.cachedDataRejected !== true) return made
  }
  const made = compileFunction(code, parameters, { ...options, produceCachedData: true })
  compiled.set(name, { code, cachedData: made.cachedData })
  return made
}
