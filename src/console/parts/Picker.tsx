import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { classes } from './classes';
import { Icon } from './Icon';
import styles from './Picker.module.css';
import { usePopover } from './popover';

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** After the label, such as the application of an environment. */
  readonly hint?: string;
}

interface PickerProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  /** Values that are chosen. */
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  readonly multiple?: boolean;
  /** Called at the first opening, to load the choices. */
  readonly onOpen?: () => void;
  readonly loading?: boolean;
  /** Id of a label outside, for a picker in a `Field`. */
  readonly id?: string;
  readonly wide?: boolean;
}

/** A button with a list to choose from, which can be searched. Serves as filter and as field with many options. */
export function Picker({
  label,
  choices,
  value,
  onChange,
  multiple = false,
  onOpen,
  loading = false,
  id,
  wide = false,
}: PickerProps) {
  const { anchor, panel, open, show, hide, place } = usePopover();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const list = useId();
  const found = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = ({ label: text, hint = '' }: Choice) =>
      words.every((word) => `${text} ${hint}`.toLowerCase().includes(word));
    return choices.filter(matches).slice(0, 200);
  }, [choices, search]);
  const chosen = value.map((one) => choices.find((choice) => choice.value === one)?.label ?? one);

  const toggle = () => {
    if (open) return hide();
    setSearch('');
    setActive(0);
    onOpen?.();
    show();
    panel.current?.querySelector('input')?.focus();
  };
  const choose = (one: string) => {
    if (!multiple) {
      hide();
      anchor.current?.focus();
      return onChange(value.includes(one) ? [] : [one]);
    }
    onChange(value.includes(one) ? value.filter((other) => other !== one) : [...value, one]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = (active + step + found.length) % Math.max(1, found.length);
      setActive(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const choice = found[active];
      if (choice !== undefined) choose(choice.value);
    } else if (event.key === 'Tab') hide();
  };
  return (
    <>
      <button
        ref={anchor}
        id={id}
        type="button"
        className={classes(styles.button, value.length > 0 && styles.set, wide && styles.wide)}
        aria-haspopup="listbox"
        aria-expanded={open}
        onClick={toggle}
      >
        <span className={styles.text}>
          {wide ? chosen.join(', ') || label : label}
          {!wide && chosen.length > 0 && (
            <strong>{chosen.length > 2 ? ` ${chosen.length} chosen` : ` ${chosen.join(', ')}`}</strong>
          )}
        </span>
        <Icon name="down" />
      </button>
      <div ref={panel} popover="auto" className={styles.panel}>
        <div className={styles.search}>
          <Icon name="search" />
          <input
            role="combobox"
            aria-label={`Search ${label.toLowerCase()}`}
            aria-expanded={open}
            aria-controls={list}
            aria-activedescendant={found[active] && `${list}-${active}`}
            autoComplete="off"
            spellCheck={false}
            placeholder={label}
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              setActive(0);
              requestAnimationFrame(place);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <div
          id={list}
          role="listbox"
          aria-label={label}
          aria-multiselectable={multiple}
          tabIndex={-1}
          className={styles.list}
        >
          {found.map((choice, index) => (
            <div
              key={choice.value}
              id={`${list}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={value.includes(choice.value)}
              className={classes(styles.option, index === active && styles.active)}
              onPointerMove={() => setActive(index)}
              onClick={() => choose(choice.value)}
              onKeyDown={onKeyDown}
            >
              <span className={styles.mark}>{value.includes(choice.value) && <Icon name="check" />}</span>
              <span className={styles.text}>{choice.label}</span>
              {choice.hint && <span className={styles.hint}>{choice.hint}</span>}
            </div>
          ))}
        </div>
        {found.length === 0 && <p className={styles.none}>{loading ? 'Loading …' : 'Nothing matches.'}</p>}
        {value.length > 0 && (
          <button
            type="button"
            className={styles.clear}
            onClick={() => {
              onChange([]);
              hide();
            }}
          >
            Clear
          </button>
        )}
      </div>
    </>
  );
}
