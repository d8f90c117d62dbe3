/** Colors and weights that escape sequences (SGR) set. A color is a number from 0 to 15, or a CSS color. */
export interface AnsiStyle {
  readonly color?: number | string;
  readonly background?: number | string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly strike?: boolean;
  readonly inverse?: boolean;
}

export interface AnsiRun {
  readonly text: string;
  readonly style: AnsiStyle;
}

export const plain: AnsiStyle = {};

const ESC = '\\u001b';
/** A style (group 1), or any other sequence or control character, which has no meaning in a list of lines. */
const sequences = new RegExp(
  `${ESC}\\[([\\d;:]*)m|${ESC}\\[[\\u0020-\\u003f]*[\\u0040-\\u007e]|${ESC}[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|${ESC}\\\\)?|${ESC}[\\u0020-\\u002f]*[\\u0030-\\u007e]?|[\\u0000-\\u0008\\u000b-\\u001f\\u007f]`,
  'g',
);

/** What a terminal shows of a line that returns to its beginning, as progress bars do: the last text. */
const visibleOf = (text: string): string => {
  if (!text.includes('\r')) return text;
  const parts = text.split('\r');
  return parts.findLast((part) => part !== '') ?? '';
};

/** Runs of one style each, and the style with which the next line begins. */
export function parseAnsi(text: string, before: AnsiStyle = plain): { runs: AnsiRun[]; after: AnsiStyle } {
  const line = visibleOf(text);
  const runs: AnsiRun[] = [];
  let style = before;
  let from = 0;
  const push = (to: number) => {
    if (to > from) runs.push({ text: line.slice(from, to), style });
  };
  for (const found of line.matchAll(sequences)) {
    push(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) style = styleAfter(style, found[1]);
  }
  push(line.length);
  return { runs, after: style };
}

/** The text that a reader sees, without escape sequences. */
export const textOf = (text: string): string => visibleOf(text).replace(sequences, '');

function styleAfter(before: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map(Number);
  let style = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const { color, used } = extendedColor(codes, at + 1);
      at += used;
      if (color !== undefined) style = { ...style, [code === 38 ? 'color' : 'background']: color };
    } else if (code === 0) style = {};
    else style = { ...style, ...simple(code) };
  }
  return style;
}

const ON: Readonly<Record<number, AnsiStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
};

function simple(code: number): { [Name in keyof AnsiStyle]?: AnsiStyle[Name] | undefined } {
  if (code >= 30 && code <= 37) return { color: code - 30 };
  if (code >= 90 && code <= 97) return { color: code - 82 };
  if (code >= 40 && code <= 47) return { background: code - 40 };
  if (code >= 100 && code <= 107) return { background: code - 92 };
  if (code === 39) return { color: undefined };
  if (code === 49) return { background: undefined };
  return ON[code] ?? {};
}

/** `5;n` of the palette of 256 colors, or `2;r;g;b`. */
function extendedColor(codes: readonly number[], at: number): { color?: number | string; used: number } {
  if (codes[at] === 2) return { color: cssOf(codes.slice(at + 1, at + 4)), used: 4 };
  if (codes[at] !== 5) return { used: 1 };
  const index = codes[at + 1] ?? 0;
  if (index < 16) return { color: index, used: 2 };
  if (index > 231) return { color: cssOf([8, 8, 8].map((base) => base + (index - 232) * 10)), used: 2 };
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  const rgb = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level);
  return { color: cssOf(rgb), used: 2 };
}

const cssOf = (rgb: readonly number[]): string =>
  `rgb(${[0, 1, 2].map((at) => Math.max(0, Math.min(255, Math.trunc(rgb[at] ?? 0) || 0))).join(' ')})`;

/** Relative luminance of `rgb(r g b)`, from 0 to 1. */
export function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The color, lightened until it can be read on the dark ground of a log. */
export function readable(color: string): string {
  let rgb = (color.match(/\d+/g) ?? []).map(Number);
  // 4.5 to 1 on a ground with a luminance below 0.01.
  while (luminanceOf(cssOf(rgb)) < 0.22) rgb = rgb.map((value) => Math.ceil(value + (255 - value) * 0.2));
  return cssOf(rgb);
}
