/** A file whose bytes are part of the bundle. */
declare module "*.bin" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** The built worker, as text; `build.mjs` puts it there. */
declare module "worker-inside" {
  const source: string;
  export default source;
}
