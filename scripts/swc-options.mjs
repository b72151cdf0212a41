/** How TypeScript becomes JavaScript where no type check is wanted: in jest and in what `ts.mjs` runs. */
export const swcOptions = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    // Nest finds constructor parameters by the metadata of legacy decorators.
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};
