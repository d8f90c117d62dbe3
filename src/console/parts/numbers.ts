const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `812 bytes`, `4.2 KiB`, `1.1 GiB`. */
export function bytesText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
