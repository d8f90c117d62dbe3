import { useLocation } from 'wouter';
import { useData } from '../../data/hooks';
import { useUrlState } from '../../data/urlState';
import { Select } from '../../parts/Field';
import { PageHead } from '../../parts/PageHead';
import styles from './Definition.module.css';
import { DocumentEditor } from './DocumentEditor';
import { DefinitionApplicationsDocument } from './generated';
import { newKinds, skeletonOf } from './skeletons';

/** A new definition, from a skeleton of its kind. */
export default function NewDefinition() {
  const url = useUrlState();
  const [, navigate] = useLocation();
  const { data, loading } = useData(DefinitionApplicationsDocument, {});
  const applications = data?.applications.nodes ?? [];
  const kind = newKinds.find((one) => one === url.get('kind')) ?? 'Pipeline';
  const chosen = applications.find(({ id }) => id === url.get('application')) ?? applications[0];
  const text = skeletonOf(kind, chosen?.name ?? '');
  return (
    <>
      <PageHead title="New definition" above={[{ title: 'Definitions', href: '/definitions' }]}>
        <div className={styles.choices}>
          <Select
            label="Kind"
            options={newKinds.map((value) => ({ value, label: value }))}
            value={kind}
            onChange={({ target }) => url.set({ kind: target.value })}
          />
          {kind !== 'Application' && kind !== 'Template' && (
            <Select
              label="Application"
              options={applications.map(({ id, name }) => ({ value: id, label: name }))}
              value={chosen?.id ?? ''}
              onChange={({ target }) => url.set({ application: target.value })}
            />
          )}
        </div>
      </PageHead>
      {!loading && (
        <DocumentEditor
          key={text}
          title="Document"
          base={undefined}
          initial={text}
          onApplied={(results) => {
            const made =
              results.find(({ action, kind: of }) => action !== 'UNCHANGED' && of !== 'FREEZE') ?? results[0];
            if (made?.id && made.kind !== 'FREEZE') navigate(`/definitions/${made.id}`);
            else navigate('/definitions');
          }}
        />
      )}
    </>
  );
}
