/** The part of an image that changes between versions: its tag, or the start of its digest. */
export function tagOf(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const [name = last, digest] = last.split('@');
  const [, tag] = name.split(':');
  if (tag !== undefined) return tag;
  return digest === undefined ? name : digest.replace(/^sha256:/, '').slice(0, 12);
}
