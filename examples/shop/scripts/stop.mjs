/** node scripts/stop.mjs [TARGET_ROOT]: stops every service that a deploy has started below TARGET_ROOT. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { knownProcess, stop } from './processes.mjs';
import { required, run } from './task.mjs';

const foldersIn = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));

await run(async () => {
  const root = process.argv[2] ?? required('TARGET_ROOT', 'the folder below which the services were deployed');
  if (!existsSync(root)) return;
  const running = foldersIn(realpathSync(root))
    .flatMap(foldersIn)
    .map((folder) => ({ folder, pid: knownProcess(folder)?.pid }))
    .filter(({ pid }) => pid !== undefined);
  await Promise.all(running.map(({ folder, pid }) => stop(folder, pid)));
  for (const { folder, pid } of running) console.log(`stopped process ${pid} of ${folder}`);
});
