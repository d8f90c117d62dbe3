import { kept } from '../data/kept';

export type Theme = 'system' | 'light' | 'dark';

const choice = kept<Theme>('slipway.theme', 'system');

export const useTheme = choice.use;

/** Follows the system unless the reader chose a theme. */
export function applyTheme(theme: Theme = choice.get()): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function setTheme(theme: Theme): void {
  choice.set(theme);
  applyTheme(theme);
}
