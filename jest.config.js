/** Tests run from the sources: libraries resolve to `src` through the `@ihala/source` export condition. */
export default {
  testEnvironment: 'node',
  // many wait for servers more than they work
  maxWorkers: '100%',
  testEnvironmentOptions: { customExportConditions: ['@ihala/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/servers/jest-setup.js',
  globalTeardown: '<rootDir>/test/servers/jest-teardown.js',
  testMatch: ['<rootDir>/{libs,services}/*/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};
