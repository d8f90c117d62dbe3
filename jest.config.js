module.exports = {
  testEnvironment: 'node',
  transform: { '^.+\\.[jt]s$': ['@swc/jest'] },
  transformIgnorePatterns: ['/node_modules/(?!(fast-check|pure-rand|jose|smol-toml)/)'],
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  setupFiles: ['reflect-metadata'],
  testTimeout: 30000,
  globalSetup: '<rootDir>/test/globalSetup.ts',
  globalTeardown: '<rootDir>/test/globalTeardown.ts',
};
