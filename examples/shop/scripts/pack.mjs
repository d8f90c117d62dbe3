/**
 * node scripts/pack.mjs <service>: makes <service>-<VERSION>.tgz out of the folder <service>, both in the current folder.
 * The archive holds the service's files without its tests, the released version in package.json, and config.json.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkVersion, Failure, required, run, tar } from './task.mjs';

await run(() => {
  const service = process.argv[2];
  if (!service) throw new Failure('which service? node scripts/pack.mjs <service>');
  const version = checkVersion(required('VERSION', 'the version to release, e.g. 1.0.0'), 'VERSION');

  const staged = mkdtempSync('pack-');
  const leftOut = ['test', 'node_modules'];
  cpSync(service, staged, { recursive: true, filter: (path) => !leftOut.includes(basename(path)) });

  const packageFile = join(staged, 'package.json');
  writeJson(packageFile, { ...JSON.parse(readFileSync(packageFile, 'utf8')), version });

  // A release that is broken on purpose, to try out what happens then: see README.md.
  const broken = service === 'web' && version.endsWith('-broken');
  writeJson(join(staged, 'config.json'), broken ? { WEB_FAULT: '1' } : {});
  if (broken) console.log(`${version} ends with -broken: config.json says WEB_FAULT=1, it will not become healthy`);

  const archive = `${service}-${version}.tgz`;
  tar('-czf', archive, '-C', staged, '.');
  rmSync(staged, { recursive: true });
  console.log(`packed ${archive}, ${statSync(archive).size} bytes`);
});

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
