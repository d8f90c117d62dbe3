import type { ReactNode } from 'react';
import { Copy } from '../../parts/Id';
import { Menu, type MenuItem } from '../../parts/Menu';
import { PageHead } from '../../parts/PageHead';
import styles from './Settings.module.css';

interface HeadProps {
  readonly title: string;
  /** What the page is for, in one sentence. */
  readonly lead: ReactNode;
  readonly actions?: ReactNode;
  readonly above?: { readonly title: string; readonly href: string };
}

export const SettingsHead = ({ title, lead, actions, above }: HeadProps) => (
  <PageHead
    title={title}
    above={[{ title: 'Settings', href: '/settings' }, ...(above === undefined ? [] : [above])]}
    actions={actions}
  >
    <p className={styles.lead}>{lead}</p>
  </PageHead>
);

export const RowMenu = ({ of, items }: { readonly of: string; readonly items: readonly MenuItem[] }) => (
  <span className={styles.rowMenu}>
    <Menu iconOnly label={`Actions for ${of}`} items={items} />
  </span>
);

/** A few short names in a row; the rest as a number. */
export function Tags({ names, none = '–' }: { readonly names: readonly string[]; readonly none?: string }) {
  if (names.length === 0) return <span className={styles.quiet}>{none}</span>;
  return (
    <span className={styles.tags} title={names.join(', ')}>
      {names.slice(0, 3).map((name) => (
        <span key={name} className={styles.tag}>
          {name}
        </span>
      ))}
      {names.length > 3 && <span className={styles.tag}>+{names.length - 3}</span>}
    </span>
  );
}

/** A value that the server shows only once. */
export const ShownOnce = ({ value, label }: { readonly value: string; readonly label: string }) => (
  <div className={styles.secretValue}>
    <code>{value}</code>
    <Copy text={value} label={label} />
  </div>
);

/** The group whose members may do everything. It is built in and can't be renamed. */
export const isAdministrators = ({ system, name }: { readonly system: boolean; readonly name: string }): boolean =>
  system && name === 'Account Administrator';
