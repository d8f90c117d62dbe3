const { createRequire, isBuiltin } = require('node:module');
const { join, sep } = require('node:path');
const { compileFunction } = require('node:vm');
const Runtime = require('jest-runtime').default;

const root = join(__dirname, '../..');
const tests = join(root, 'test') + sep;
const modules = join(root, 'node_modules') + sep;
const requireHere = createRequire(__filename);

/**
 * Loads the product and its packages once for all test files of a worker, where Jest would load them anew for each: that takes longer than most
 * test files. The product is taken from dist/, which `npm test` builds first. A test file and what it shares with others under test/ stays its own.
 */
module.exports = class SharedRuntime extends Runtime {
  constructor(...options) {
    super(...options);
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModuleOrMock(from, name) {
    if (from.startsWith(tests) && !isBuiltin(name) && !name.startsWith('@jest/')) {
      const path = name.startsWith('.') ? join(from, '..', name) : name;
      if (!path.startsWith(tests)) return requireHere(builtPath(path));
    }
    return super.requireModuleOrMock(from, name);
  }
};

const builtPath = (path) =>
  path.startsWith(root + sep) && !path.startsWith(modules) ? join(root, 'dist', path.slice(root.length)) : path;
