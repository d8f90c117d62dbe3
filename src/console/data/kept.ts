import { createStore, type Store } from './store';

/** A value that this browser keeps, for choices such as the theme or saved views. Never for keys. */
export function kept<Value>(name: string, initial: Value): Store<Value> {
  const store = createStore(read(name, initial));
  return {
    ...store,
    set(value) {
      try {
        localStorage.setItem(name, JSON.stringify(value));
      } catch {
        // Storage is full or forbidden: the choice lasts as long as the page.
      }
      store.set(value);
    },
  };
}

function read<Value>(name: string, initial: Value): Value {
  try {
    const text = localStorage.getItem(name);
    return text === null ? initial : (JSON.parse(text) as Value);
  } catch {
    return initial;
  }
}
