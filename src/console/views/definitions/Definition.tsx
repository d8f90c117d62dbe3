import { useMemo } from 'react';
import { Link, useParams } from 'wouter';
import type { Given } from '../../../client/requests';
import { useData } from '../../data/hooks';
import { useUrlState } from '../../data/urlState';
import { ButtonLink } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { type Tab, Tabs } from '../../parts/Tabs';
import { Time } from '../../parts/Time';
import styles from './Definition.module.css';
import { DefinitionGraph } from './DefinitionGraph';
import { DocumentEditor } from './DocumentEditor';
import { ConsoleDefinitionDocument, type ConsoleDefinitionQuery } from './generated';
import { kinds } from './kinds';
import { Revisions } from './Revisions';

type Answer = Given<ConsoleDefinitionQuery>;
type Definition = Extract<NonNullable<Answer['node']>, { readonly name: string; readonly updatedAt: string }>;

/** A definition: its document, its graph, and its revisions. */
export default function DefinitionPage() {
  const { id = '' } = useParams<{ id: string }>();
  return <DefinitionView key={id} id={id} />;
}

const crumb = { title: 'Definitions', href: '/definitions' };

function DefinitionView({ id }: { readonly id: string }) {
  const { data, error, loading, refresh } = useData(ConsoleDefinitionDocument, { id });
  const node = data?.node;
  if (data === undefined || node == null || !('updatedAt' in node)) {
    return (
      <>
        <PageHead title="Definition" above={[crumb]} />
        <ErrorNote error={error} onRetry={refresh} />
        {loading && (
          <Panel padded={false}>
            <Skeleton label="Loading the definition" rows={10} />
          </Panel>
        )}
        {data !== undefined && (
          <Panel>
            <Empty icon="definitions" title="Not a definition">
              The address names something that no document defines.
            </Empty>
          </Panel>
        )}
      </>
    );
  }
  return (
    <>
      <ErrorNote error={error} onRetry={refresh} />
      <DefinitionBody definition={node} mayChange={data.viewer.mayChange} refresh={refresh} />
    </>
  );
}

interface BodyProps {
  readonly definition: Definition;
  readonly mayChange: Answer['viewer']['mayChange'];
  readonly refresh: () => void;
}

function DefinitionBody({ definition, mayChange, refresh }: BodyProps) {
  const url = useUrlState();
  const { id, name, updatedAt, __typename: kind } = definition;
  const application = 'application' in definition ? definition.application?.name : undefined;
  const text = 'environmentDefinition' in definition ? definition.environmentDefinition : definition.definition;
  const base = useMemo(() => (text === null ? undefined : { id, text, updatedAt }), [id, text, updatedAt]);
  const number =
    'revision' in definition ? definition.revision.number : 'version' in definition ? definition.version : 0;
  const word = kind === 'Trigger' ? 'version' : 'revision';
  const of = kinds.find((one) => one.name === kind);
  const above = of === undefined ? [crumb] : [crumb, { title: of.plural, href: `/definitions?kind=${of.id}` }];
  const document: Tab = {
    ...{ id: 'document', title: 'Document' },
    panel: () =>
      text === null ? (
        <Panel>
          <Empty icon="definitions" title="No document can say this">
            The environment has two conditions on one label of agents. Change it with the mutation{' '}
            <code>updateEnvironment</code>.
          </Empty>
        </Panel>
      ) : (
        <div className={kind === 'Pipeline' || kind === 'Workflow' ? styles.columns : styles.stack}>
          <DocumentEditor
            title={number > 0 ? `Document, ${word} ${number}` : 'Document'}
            base={base}
            initial={text}
            readOnlyBecause={mayChange.allowed ? undefined : (mayChange.message ?? 'The permission is missing.')}
            onApplied={refresh}
            onReload={refresh}
          />
          {(kind === 'Pipeline' || kind === 'Workflow') && (
            <DefinitionGraph key={number} id={id} kind={kind} revision={number} />
          )}
          {definition.__typename === 'Template' && <Users users={definition.users} />}
        </div>
      ),
  };
  const revisions: Tab = {
    ...{ id: 'revisions', title: word === 'version' ? 'Versions' : 'Revisions', count: number },
    panel: () => <Revisions key={number} id={id} newest={number} word={word} url={url} />,
  };
  return (
    <>
      <PageHead
        title={name}
        above={above}
        beside={<span className={styles.kind}>{kind.toLowerCase()}</span>}
        actions={<Actions id={id} kind={kind} />}
      >
        <Facts definition={definition} application={application} />
      </PageHead>
      {number > 0 ? <Tabs label="Definition" url={url} tabs={[document, revisions]} /> : document.panel()}
    </>
  );
}

function Facts({
  definition,
  application,
}: {
  readonly definition: Definition;
  readonly application: string | undefined;
}) {
  const { updatedAt } = definition;
  const author =
    'revision' in definition ? definition.revision.author : 'author' in definition ? definition.author : undefined;
  return (
    <p className={styles.facts}>
      {application !== undefined && <span>of {application}</span>}
      <span>
        changed <Time at={updatedAt} />
        {author && ` by ${'owner' in author && author.owner ? author.owner : author.name}`}
      </span>
    </p>
  );
}

function Actions({ id, kind }: { readonly id: string; readonly kind: Definition['__typename'] }) {
  if (kind === 'Trigger') return <ButtonLink href={`/triggers/${id}`}>Firings and settings</ButtonLink>;
  if (kind !== 'Pipeline' && kind !== 'Workflow') return null;
  const name = kind.toLowerCase();
  return (
    <>
      <ButtonLink icon="runs" href={`/runs?${name}=${id}`}>
        Runs
      </ButtonLink>
      <ButtonLink icon="start" href={`/start?${name}=${id}`}>
        Start
      </ButtonLink>
    </>
  );
}

type Template = Extract<Definition, { readonly __typename: 'Template' }>;

function Users({ users }: Pick<Template, 'users'>) {
  return (
    <Panel title={`Used by ${users.length}`}>
      {users.length === 0 ? (
        <p className={styles.quiet}>No definition that you may see extends it.</p>
      ) : (
        <ul className={styles.users}>
          {users.map((user) => (
            <li key={user.id}>
              <Link href={`/definitions/${user.id}`}>{user.name}</Link>{' '}
              <span className={styles.quiet}>{user.kind.toLowerCase()}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
