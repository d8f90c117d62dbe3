import { jobCommand } from '../jobCommand';

jobCommand(process.argv.slice(2), (text) => process.stdout.write(text)).then((code) => {
  process.exitCode = code;
});
