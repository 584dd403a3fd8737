/** The part of the global `WebAssembly` that is used here; the types of Node do not know it. */
interface Assembly {
  readonly Module: new (source: object) => object
  readonly Instance: new (module: object, imports?: object) => object
  instantiate: (source: object, imports?: object) => Promise<object>
}

/** From now on WebAssembly is compiled where it is asked for: Node does it in a thread that no clock sees, and time would go on meanwhile. */
export function compileHere(): void {
  const assembly = (globalThis as unknown as { readonly WebAssembly: Assembly }).WebAssembly
  const { Module, Instance } = assembly
  assembly.instantiate = (source, imports) => {
    if (source instanceof Module) return Promise.resolve(new Instance(source, imports))
    const module = new Module(source)
    return Promise.resolve({ module, instance: new Instance(module, imports) })
  }
}
