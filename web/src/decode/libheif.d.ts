/** The part of libheif-js that we use: its own declarations leave the decoder out. */
declare module "libheif-js/libheif-wasm/libheif-bundle.mjs" {
  interface HeifImage {
    get_width(): number;
    get_height(): number;
    is_primary(): number;
    has_alpha_channel(): number;
    /** Fills red, green, blue and alpha; tells null where the data are damaged. */
    display(
      target: { data: Uint8ClampedArray; width: number; height: number },
      done: (filled: object | null) => void,
    ): void;
    free(): void;
  }
  interface LibHeif {
    HeifDecoder: new () => { decode(file: Uint8Array): HeifImage[] };
  }
  /** Compiles at once; meant for workers. */
  export default function libheif(): LibHeif;
}
