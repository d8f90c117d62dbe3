import { Icon } from './Icon';
import styles from './SearchField.module.css';

interface SearchFieldProps {
  /** Name for screen readers, shown while it is empty. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A small field that filters what is on the page. */
export const SearchField = ({ label, value, onChange }: SearchFieldProps) => (
  <label className={styles.search}>
    <Icon name="search" />
    <span className="quiet">{label}</span>
    <input type="search" placeholder={label} value={value} onChange={({ target }) => onChange(target.value)} />
  </label>
);
