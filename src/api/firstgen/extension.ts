import { type DefinitionNode, isTypeDefinitionNode, isTypeExtensionNode, type NameNode, parse } from 'graphql';
import { cloudProviders } from './cloudProviders';
import { connectors } from './connectors';
import { delegates } from './delegates';
import { executionInputs } from './executionInputs';
import { gitSync } from './gitSync';
import { inputs } from './inputs';
import { memberships } from './memberships';
import { secretManagers } from './secretManagers';
import type { Extension, Resolve } from './extensionPart';
import { ssoProviders } from './ssoProviders';

const parts: readonly Extension[] = [
  inputs,
  executionInputs,
  memberships,
  cloudProviders,
  connectors,
  delegates,
  secretManagers,
  ssoProviders,
  gitSync,
];

export const extension: Readonly<Record<string, Readonly<Record<string, Resolve>>>> = merged();

function merged(): Record<string, Record<string, Resolve>> {
  const all: Record<string, Record<string, Resolve>> = {};
  for (const { resolvers = {} } of parts) {
    for (const [type, fields] of Object.entries(resolvers)) {
      all[type] ??= {};
      Object.assign(all[type], fields);
    }
  }
  return all;
}

/** The additions as text, without names that the schema has: features of Slipway take precedence. */
export function extensionText(schema: readonly DefinitionNode[]): DefinitionNode[] {
  const known = new Map<string, ReadonlySet<string>>();
  for (const one of schema) if (isTypeDefinitionNode(one)) known.set(one.name.value, namesIn(one));
  return parse(parts.map(({ text }) => text).join('\n')).definitions.flatMap((one) => {
    if (isTypeDefinitionNode(one)) return known.has(one.name.value) ? [] : [one];
    const names = isTypeExtensionNode(one) ? known.get(one.name.value) : undefined;
    if (names === undefined) return [one];
    const isNew = ({ name }: { readonly name: NameNode }) => !names.has(name.value);
    if ('fields' in one) return [{ ...one, fields: one.fields?.filter(isNew) } as DefinitionNode];
    return 'values' in one ? [{ ...one, values: one.values?.filter(isNew) ?? [] }] : [one];
  });
}

function namesIn(definition: DefinitionNode): ReadonlySet<string> {
  const members = 'fields' in definition ? definition.fields : 'values' in definition ? definition.values : [];
  return new Set(members?.map(({ name }) => name.value));
}
