import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { errorsOf } from '../catalog/language/errorsOf';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const schema = buildSchema(read('schema/schema.graphql'));
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
const pages = [
  ...['README.md', 'CHANGELOG.md', 'CODE_OF_CONDUCT.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['docs', 'schema', 'docker', 'deploy', 'examples', 'bench', 'src'].flatMap(markdownIn),
];

describe('README.md', () => {
  it('has at most 6 KB', () => {
    expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(6 * 1024);
  });
});

describe('GraphQL documents in pages', () => {
  const documents = pages.flatMap((page) =>
    graphqlIn(read(page)).map((text, index) => ({ page, text, place: index + 1 })),
  );

  it('are found in fences, shell commands and programs', () => {
    expect(documents.length).toBeGreaterThan(30);
  });

  it.each(documents)('$page: document $place fits the schema', ({ text }) => {
    expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
  });
});

describe('definitions in pages', () => {
  const whole = pages.flatMap((page) =>
    [...read(page).matchAll(/^ *```yaml\n([\s\S]*?)^ *```$/gm)]
      .map(([, text = '']) => ({ page, text }))
      .filter(({ text }) => /^kind:/m.test(text)),
  );

  it.each(whole)('$page: whole documents are valid', ({ text }) => {
    expect(errorsOf(`${around(text)}${text}`)).toEqual([]);
  });

  it('are in the first page of the docs', () => {
    expect(whole.map(({ page }) => page)).toContain('docs/getting-started.md');
  });
});

describe('links', () => {
  it.each(pages)('%s links only to files and headings that exist', (page) => {
    const links = [...withoutFences(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !exists(page, link));
    expect(broken).toEqual([]);
  });

  it('docs/README.md lists every page', () => {
    const listed = [...read('docs/README.md').matchAll(/^\| \[.+?\]\((.+?)\)/gm)].map(([, target]) => target).sort();
    const expected = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(listed).toEqual(expected.sort());
  });
});

/** Application and services of a document, which the page shows elsewhere. */
function around(text: string): string {
  const [, application] = /^application: (\S+)$/m.exec(text) ?? [];
  if (application === undefined || text.includes(`kind: Application\nname: ${application}\n`)) return '';
  const [, services = ''] = /^services: \[(.*)\]$/m.exec(text) ?? [];
  const names = services.split(/, */).filter((name) => name !== '');
  return [
    `kind: Application\nname: ${application}\n---\n`,
    ...names.map((name) => `kind: Service\napplication: ${application}\nname: ${name}\n---\n`),
  ].join('');
}

/** Fenced documents, and documents in shell commands and programs. */
function graphqlIn(text: string): string[] {
  const fences = [...text.matchAll(/^ *```(\w+)\n([\s\S]*?)^ *```$/gm)].map(([, language, body = '']) => ({
    language,
    body,
  }));
  const sent = [/ask '([^']+)'/g, /^const query = `([^`]+)`/gm];
  return fences.flatMap(({ language, body }) => {
    if (language === 'graphql') return [body];
    const inJson = [...body.matchAll(/-d '(\{"query":.+\})'/g)].map(
      ([, json = '']) => JSON.parse(json).query as string,
    );
    return [...sent.flatMap((pattern) => [...body.matchAll(pattern)].map(([, document = '']) => document)), ...inJson];
  });
}

function exists(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(file)) return false;
  return heading === undefined || headings(readFileSync(file, 'utf8')).includes(heading);
}

/** Anchors as GitHub generates them. */
const headings = (text: string): string[] =>
  [...withoutFences(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );

const withoutFences = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
