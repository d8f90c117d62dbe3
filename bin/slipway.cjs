#!/usr/bin/env node
// The one program of the package: `slipway server`, `slipway agent`, `slipway demo`, and the command line. Each loads alone.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { enableCompileCache } = require('node:module');

const programs = { server: 'main.js', agent: 'agent/main.js', demo: 'dev/main.js' };

const name = process.argv[2];
const isProgram = Object.hasOwn(programs, name ?? '');
if (isProgram) {
  process.argv.splice(2, 1);
  process.setSourceMapsEnabled(true);
}
// Node 22 and newer keep compiled code; without a writable folder they compile again.
enableCompileCache?.();
// A clone has one file for each module. The package has one file for each program.
const folder = existsSync(join(__dirname, '../dist/src/cli/main.js')) ? 'src' : 'bundle';
require(join(__dirname, '../dist', folder, isProgram ? programs[name] : 'cli/main.js'));
