import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as driver } from 'playwright-core';

const packages = join(__dirname, '../../../node_modules');

/** Without these, Chromium looks for Google's hosts. It can't make a sandbox as root or in most containers. */
const flags = [
  ...['--no-sandbox', '--disable-setuid-sandbox', '--no-zygote', '--disable-gpu', '--disable-webgl', '--disable-quic'],
  ...['--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  ...[
    '--disable-sync',
    '--disable-domain-reliability',
    '--no-pings',
    '--hide-scrollbars',
    '--font-render-hinting=none',
  ],
  '--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication',
];

/** Starts Chromium, which an npm package contains. Fails with the reason if this machine can't run it. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await unpacked();
  try {
    return await driver.launch({ executablePath, args: flags, timeout: 120_000 });
  } catch (error) {
    throw new Error(`Chromium does not start at ${executablePath}: ${(error as Error).message}`);
  }
}

/** Unpacked once for each user and version: it takes seconds, and test files run at the same time. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packages, '@sparticuz/chromium/package.json'), 'utf8')) as {
    version: string;
  };
  const place = join(tmpdir(), `slipway-chromium-${version}-${process.getuid?.() ?? 0}`);
  const executable = join(place, 'chromium');
  if (!existsSync(executable)) {
    const fresh = mkdtempSync(join(tmpdir(), 'slipway-chromium-'));
    const { TMPDIR } = process.env;
    try {
      // The package unpacks into the folder for temporary files.
      process.env.TMPDIR = fresh;
      await chromium.executablePath();
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
    writeFileSync(join(fresh, 'fonts.conf'), fontsOf(place));
    try {
      renameSync(fresh, place);
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      // Another worker was faster.
      if (!existsSync(executable)) throw error;
    }
  }
  process.env.FONTCONFIG_FILE ??= join(place, 'fonts.conf');
  return executable;
}

/** A machine may have no fonts; those of the package are in a folder that only some machines have. */
const fontsOf = (place: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${place}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${place}/cache</cachedir>
</fontconfig>
`;
