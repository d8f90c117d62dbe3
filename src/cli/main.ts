#!/usr/bin/env node
import { runCommandLine } from './commandLine';
import { exit } from './failure';

// The reader may stop reading, as in `slipway runs | head -3`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exit.ok : exit.failed),
);
runCommandLine(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
});
