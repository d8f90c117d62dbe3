module.exports = {
  testEnvironment: '<rootDir>/test/jest/oneContext.cjs',
  runtime: '<rootDir>/test/jest/sharedRuntime.cjs',
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testTimeout: 30000,
  globalSetup: '<rootDir>/test/globalSetup.ts',
  globalTeardown: '<rootDir>/test/globalTeardown.ts',
};
