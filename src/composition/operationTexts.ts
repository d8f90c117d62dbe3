import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphQLError, parse } from 'graphql';
import manifest from '../../schema/operations.json';
import { hashOf } from '../api/graphql/knownOperations';
import { ConfigError } from '../kernel/config';

/**
 * Texts of persisted operations by hash: the ready-made ones, and those of a folder with documents (`*.graphql`) and
 * manifests (`*.json`, of Apollo or Relay).
 */
export function operationTexts(folder: string | undefined): ReadonlyMap<string, string> {
  const texts = new Map(manifest.operations.map(({ id, body }) => [id, body]));
  if (folder === undefined) return texts;
  for (const [hash, text] of readFolder(folder)) texts.set(hash, text);
  return texts;
}

function readFolder(folder: string): [hash: string, text: string][] {
  try {
    return readdirSync(folder)
      .sort()
      .flatMap((name) => {
        const path = join(folder, name);
        if (name.endsWith('.json')) return readManifest(path);
        if (!/\.(?:graphql|gql)$/.test(name)) return [];
        const text = readFileSync(path, 'utf8');
        parse(text);
        // Editors end a file with a line break, which clients don't send.
        return [text, text.trim()].map((one): [string, string] => [hashOf(one), one]);
      });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { message } = error as Error;
    const what = error instanceof GraphQLError || error instanceof SyntaxError ? 'has a bad file' : 'can’t be read';
    throw new ConfigError(`SLIPWAY_OPERATIONS_DIR is "${folder}", which ${what}: ${message}`);
  }
}

function readManifest(path: string): [hash: string, text: string][] {
  const content = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>>;
  const entries: [string, unknown][] = Array.isArray(content.operations)
    ? content.operations.map((one: { id: string; body: unknown }) => [one.id, one.body])
    : Object.entries(content);
  return entries.map(([id, body]) => {
    if (typeof body === 'string' && hashOf(body) === id) return [id, body];
    throw new ConfigError(
      `SLIPWAY_OPERATIONS_DIR has a manifest ${path} in which "${id}" is not the SHA-256 of its text. Relay needs "algorithm": "SHA256".`,
    );
  });
}
