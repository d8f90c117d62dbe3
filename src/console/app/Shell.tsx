import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { AccountPermissionType } from '../../client/generated';
import { useData } from '../data/hooks';
import { serverUrl } from '../data/server';
import { waiting } from '../data/waiting';
import { IconButton } from '../parts/Button';
import { classes } from '../parts/classes';
import { Icon } from '../parts/Icon';
import { Menu } from '../parts/Menu';
import { place } from '../parts/PageHead';
import { ConsoleViewerDocument } from '../session/generated';
import { endSession } from '../session/session';
import { setTheme, type Theme, useTheme } from '../theme/theme';
import { ConnectionBar } from './ConnectionBar';
import { KeyboardHelp } from './KeyboardHelp';
import { Palette } from './Palette';
import { pages } from './pages';
import styles from './Shell.module.css';
import { useShortcuts } from './shortcuts';
import { useWaiting } from './waiting';

type Open = 'palette' | 'help' | undefined;

/** Navigation and bar around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState<Open>();
  const [, navigate] = useLocation();
  useShortcuts([
    { keys: 'Ctrl+k', does: 'Find a page, application, pipeline or run', run: () => setOpen('palette') },
    { keys: '?', does: 'Show this help', run: () => setOpen('help') },
    ...pages.flatMap(({ key, path, title }) =>
      key === undefined ? [] : [{ keys: `g ${key}`, does: `Open ${title}`, run: () => navigate(path) }],
    ),
  ]);
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById('page')?.focus()}>
        Skip to the page
      </button>
      <Navigation />
      <header className={styles.bar}>
        <Crumbs />
        <div className={styles.tools}>
          <button type="button" className={styles.find} aria-label="Find, Ctrl K" onClick={() => setOpen('palette')}>
            <Icon name="search" />
            <span className={styles.findText}>Find …</span>
            <kbd>Ctrl K</kbd>
          </button>
          <IconButton icon="help" label="Keyboard shortcuts" onClick={() => setOpen('help')} />
          <ThemeMenu />
          <AccountMenu />
        </div>
      </header>
      <main id="page" className={styles.main} tabIndex={-1}>
        <ConnectionBar />
        {children}
      </main>
      {open === 'palette' && <Palette onClose={() => setOpen(undefined)} />}
      {open === 'help' && <KeyboardHelp onClose={() => setOpen(undefined)} />}
    </div>
  );
}

const groups = ['Deliver', 'Operate', 'Configure'] as const;

function Navigation() {
  const [location] = useLocation();
  useWaiting();
  const count = waiting.use().size;
  const permissions = useData(ConsoleViewerDocument, {}).data?.viewer.accountPermissions;
  const may = (needs: AccountPermissionType) => permissions?.includes(needs) === true;
  const isHere = (path: string) =>
    path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
  return (
    <nav className={styles.side} aria-label="Console">
      <Link href="/" className={styles.brand}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path
            d="M7 21.5 25 10v4.6L11.5 23H7zM7 26h18"
            fill="var(--on-accent)"
            stroke="var(--on-accent)"
            strokeWidth="1.6"
            strokeLinejoin="round"
            strokeLinecap="round"
          />
        </svg>
        <span>Slipway</span>
      </Link>
      <div className={styles.groups}>
        {groups.map((group) => {
          const listed = pages.filter(({ group: own, needs }) => own === group && (needs === undefined || may(needs)));
          if (listed.length === 0) return null;
          return (
            <div key={group} className={styles.group}>
              <p className={styles.groupTitle} id={`nav-${group}`}>
                {group}
              </p>
              <ul aria-labelledby={`nav-${group}`}>
                {listed.map(({ path, title, icon }) => (
                  <li key={path}>
                    <Link
                      href={path}
                      className={classes(styles.link, isHere(path) && styles.here)}
                      aria-current={isHere(path) ? 'page' : undefined}
                    >
                      {icon && <Icon name={icon} />}
                      <span>{title}</span>
                      {path === '/approvals' && count > 0 && (
                        <span className={styles.badge} title={`${count} waiting for you`}>
                          {count > 99 ? '99+' : count}
                          <span className="quiet"> waiting for you</span>
                        </span>
                      )}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
        <div className={classes(styles.group, styles.last)}>
          <ul>
            <li>
              <a href={`${serverUrl}/graphql`} className={styles.link}>
                <Icon name="api" />
                <span>GraphiQL</span>
              </a>
            </li>
          </ul>
        </div>
      </div>
    </nav>
  );
}

const Crumbs = () => (
  <nav aria-label="Breadcrumbs" className={styles.crumbs}>
    <ol>
      {place.use().map(({ title, href }) => (
        <li key={`${href} ${title}`}>
          {href === undefined ? <span aria-current="page">{title}</span> : <Link href={href}>{title}</Link>}
        </li>
      ))}
    </ol>
  </nav>
);

const themes: readonly { theme: Theme; label: string; icon: 'system' | 'sun' | 'moon' }[] = [
  { theme: 'system', label: 'Like the system', icon: 'system' },
  { theme: 'light', label: 'Light', icon: 'sun' },
  { theme: 'dark', label: 'Dark', icon: 'moon' },
];

function ThemeMenu() {
  const now = useTheme();
  const items = themes.map(({ theme, label, icon }) => ({
    ...{ label, icon, checked: theme === now },
    onSelect: () => setTheme(theme),
  }));
  return (
    <Menu label="Theme" iconOnly icon={themes.find(({ theme }) => theme === now)?.icon ?? 'system'} items={items} />
  );
}

function AccountMenu() {
  const { data } = useData(ConsoleViewerDocument, {});
  const viewer = data?.viewer;
  const head = viewer && (
    <div className={styles.account}>
      <strong>{viewer.user?.name ?? viewer.name}</strong>
      <span>{viewer.user?.email ?? 'Signed in with an API key'}</span>
      {viewer.administrator && <span>Administrator</span>}
    </div>
  );
  return (
    <Menu
      label={viewer === undefined ? 'Account' : `Account of ${viewer.name}`}
      iconOnly
      icon="user"
      head={head}
      items={[{ label: 'Sign out', icon: 'close', onSelect: () => endSession() }]}
    />
  );
}
