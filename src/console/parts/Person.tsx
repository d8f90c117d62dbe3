import { Icon } from './Icon';
import styles from './Person.module.css';

interface PersonProps {
  readonly name: string;
  readonly kind?: 'person' | 'key' | 'trigger';
}

/** Who did something. Keys and triggers have a symbol instead of initials. */
export const Person = ({ name, kind = 'person' }: PersonProps) => (
  <span className={styles.person} title={name}>
    <span className={styles.face} aria-hidden="true">
      {kind === 'person' ? initialsOf(name) : <Icon name={kind === 'key' ? 'key' : 'robot'} />}
    </span>
    <span className={styles.name}>{name}</span>
  </span>
);

function initialsOf(name: string): string {
  const words = name.split(/[\s._@-]+/).filter(Boolean);
  return ((words[0]?.[0] ?? '?') + (words[1]?.[0] ?? '')).toUpperCase();
}
