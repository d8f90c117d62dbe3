import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction, useData } from '../../data/hooks';
import { Button, IconButton } from '../../parts/Button';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextArea, TextField } from '../../parts/Field';
import { ConfirmDialog, FormDialog } from '../../parts/FormDialog';
import { Panel } from '../../parts/Panel';
import { Person } from '../../parts/Person';
import { PickerField } from '../../parts/PickerField';
import { Skeleton } from '../../parts/Skeleton';
import { toast } from '../../parts/Toast';
import {
  SettingsAddMemberDocument,
  SettingsDeleteGroupDocument,
  type SettingsGroupPageQuery,
  SettingsGroupPageDocument,
  SettingsRemoveAccountPermissionDocument,
  SettingsRemoveAppPermissionDocument,
  SettingsRemoveMemberDocument,
  SettingsUpdateGroupDocument,
  SettingsUserChoicesDocument,
} from './generated';
import { useChoices, usePlaces } from './names';
import { isAdministrators, SettingsHead } from './parts';
import { PermissionDialog } from './PermissionDialog';
import { accountPermissionNames, permissionSentence } from './permissionText';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

type Shown = NonNullable<SettingsGroupPageQuery['userGroup']>;
type Doing = 'edit' | 'delete' | 'member' | 'permission';

/** A group: its members, and its permissions as sentences. */
export default function Group({ id }: { readonly id: string }) {
  const { data, error, loading, refresh } = useData(SettingsGroupPageDocument, { id });
  const [doing, setDoing] = useState<Doing>();
  const { because } = useViewer();
  const group = data?.userGroup;
  if (loading) return <Skeleton label="Loading the group" />;
  if (group == null) return <ErrorNote error={error} onRetry={refresh} />;
  const may = because('MANAGE_USERS_AND_GROUPS');
  const builtIn = group.system ? 'This group is built in.' : undefined;
  const close = () => setDoing(undefined);
  return (
    <>
      <SettingsHead
        title={group.name}
        above={{ title: 'User groups', href: '/settings/groups' }}
        lead={group.description ?? 'No description.'}
        actions={
          <>
            <Button disabledBecause={may ?? builtIn} onClick={() => setDoing('delete')}>
              Delete
            </Button>
            <Button disabledBecause={may} onClick={() => setDoing('edit')}>
              Edit
            </Button>
          </>
        }
      />
      <ErrorNote error={error} onRetry={refresh} />
      <div className={styles.stack}>
        <Permissions group={group} because={may} onAdd={() => setDoing('permission')} />
        <Members group={group} because={may} onAdd={() => setDoing('member')} onChanged={refresh} />
      </div>
      {doing === 'edit' && <EditGroup group={group} onClose={close} />}
      {doing === 'delete' && <DeleteGroup group={group} onClose={close} />}
      {doing === 'member' && <AddMember group={group} onClose={close} onAdded={refresh} />}
      {doing === 'permission' && <PermissionDialog groupId={group.id} onClose={close} />}
    </>
  );
}

interface PartProps {
  readonly group: Shown;
  readonly because: string | undefined;
  readonly onAdd: () => void;
}

