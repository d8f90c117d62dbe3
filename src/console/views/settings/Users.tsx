import { useState } from 'react';
import { useAction } from '../../data/hooks';
import { useList } from '../../data/list';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Person } from '../../parts/Person';
import { PickerField } from '../../parts/PickerField';
import { ListPanel } from '../../parts/ListPanel';
import { type Column, RowLink } from '../../parts/Table';
import { Time } from '../../parts/Time';
import { toast } from '../../parts/Toast';
import {
  SettingsCreateUserDocument,
  SettingsDeleteUserDocument,
  SettingsUpdateUserDocument,
  type SettingsUserFragment,
  SettingsUsersDocument,
} from './generated';
import { useChoices } from './names';
import { RowMenu, SettingsHead, Tags } from './parts';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

type Doing = { readonly kind: 'create' } | { readonly kind: 'edit' | 'delete'; readonly user: SettingsUserFragment };

/** People who may sign in, and their groups. */
export default function Users() {
  const list = useList({
    document: SettingsUsersDocument,
    variables: {},
    pageOf: ({ users }) => users,
    idOf: ({ id }: SettingsUserFragment) => id,
  });
  const [doing, setDoing] = useState<Doing>();
  const viewer = useViewer();
  const because = viewer.because('MANAGE_USERS_AND_GROUPS');
  const close = () => setDoing(undefined);
  const done = (text: string) => {
    toast(text);
    close();
    list.refresh();
  };
  const columns: Column<SettingsUserFragment>[] = [
    {
      key: 'name',
      title: 'Name',
      cell: (user) => (
        <div className={styles.two}>
          <RowLink href={`/settings/access?user=${user.id}`} title={`What ${user.name} may do`}>
            <Person name={user.name} />
          </RowLink>
          <span className={`${styles.second} ${styles.narrow}`}>{user.email}</span>
        </div>
      ),
    },
    { key: 'email', title: 'E-mail address', hideBelow: 900, cell: ({ email }) => <span title={email}>{email}</span> },
    {
      ...{ key: 'groups', title: 'User groups', hideBelow: 640 },
      cell: ({ memberships }) => <Tags names={memberships.nodes.map(({ name }) => name)} none="none" />,
    },
    {
      ...{ key: 'signed', title: 'Signed in', width: '150px', hideBelow: 1200 },
      cell: ({ isEmailVerified }) => <span className={styles.quiet}>{isEmailVerified ? 'Yes' : 'Not yet'}</span>,
    },
    {
      ...{ key: 'created', title: 'Added', width: '104px', align: 'end', hideBelow: 1200 },
      cell: ({ createdAt }) => (
        <span className={styles.quiet}>
          <Time at={createdAt} />
        </span>
      ),
    },
    {
      ...{ key: 'menu', title: 'Actions', quiet: true, width: '64px' },
      cell: (user) => (
        <RowMenu
          of={user.name}
          items={[
            {
              label: 'Edit',
              icon: 'settings',
              disabledBecause: because,
              onSelect: () => setDoing({ kind: 'edit', user }),
            },
            {
              ...{ label: 'Delete', icon: 'close', danger: true, disabledBecause: because },
              onSelect: () => setDoing({ kind: 'delete', user }),
            },
          ]}
        />
      ),
    },
  ];
  return (
    <>
      <SettingsHead
        title="Users"
        lead="People who may sign in. What they may do comes from their user groups."
        actions={
          <Button kind="main" icon="plus" disabledBecause={because} onClick={() => setDoing({ kind: 'create' })}>
            New user
          </Button>
        }
      />
      <ListPanel list={list} label="Users" columns={columns} loading="Loading users">
        <Empty icon="user" title="No users yet">
          Add people by their e-mail addresses, or let your identity provider create them at their first sign-in.
        </Empty>
      </ListPanel>
      {doing?.kind === 'create' && <UserForm onClose={close} onDone={done} />}
      {doing?.kind === 'edit' && <UserForm user={doing.user} onClose={close} onDone={done} />}
      {doing?.kind === 'delete' && <DeleteUser user={doing.user} onClose={close} onDone={done} />}
    </>
  );
}

interface FormProps {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

function UserForm({ user, onClose, onDone }: FormProps & { readonly user?: SettingsUserFragment }) {
  const { groupChoices, loading } = useChoices();
  const [name, setName] = useState(user?.name ?? '');
  const [email, setEmail] = useState(user?.email ?? '');
  const [userGroupIds, setGroups] = useState<readonly string[]>(user?.memberships.nodes.map(({ id }) => id) ?? []);
  const create = useAction(SettingsCreateUserDocument, { keyed: false });
  const update = useAction(SettingsUpdateUserDocument, { keyed: false });
  const save = async () => {
    if (user === undefined) {
      const data = await create.run({ input: { name, email, userGroupIds: [...userGroupIds] } });
      if (data !== undefined) onDone(`${data.createUser?.user.name ?? name} was added.`);
      return;
    }
    const data = await update.run({ input: { id: user.id, name, userGroupIds: [...userGroupIds] } });
    if (data !== undefined) onDone(data.updateUser?.warningMessage ?? `${name} was changed.`);
  };
  return (
    <FormDialog
      title={user === undefined ? 'New user' : `Edit ${user.name}`}
      label={user === undefined ? 'Add the user' : 'Save'}
      onClose={onClose}
      onSubmit={() => void save()}
      action={user === undefined ? create : update}
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
          {user === undefined ? (
            <TextField
              label="E-mail address"
              type="email"
              required
              hint="The first sign-in with this address, verified by the identity provider, becomes this user."
              value={email}
              problem={problemOf('email')}
              onChange={({ target }) => setEmail(target.value)}
            />
          ) : (
            <p className={styles.quiet}>{user.email}</p>
          )}
          <PickerField
            label="User groups"
            empty="Choose groups"
            multiple
            hint="A user without a group sees nothing. Memberships from the identity provider stay."
            choices={groupChoices}
            loading={loading}
            value={userGroupIds}
            problem={problemOf('userGroupIds')}
            onChange={setGroups}
          />
        </>
      )}
    </FormDialog>
  );
}

function DeleteUser({ user, onClose, onDone }: FormProps & { readonly user: SettingsUserFragment }) {
  const action = useAction(SettingsDeleteUserDocument, { keyed: false });
  const remove = async () => {
    const data = await action.run({ input: { id: user.id } });
    if (data !== undefined) onDone(data.deleteUser?.warningMessage ?? `${user.name} was deleted.`);
  };
  return (
    <ConfirmDialog
      title={`Delete ${user.name}?`}
      label="Delete the user"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>
        {user.name} ({user.email}) can no longer sign in, and all API keys of this person are revoked. Runs and the
        audit trail keep the name.
      </p>
    </ConfirmDialog>
  );
}
