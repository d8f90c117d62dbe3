import { Link } from 'wouter';
import { classes } from '../../parts/classes';
import { Icon } from '../../parts/Icon';
import { Panel } from '../../parts/Panel';
import { Status, StatusShape } from '../../parts/Status';
import { Time } from '../../parts/Time';
import { durationText, exactText } from '../../parts/times';
import type { Cell, Column, Grid } from './cells';
import styles from './Deployed.module.css';
import { tagOf } from './images';

interface ServiceGridProps {
  readonly grid: Grid;
  /** Moment that is shown. Undefined: now. */
  readonly past: string | undefined;
  readonly onOpen: (environmentId: string, service: string) => void;
}

/** Services of an application as rows, its environments as columns; narrow windows show a list by environment. */
export function ServiceGrid({ grid: { application, columns, services }, past, onOpen }: ServiceGridProps) {
  return (
    <Panel title={application.name} padded={false} actions={<CompareLink columns={columns} past={past} />}>
      <div className={styles.scroll}>
        <table className={styles.grid} aria-label={`Deployments of ${application.name}`}>
          <thead>
            <tr>
              <th scope="col" className={styles.corner}>
                Service
              </th>
              {columns.map((column) => (
                <th key={column.id} scope="col">
                  <EnvironmentHead column={column} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {services.map((service) => (
              <tr key={service}>
                <th scope="row" className={styles.service} title={service}>
                  <span className={styles.serviceText}>{service}</span>
                </th>
                {columns.map((column) => (
                  <td key={column.id}>
                    <CellOf column={column} service={service} past={past !== undefined} onOpen={onOpen} />
                  </td>
                ))}
              </tr>
            ))}
            {services.length === 0 && (
              <tr>
                <td colSpan={columns.length + 1} className={styles.nothing}>
                  {past !== undefined ? 'Nothing was deployed yet.' : <NothingYet />}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <div className={styles.list}>
        {columns.map((column) => (
          <section key={column.id} aria-label={column.name}>
            <h3 className={styles.listHead}>
              <EnvironmentHead column={column} />
            </h3>
            {services.length === 0 && <p className={styles.nothing}>Nothing is deployed.</p>}
            <ul>
              {services.map((service) => (
                <li key={service} className={styles.listRow}>
                  <span className={styles.service} title={service}>
                    <span className={styles.serviceText}>{service}</span>
                  </span>
                  <CellOf column={column} service={service} past={past !== undefined} onOpen={onOpen} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Panel>
  );
}

/** Compares the last two environments, or the last one with what it is now. */
function CompareLink({ columns, past }: { readonly columns: readonly Column[]; readonly past: string | undefined }) {
  const [before, last] = columns.slice(-2);
  if (past !== undefined) {
    const then = last ?? before;
    if (then === undefined) return null;
    const query = new URLSearchParams({ of: 'environments', left: then.id, leftAt: past, right: then.id });
    return <Link href={`/compare?${query}`}>Compare {then.name} with now</Link>;
  }
  if (before === undefined || last === undefined) return null;
  return <Link href={`/compare?of=environments&left=${before.id}&right=${last.id}`}>Compare environments</Link>;
}

const NothingYet = () => (
  <>
    Nothing is deployed yet. <Link href="/start">Start a pipeline</Link> that deploys here.
  </>
);

function EnvironmentHead({ column }: { readonly column: Column }) {
  const { name, isProduction, freeze, holder, waiters, existed } = column;
  return (
    <span className={styles.environment}>
      <span className={styles.environmentName} title={name}>
        {name}
      </span>
      {isProduction && <span className={styles.production}>production</span>}
      {!existed && <span className={styles.tag}>did not exist</span>}
      {freeze && (
        <span
          className={classes(styles.tag, styles.frozen)}
          title={`${freeze.name}: ${freeze.reason}${freeze.until === null ? '' : `, until ${exactText(Date.parse(freeze.until))}`}`}
        >
          frozen
        </span>
      )}
      {holder && (
        <Link href={`/runs/${holder}`} className={styles.busy}>
          in use
        </Link>
      )}
      {waiters.length > 0 && (
        <Link href={`/runs/${waiters[0]}`} className={styles.busy}>
          {waiters.length} waiting
        </Link>
      )}
    </span>
  );
}

interface CellProps {
  readonly column: Column;
  readonly service: string;
  readonly past: boolean;
  readonly onOpen: ServiceGridProps['onOpen'];
}

function CellOf({ column, service, past, onOpen }: CellProps) {
  const cell = column.cells.get(service);
  if (cell === undefined) return <span className={styles.dash}>–</span>;
  const content = <CellContent cell={cell} />;
  if (past) return <div className={styles.cell}>{content}</div>;
  return (
    <button type="button" className={classes(styles.cell, styles.opens)} onClick={() => onOpen(column.id, service)}>
      <span className="quiet">
        {service} in {column.name}:
      </span>
      {content}
    </button>
  );
}

function CellContent({ cell: { deployed, unsettled, waiting } }: { readonly cell: Cell }) {
  return (
    <>
      {deployed ? (
        <>
          <span className={styles.image}>
            <code title={deployed.image}>{tagOf(deployed.image)}</code>
            {deployed.drifted && (
              <span
                className={classes(styles.tag, styles.drifted)}
                title={`Observed: ${deployed.observed?.image ?? 'nothing'}`}
              >
                <StatusShape shape="alert" />
                drifted
              </span>
            )}
          </span>
          <span className={styles.since}>
            <Time at={deployed.deployedAt} /> by {deployed.actor.name}
          </span>
        </>
      ) : (
        <span className={styles.none}>Nothing has succeeded yet</span>
      )}
      {unsettled && (
        <span className={styles.unsettled} title={unsettled.image}>
          <Status status={unsettled.status}>
            {unsettled.status === 'UNKNOWN'
              ? `${tagOf(unsettled.image)} cut off: unknown`
              : `${tagOf(unsettled.image)} ${unsettled.status === 'FAILED' ? 'failed' : 'in progress'}`}
          </Status>
        </span>
      )}
      {waiting && (
        <span className={styles.behind} title={waiting.image}>
          <Icon name="up" />
          {tagOf(waiting.image)} in {waiting.in}
          {deployed &&
            `, ${durationText(Math.max(0, Date.parse(waiting.since) - Date.parse(deployed.deployedAt)))} newer`}
        </span>
      )}
    </>
  );
}