function Permissions({ group, because, onAdd }: PartProps) {
  const choices = useChoices();
  const places = usePlaces();
  const fromAccount = useAction(SettingsRemoveAccountPermissionDocument, { keyed: false });
  const fromApplications = useAction(SettingsRemoveAppPermissionDocument, { keyed: false });
  const { appPermissions, accountPermissions } = group.permissions;
  if (isAdministrators(group))
    return (
      <Panel title="Permissions">
        <p>Members may do everything. Only members decide who else is one.</p>
      </Panel>
    );
  const sentences = [
    ...accountPermissions.accountPermissionTypes.map((one) => ({
      key: one as string,
      text: `${accountPermissionNames[one]}.`,
      remove: () => fromAccount.run({ input: { userGroupId: group.id, accountPermission: one } }),
    })),
    ...appPermissions.map((one) => ({
      key: one.id,
      text: permissionSentence(one, choices, places),
      remove: () => fromApplications.run({ input: { userGroupId: group.id, appPermissionId: one.id } }),
    })),
  ];
  const remove = async (text: string, work: () => Promise<unknown>) => {
    if ((await work()) !== undefined) toast(`Removed: ${text}`);
  };
  return (
    <Panel
      title="Permissions"
      padded={false}
      actions={
        <Button small icon="plus" disabledBecause={because} onClick={onAdd}>
          Add a permission
        </Button>
      }
    >
      <ErrorNote error={fromAccount.error ?? fromApplications.error} />
      {sentences.length === 0 ? (
        <p className={styles.none}>Members may do nothing yet. Add a permission.</p>
      ) : (
        <ul className={styles.list} aria-label="Permissions">
          {sentences.map(({ key, text, remove: work }) => (
            <li key={key} className={styles.item}>
              <span className={styles.itemText}>{text}</span>
              <IconButton
                small
                icon="close"
                label={`Remove: ${text}`}
                disabledBecause={because}
                onClick={() => void remove(text, work)}
              />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Members({ group, because, onAdd, onChanged }: PartProps & { readonly onChanged: () => void }) {
  const action = useAction(SettingsRemoveMemberDocument, { keyed: false });
  const { members } = group;
  const remove = async (userId: string, name: string) => {
    const data = await action.run({ input: { userGroupId: group.id, userId } });
    if (data === undefined) return;
    toast(data.removeUserFromUserGroup?.warningMessage ?? `${name} is no longer a member.`);
    onChanged();
  };
  return (
    <Panel
      title="Members"
      padded={false}
      actions={
        <Button small icon="plus" disabledBecause={because} onClick={onAdd}>
          Add a member
        </Button>
      }
    >
      <ErrorNote error={action.error} />
      {members === null ? (
        <p className={styles.none}>You may not see the members: that requires “See users and user groups”.</p>
      ) : members.nodes.length === 0 ? (
        <p className={styles.none}>
          Nobody is a member.{' '}
          {group.isSSOLinked && 'The identity provider names members of this group when they sign in.'}
        </p>
      ) : (
        <ul className={styles.list} aria-label="Members">
          {members.nodes.map(({ id, name, email }) => (
            <li key={id} className={styles.item}>
              <Person name={name} />
              <span className={`${styles.itemText} ${styles.quiet}`}>{email}</span>
              <IconButton
                small
                icon="close"
                label={`Remove ${name}`}
                disabledBecause={because}
                onClick={() => void remove(id, name)}
              />
            </li>
          ))}
        </ul>
      )}
      {members?.pageInfo.hasNextPage && <p className={styles.none}>Only the first 200 members are shown.</p>}
    </Panel>
  );
}

interface DialogProps {
  readonly group: Shown;
  readonly onClose: () => void;
}

function EditGroup({ group, onClose }: DialogProps) {
  const [name, setName] = useState(group.name);
  const [description, setDescription] = useState(group.description ?? '');
  const action = useAction(SettingsUpdateGroupDocument, { keyed: false });
  const save = async () => {
    const input = { userGroupId: group.id, description, ...(!group.system && { name }) };
    const data = await action.run({ input });
    if (data === undefined) return;
    toast(data.updateUserGroup?.warningMessage ?? `${name} was changed.`);
    onClose();
  };
  return (
    <FormDialog
      title={`Edit ${group.name}`}
      label="Save"
      onClose={onClose}
      onSubmit={() => void save()}
      action={action}
    >
      {(problemOf) => (
        <>
          <TextField
            label="Name"
            required
            readOnly={group.system}
            hint={
              group.system
                ? 'The name of a built-in group can’t be changed.'
                : 'Approvals of pipelines name their approvers by this name.'
            }
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
        </>
      )}
    </FormDialog>
  );
}

function DeleteGroup({ group, onClose }: DialogProps) {
  const [, navigate] = useLocation();
  const action = useAction(SettingsDeleteGroupDocument, { keyed: false });
  const remove = async () => {
    const data = await action.run({ input: { userGroupId: group.id } });
    if (data === undefined) return;
    toast(data.deleteUserGroup?.warningMessage ?? `${group.name} was deleted.`);
    navigate('/settings/groups');
  };
  return (
    <ConfirmDialog
      title={`Delete ${group.name}?`}
      label="Delete the group"
      onClose={onClose}
      action={action}
      onConfirm={() => void remove()}
    >
      <p>Its members and API keys lose the permissions of this group at once. The users themselves stay.</p>
    </ConfirmDialog>
  );
}

function AddMember({ group, onClose, onAdded }: DialogProps & { readonly onAdded: () => void }) {
  const { data, loading } = useData(SettingsUserChoicesDocument, {});
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const action = useAction(SettingsAddMemberDocument, { keyed: false });
  const members = new Set(group.members?.nodes.map(({ id }) => id));
  const choices = (data?.users.nodes ?? [])
    .filter(({ id }) => !members.has(id))
    .map(({ id, name, email }) => ({ value: id, label: name, hint: email }));
  const add = async () => {
    for (const userId of chosen)
      if ((await action.run({ input: { userGroupId: group.id, userId } })) === undefined) return onAdded();
    toast(chosen.length === 1 ? 'The member was added.' : `${chosen.length} members were added.`);
    onAdded();
    onClose();
  };
  return (
    <FormDialog
      title={`Add members to ${group.name}`}
      label="Add"
      onClose={onClose}
      onSubmit={() => void add()}
      action={action}
      disabledBecause={chosen.length === 0 ? 'Choose at least one user.' : undefined}
    >
      {(problemOf) => (
        <PickerField
          label="Users"
          empty="Choose users"
          multiple
          choices={choices}
          loading={loading}
          value={chosen}
          problem={problemOf('userId')}
          onChange={setChosen}
        />
      )}
    </FormDialog>
  );
}
