import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { usage } from '../failure';

/** A mapping of a FirstGen file. */
export type Mapping = Readonly<Record<string, unknown>>;

/** A FirstGen file: its path below the application’s folder, without `.yaml`, and its content. */
export interface FirstGenFile {
  readonly path: string;
  readonly parts: readonly string[];
  readonly content: Mapping;
}

/** What could not be carried over, and why. */
export interface Remark {
  readonly file: string;
  readonly path: string;
  readonly reason: string;
}

export type Report = (path: string, reason: string) => void;

export const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
export const mappings = (value: unknown): Mapping[] => (Array.isArray(value) ? value.map(mapping) : []);
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** Reads the applications of a FirstGen folder, or of a folder that is one application. */
export async function readApplications(folder: string, remarks: Remark[]): Promise<Map<string, FirstGenFile[]>> {
  const names = await readdir(folder, { recursive: true, encoding: 'utf8' }).catch((error: Error) => {
    throw usage(`${folder} can’t be read: ${error.message}`);
  });
  const applications = new Map<string, FirstGenFile[]>();
  for (const name of names.filter((one) => /\.ya?ml$/.test(one)).sort()) {
    const [, application, rest = ''] = /(?:^|\/)Applications\/([^/]+)\/(.+)\.ya?ml$/.exec(`/${name}`) ?? [];
    if (application === undefined) {
      remarks.push({ file: name, path: '', reason: 'Only files below Setup/Applications are imported.' });
      continue;
    }
    try {
      const content = mapping(parse(await readFile(join(folder, name), 'utf8')));
      const files = applications.get(application) ?? [];
      applications.set(application, [...files, { path: name, parts: rest.split('/'), content }]);
    } catch (error) {
      remarks.push({ file: name, path: '', reason: `The file is not valid YAML: ${(error as Error).message}` });
    }
  }
  if (applications.size === 0) throw usage(`${folder} has no folder Setup/Applications with YAML files.`);
  return applications;
}
