import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../src/composition/dataSource';
import { migrateDataSource } from '../src/composition/migrate';
import { startEmbeddedPostgres } from '../src/kernel/embedded/embeddedPostgres';
import { createLog } from '../src/kernel/log';
import { schemaSql } from './schemaSql';

/**
 *     migrations.js rebuild          rewrites migration 0001 from the tables of the code and its handwritten part
 *     migrations.js schema           writes migrations/schema.sql, the schema that the migrations make
 *     migrations.js schema --check   exits with 1 if that file is out of date
 */
const folder = resolve('migrations');

async function main(command: string | undefined, check: boolean): Promise<void> {
  if (command === 'rebuild') {
    const generated = await onFreshDatabase(createTables);
    writeFileSync(join(folder, '0001-initial.ts'), initialMigration(generated));
    return;
  }
  const file = join(folder, 'schema.sql');
  const text = await onFreshDatabase(async (dataSource) => {
    await migrateDataSource(dataSource);
    return schemaSql(dataSource);
  });
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is out of date. Run "npm run schema:sql" and commit it.\n`);
    process.exitCode = 1;
  }
}

async function onFreshDatabase<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const temporary = mkdtempSync(join(tmpdir(), 'slipway-schema-'));
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(temporary, 'postgres'),
      log: createLog({ level: 'warn', pretty: false }),
      settings: { fsync: 'off' },
    });
    const dataSource = await createDataSource(postgres.url).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
      await postgres.stop();
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function createTables(dataSource: DataSource): Promise<string> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => `${onePartALine(query.trim()).replace(/ {2,}(?=\()/g, ' ')};`).join('\n');
}

/** Splits the body of a CREATE TABLE at its outermost commas, so that git can merge concurrent changes of a table. */
function onePartALine(statement: string): string {
  if (!statement.startsWith('CREATE TABLE')) return statement;
  let depth = 0;
  let quoted = false;
  let text = '';
  for (const character of statement) {
    if (character === "'") quoted = !quoted;
    if (!quoted && character === ')' && --depth === 0) text += '\n';
    text += character;
    if (!quoted && character === '(' && ++depth === 1) text += '\n ';
    if (!quoted && character === ',' && depth === 1) text += '\n ';
  }
  return text.replace(/\n {1,}(?=["C])/g, '\n  ');
}

function initialMigration(generated: string): string {
  const handwritten = readFileSync(join(folder, '0001.handwritten.sql'), 'utf8');
  const names = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, name]) => name);
  const tables = names(/^CREATE TABLE "(\w+)"/gm, generated);
  const functions = names(/^CREATE FUNCTION (\w+)/gm, handwritten);
  const sequences = names(/^CREATE SEQUENCE (\w+)/gm, handwritten);
  const quote = (text: string) => text.replace(/[\\`]|\$\{/g, '\\$&');
  return `import { createHash } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';

// Written by \`npm run migration:rebuild\` from the tables in *.table.ts and 0001.handwritten.sql. Edit those; see
// README.md.

export class Initial0000000000001 implements MigrationInterface {
  /** With a hash of its text, so that a server refuses a database that another text of this migration made. */
  name = \`Initial_\${createHash('sha256').update(up).digest('hex').slice(0, 8)}_0000000000001\`;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}

const up = \`
${quote(generated)}

${quote(handwritten.trim())}
\`;

const down = \`
DROP TABLE
  ${tables.join(',\n  ')}
CASCADE;
${[...sequences.map((name) => `DROP SEQUENCE ${name};`), ...functions.map((name) => `DROP FUNCTION ${name};`)].join('\n')}
\`;
`;
}

main(process.argv[2], process.argv.includes('--check')).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
