import { useState } from 'react';
import { timeNow } from '../data/now';
import { Select, TextField } from './Field';
import styles from './Until.module.css';

const MINUTE = 60_000;
const spans: readonly { readonly value: string; readonly label: string; readonly ms: number }[] = [
  { value: '15m', label: 'In 15 minutes', ms: 15 * MINUTE },
  { value: '1h', label: 'In an hour', ms: 60 * MINUTE },
  { value: '4h', label: 'In 4 hours', ms: 240 * MINUTE },
  { value: '1d', label: 'In a day', ms: 24 * 60 * MINUTE },
  { value: '30d', label: 'In 30 days', ms: 30 * 24 * 60 * MINUTE },
];

interface UntilProps {
  readonly label: string;
  /** Choice without an end, such as `When somebody resumes it`. */
  readonly never: string;
  readonly spans?: readonly string[];
  readonly onChange: (at: () => string | undefined) => void;
}

/** An end: none, after some time, or at a time of the reader's zone. The time is decided when it is asked for. */
export function Until({ label, never, spans: offered = ['15m', '1h', '4h', '1d'], onChange }: UntilProps) {
  const [choice, setChoice] = useState('');
  const options = [
    { value: '', label: never },
    ...spans.filter(({ value }) => offered.includes(value)),
    { value: 'at', label: 'At a time …' },
  ];
  const choose = (value: string) => {
    setChoice(value);
    const ms = spans.find((one) => one.value === value)?.ms;
    onChange(() => (ms === undefined ? undefined : new Date(timeNow() + ms).toISOString()));
  };
  return (
    <div className={styles.until}>
      <Select label={label} options={options} value={choice} onChange={({ target }) => choose(target.value)} />
      {choice === 'at' && (
        <TextField
          label="Time"
          hint="In the zone of your browser."
          type="datetime-local"
          required
          onChange={({ target: { value } }) =>
            onChange(() => (value === '' ? undefined : new Date(value).toISOString()))
          }
        />
      )}
    </div>
  );
}
