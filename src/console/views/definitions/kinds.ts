import type { IdFilter, TypedDocumentString } from '../../../client/generated';
import type { Given } from '../../../client/requests';
import type { Page } from '../../data/list';
import {
  ConsoleApplicationsDocument,
  ConsoleEnvironmentsDocument,
  ConsolePipelinesDocument,
  ConsoleServicesDocument,
  ConsoleTemplatesDocument,
  ConsoleTriggerDefinitionsDocument,
  ConsoleWorkflowsDocument,
} from './generated';

/** A definition of any kind, as the list shows it. */
export interface DefinitionRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly updatedAt: string;
  /** Name of the application that it belongs to. */
  readonly application: string | null;
  /** Number of its current revision or version. */
  readonly revision: number | null;
  /** What distinguishes it within its kind, such as the type of an environment. */
  readonly note: string | null;
}

export type KindName = 'Pipeline' | 'Workflow' | 'Template' | 'Trigger' | 'Environment' | 'Service' | 'Application';

interface ListVariables {
  readonly filters?: readonly { readonly application?: IdFilter | null; readonly name?: IdFilter | null }[] | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

export interface Kind {
  readonly name: KindName;
  /** Value in the address. */
  readonly id: string;
  readonly plural: string;
  readonly document: TypedDocumentString<unknown, ListVariables>;
  readonly pageOf: (data: unknown) => Page<DefinitionRow>;
  /** True if the list can be filtered by application. */
  readonly hasApplication: boolean;
}

/** What the lists of all kinds return, apart from what only some have. */
interface Listed {
  readonly id: string;
  readonly name: string;
  readonly updatedAt: string;
  readonly description?: string | null;
  readonly application?: { readonly name: string } | null;
  readonly revision?: { readonly number: number };
  readonly version?: number;
}

const rowOf = (one: Listed, note: string | null): DefinitionRow => ({
  id: one.id,
  name: one.name,
  description: one.description ?? null,
  updatedAt: one.updatedAt,
  application: one.application?.name ?? null,
  revision: one.revision?.number ?? one.version ?? null,
  note,
});

interface KindOf<Data, Variables, Row extends Listed> {
  readonly name: KindName;
  readonly plural: string;
  readonly document: TypedDocumentString<Data, Variables>;
  readonly pageOf: (data: Given<Data>) => Page<Row>;
  readonly noteOf?: (row: Row) => string | null;
}

/** Forgets the types of one kind, so that one table serves all. */
function kind<Data, Variables, Row extends Listed>(of: KindOf<Data, Variables, Row>): Kind {
  const { name, plural, document, pageOf, noteOf = () => null } = of;
  return {
    ...{ name, plural, id: plural.toLowerCase(), hasApplication: name !== 'Application' },
    document: document as unknown as Kind['document'],
    pageOf: (data) => {
      const { nodes, pageInfo } = pageOf(data as Given<Data>);
      return { nodes: nodes.map((row) => rowOf(row, noteOf(row))), pageInfo };
    },
  };
}

/** Kinds of definitions, in the order of the tabs. */
export const kinds: readonly Kind[] = [
  kind({
    ...{ name: 'Pipeline', plural: 'Pipelines', document: ConsolePipelinesDocument },
    pageOf: ({ pipelines }) => pipelines,
  }),
  kind({
    ...{ name: 'Workflow', plural: 'Workflows', document: ConsoleWorkflowsDocument },
    pageOf: ({ workflows }) => workflows,
  }),
  kind({
    ...{ name: 'Template', plural: 'Templates', document: ConsoleTemplatesDocument },
    pageOf: ({ templates }) => templates,
    noteOf: ({ of }) => `of a ${of.toLowerCase()}`,
  }),
  kind({
    ...{ name: 'Trigger', plural: 'Triggers', document: ConsoleTriggerDefinitionsDocument },
    pageOf: ({ triggers }) => triggers,
    noteOf: ({ enabled }) => (enabled ? null : 'off'),
  }),
  kind({
    ...{ name: 'Environment', plural: 'Environments', document: ConsoleEnvironmentsDocument },
    pageOf: ({ environments }) => environments,
    noteOf: ({ type }) => (type === 'PROD' ? 'production' : null),
  }),
  kind({
    ...{ name: 'Service', plural: 'Services', document: ConsoleServicesDocument },
    pageOf: ({ services }) => services,
  }),
  kind({
    ...{ name: 'Application', plural: 'Applications', document: ConsoleApplicationsDocument },
    pageOf: ({ applications }) => applications,
  }),
];
