import { timeNow } from '../../data/now';
import { exactText } from '../../parts/times';
import styles from './Agents.module.css';

interface Point {
  readonly at: string;
  /** From 0 to 1. */
  readonly share: number;
}

interface ChartProps {
  readonly label: string;
  readonly points: readonly Point[];
  readonly hours: number;
  /** Seconds between two points; a larger distance is a gap. */
  readonly stepSeconds: number;
  /** Shares as text. */
  readonly textOf: (share: number) => string;
  readonly small?: boolean;
}

const WIDTH = 600;
const HEIGHT = 100;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A line over the last hours. Its text says what it shows. */
export function Chart({ label, points, hours, stepSeconds, textOf, small = false }: ChartProps) {
  const last = points.at(-1);
  if (last === undefined) return <span className={styles.quiet}>{small ? '–' : 'No samples yet.'}</span>;
  const end = Math.max(timeNow(), Date.parse(last.at));
  const begin = end - hours * 3_600_000;
  const x = ({ at }: Point) => ((Date.parse(at) - begin) / (end - begin)) * WIDTH;
  const y = ({ share }: Point) => HEIGHT - Math.min(1, Math.max(0, share)) * HEIGHT;
  const parts: Point[][] = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    const joined = before !== undefined && Date.parse(point.at) - Date.parse(before.at) <= stepSeconds * 2500;
    if (joined) parts.at(-1)?.push(point);
    else parts.push([point]);
  }
  // A lone point is drawn as wide as its step.
  const lines = parts.map((part) => {
    const [one] = part;
    const drawn = part.map((point) => `${x(point).toFixed(1)} ${y(point).toFixed(1)}`).join('L');
    const wide = part.length === 1 && one ? `h${((stepSeconds * 1000 * WIDTH) / (end - begin)).toFixed(1)}` : '';
    return { drawn: `M${drawn}${wide}`, from: one ? x(one) : 0, to: part.at(-1) };
  });
  const shares = points.map(({ share }) => share);
  const most = Math.max(...shares);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const spoken = `${label} of the last ${hours === 1 ? 'hour' : `${hours} hours`}: now ${textOf(last.share)}, on average ${textOf(mean)}, at most ${textOf(most)}.`;
  const image = (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={small ? styles.spark : styles.chart}
      role="img"
      aria-label={spoken}
    >
      {!small && <path d={`M0 ${HEIGHT / 2}H${WIDTH}`} className={styles.gridline} />}
      {lines.map(({ drawn, from, to }) => (
        <g key={drawn}>
          <path
            d={`${drawn}${to ? `L${x(to).toFixed(1)} ${HEIGHT}` : ''}L${from.toFixed(1)} ${HEIGHT}Z`}
            className={styles.area}
          />
          <path d={drawn} className={styles.stroke} />
        </g>
      ))}
    </svg>
  );
  if (small)
    return (
      <span className={styles.sparkCell} title={spoken}>
        {image}
        <span>{percent(last.share)}</span>
      </span>
    );
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <strong>{label}</strong>
        <span>
          {textOf(last.share)} <span className={styles.quiet}>now, at most {textOf(most)}</span>
        </span>
      </figcaption>
      {image}
      <p className={styles.axis} aria-hidden="true">
        <span title={exactText(begin)}>{hours} h ago</span>
        <span>now</span>
      </p>
    </figure>
  );
}
