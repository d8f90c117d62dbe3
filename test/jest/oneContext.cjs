const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** Runs test files in the context of the worker itself, so that they share classes, compiled code and modules (see `sharedRuntime.cjs`). */
module.exports = class OneContext {
  global = globalThis;
  fakeTimers = null;

  constructor({ projectConfig }) {
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  setup() {}

  teardown() {
    this.fakeTimersModern.dispose();
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** Not null: for Jest, null means that the environment is torn down. */
  getVmContext() {
    return globalThis;
  }
};
