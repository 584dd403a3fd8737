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
