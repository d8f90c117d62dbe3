// Lets plain `node -r ./tools/swc-register.cjs file.ts` run TypeScript with decorators (tsx and strip-types cannot emit their metadata).
const { transformSync } = require('@swc/core');
const fs = require('node:fs');
const path = require('node:path');
const Module = require('node:module');

const options = JSON.parse(fs.readFileSync(path.join(__dirname, '../.swcrc'), 'utf8'));
Module._extensions['.ts'] = (module, filename) =>
  module._compile(
    transformSync(fs.readFileSync(filename, 'utf8'), { ...options, swcrc: false, filename }).code,
    filename,
  );
