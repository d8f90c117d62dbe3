import { useMemo } from 'react';
import { useData } from '../../data/hooks';
import type { Choice } from '../../parts/Picker';
import { SettingsAllEnvironmentsDocument, SettingsChoicesDocument } from './generated';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Placed extends Named {
  readonly application: Named | null;
}

const byId = (nodes: readonly Named[] | undefined) => new Map((nodes ?? []).map(({ id, name }) => [id, name]));
const choicesOf = (nodes: readonly Named[] | undefined): Choice[] =>
  (nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));

/** Name of an object of which only the ID is known. One that was deleted or is hidden has none. */
export const nameIn = (names: ReadonlyMap<string, string>, id: string): string =>
  names.get(id) ?? `unknown (${id.slice(0, 8)})`;

/** Groups and applications by ID, and as choices. */
export function useChoices() {
  const { data } = useData(SettingsChoicesDocument, {});
  return useMemo(
    () => ({
      groups: byId(data?.userGroups.nodes),
      groupChoices: choicesOf(data?.userGroups.nodes),
      applications: byId(data?.applications.nodes),
      applicationChoices: choicesOf(data?.applications.nodes),
      loading: data === undefined,
    }),
    [data],
  );
}

/** Environments and services by ID, and as choices with their application. */
export function usePlaces() {
  const { data } = useData(SettingsAllEnvironmentsDocument, {});
  return useMemo(() => {
    const environments = data?.environments.nodes;
    const services = data?.services.nodes;
    const placed = (nodes: readonly Placed[] | undefined): Choice[] =>
      (nodes ?? []).map(({ id, name, application }) => ({ value: id, label: name, hint: application?.name }));
    return {
      environments: byId(environments),
      environmentNodes: environments ?? [],
      environmentChoices: placed(environments),
      services: byId(services),
      serviceChoices: placed(services),
      loading: data === undefined,
    };
  }, [data]);
}

export type Choices = ReturnType<typeof useChoices>;
export type Places = ReturnType<typeof usePlaces>;
