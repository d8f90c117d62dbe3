import { server, serverUrl } from './server';

interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
    createWritable(): Promise<WritableStream<Uint8Array>>;
  }>;
}

/** From here on, a file goes to the disk as it arrives, in browsers that can do so. */
const STREAMED_BYTES = 64 * 1024 ** 2;

/**
 * Saves a file that the API has at a path or an address of its own, with the key of the session. Throws an `ApiError`.
 * Resolves to false if the reader chose no place for it.
 */
export async function download(address: string, name: string, bytes: number): Promise<boolean> {
  const { showSaveFilePicker } = window as unknown as SavePicker;
  if (bytes >= STREAMED_BYTES && showSaveFilePicker !== undefined) {
    let target: WritableStream<Uint8Array>;
    try {
      target = await (await showSaveFilePicker.call(window, { suggestedName: name })).createWritable();
    } catch (error) {
      if ((error as Error).name === 'AbortError') return false;
      throw error;
    }
    await (await server.download(pathOf(address))).body?.pipeTo(target);
    return true;
  }
  const blob = await (await server.download(pathOf(address))).blob();
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return true;
}

/** The API's addresses may have the server's public host in front, which another way to the server has not. */
export function pathOf(address: string): string {
  if (address.startsWith('/')) return address;
  const { pathname, search } = new URL(address);
  const prefix = new URL(serverUrl).pathname.replace(/\/$/, '');
  return `${prefix !== '' && pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname}${search}`;
}
