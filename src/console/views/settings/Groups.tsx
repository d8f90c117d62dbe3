import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { Button } from '../../parts/Button';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextArea, TextField } from '../../parts/Field';
import { FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { Skeleton } from '../../parts/Skeleton';
import { type Column, RowLink, Table } from '../../parts/Table';
import { SettingsCreateGroupDocument, SettingsGroupsDocument, type SettingsGroupsQuery } from './generated';
import { isAdministrators, SettingsHead } from './parts';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

type Row = SettingsGroupsQuery['userGroups']['nodes'][number];

/** Groups of users: their members have their permissions. */
export default function Groups() {
  const list = useList({
    document: SettingsGroupsDocument,
    variables: {},
    pageOf: ({ userGroups }) => userGroups,
    idOf: ({ id }: Row) => id,
  });
  const [creating, setCreating] = useState(false);
  const { because } = useViewer();
  return (
    <>
      <SettingsHead
        title="User groups"
        lead="Members of a group, and keys of a group, have its permissions. The permissions of several groups add up; nothing denies."
        actions={
          <Button
            kind="main"
            icon="plus"
            disabledBecause={because('MANAGE_USERS_AND_GROUPS')}
            onClick={() => setCreating(true)}
          >
            New group
          </Button>
        }
      />
      <ErrorNote error={list.error} onRetry={list.refresh} />
      <Panel padded={false}>
        {list.loading ? (
          <Skeleton label="Loading user groups" />
        ) : (
          <Table
            label="User groups"
            rows={list.rows}
            columns={columns}
            idOf={({ id }) => id}
            hasMore={list.hasMore}
            loadingMore={list.loadingMore}
            onMore={list.loadMore}
          />
        )}
      </Panel>
      {creating && <GroupForm onClose={() => setCreating(false)} />}
    </>
  );
}

const permissionCount = ({ permissions }: Row) =>
  permissions.appPermissions.length + permissions.accountPermissions.accountPermissionTypes.length;

function membersText({ members }: Row): string {
  if (members === null) return '–';
  if (members.nodes.length === 0) return 'nobody';
  const names = members.nodes.map(({ name }) => name).join(', ');
  return members.pageInfo.hasNextPage ? `${names}, …` : names;
}

const columns: Column<Row>[] = [
  {
    key: 'name',
    title: 'Name',
    cell: (group) => (
      <div className={styles.two}>
        <RowLink href={`/settings/groups/${group.id}`}>{group.name}</RowLink>
        {group.description && <span className={styles.second}>{group.description}</span>}
      </div>
    ),
  },
  {
    ...{ key: 'members', title: 'Members', hideBelow: 900 },
    cell: (group) => (
      <span className={styles.quiet} title={membersText(group)}>
        {membersText(group)}
      </span>
    ),
  },
  {
    ...{ key: 'permissions', title: 'Permissions', width: '110px', align: 'end' },
    cell: (group) => <span className={styles.quiet}>{isAdministrators(group) ? 'all' : permissionCount(group)}</span>,
  },
];

function GroupForm({ onClose }: { readonly onClose: () => void }) {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const action = useAction(SettingsCreateGroupDocument, { keyed: false });
  const save = async () => {
    const data = await action.run({ input: { name, description: description || undefined } });
    if (data !== undefined) navigate(`/settings/groups/${data.createUserGroup?.userGroup.id}`);
  };
  return (
    <FormDialog
      title="New user group"
      label="Create the group"
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          <TextField
            label="Name"
            required
            autoFocus
            value={name}
            problem={problemOf('name')}
            onChange={({ target }) => setName(target.value)}
          />
          <TextArea
            label="Description"
            value={description}
            problem={problemOf('description')}
            onChange={({ target }) => setDescription(target.value)}
          />
          <p className={styles.small}>Members and permissions follow on the page of the group.</p>
        </>
      )}
    </FormDialog>
  );
}
