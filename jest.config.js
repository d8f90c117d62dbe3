const { availableParallelism } = require('node:os');

module.exports = {
  // Three for two cores: tests wait for processes, leases and PostgreSQL about as long as they compute.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testEnvironment: '<rootDir>/test/jest/oneContext.cjs',
  runtime: '<rootDir>/test/jest/sharedRuntime.cjs',
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Tests wait for conditions. On a slow machine that takes minutes, and it costs nothing on a fast one.
  testTimeout: 180000,
  globalSetup: '<rootDir>/test/globalSetup.ts',
  globalTeardown: '<rootDir>/test/globalTeardown.ts',
};
