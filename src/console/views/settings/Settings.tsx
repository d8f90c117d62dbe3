import { type ComponentType, lazy, Suspense } from 'react';
import { Link, Redirect, useParams } from 'wouter';
import { Missing } from '../../app/Missing';
import { classes } from '../../parts/classes';
import { Skeleton } from '../../parts/Skeleton';
import styles from './Settings.module.css';
import { useViewer } from './viewer';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly Page: ComponentType;
  /** Page of one object, below the list. */
  readonly One?: ComponentType<{ readonly id: string }>;
  /** True if only administrators see it. */
  readonly administrators?: boolean;
}

const sections: readonly Section[] = [
  { id: 'users', title: 'Users', Page: lazy(() => import('./Users')) },
  {
    ...{ id: 'groups', title: 'User groups', Page: lazy(() => import('./Groups')) },
    One: lazy(() => import('./Group')),
  },
  { id: 'access', title: 'Who may do what', Page: lazy(() => import('./Explain')) },
  { id: 'keys', title: 'API keys', Page: lazy(() => import('./Keys')) },
  { id: 'secrets', title: 'Secrets', Page: lazy(() => import('./Secrets')) },
  { id: 'freezes', title: 'Freezes', Page: lazy(() => import('./Freezes')) },
  {
    ...{ id: 'subscriptions', title: 'Event subscriptions', Page: lazy(() => import('./Subscriptions')) },
    One: lazy(() => import('./Subscription')),
  },
  { id: 'trust', title: 'Trust rules', Page: lazy(() => import('./Trust')), administrators: true },
];

/** Settings of the account, a page each, with their own navigation. */
export default function Settings() {
  const { section: here, id } = useParams<{ section?: string; id?: string }>();
  const { administrator } = useViewer();
  if (here === undefined) return <Redirect to={`/settings/${sections[0]?.id}`} replace />;
  const section = sections.find((one) => one.id === here);
  if (section === undefined || (id !== undefined && section.One === undefined)) return <Missing />;
  const { Page, One } = section;
  return (
    <div className={styles.settings}>
      <nav aria-label="Settings" className={styles.nav}>
        <ul>
          {sections
            .filter((one) => !one.administrators || administrator || one === section)
            .map((one) => (
              <li key={one.id}>
                <Link
                  href={`/settings/${one.id}`}
                  className={classes(styles.link, one === section && styles.here)}
                  aria-current={one === section ? 'page' : undefined}
                >
                  {one.title}
                </Link>
              </li>
            ))}
        </ul>
      </nav>
      <div className={styles.page}>
        <Suspense fallback={<Skeleton />}>{id !== undefined && One ? <One key={id} id={id} /> : <Page />}</Suspense>
      </div>
    </div>
  );
}
