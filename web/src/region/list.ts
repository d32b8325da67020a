/** The list of common regions that Python has, as part of the bundle: 129 KB, so it is loaded with the first region. */
import bytes from "../../../src/unseen/fingerprint/region/common.bin";
import { commonRegions } from "./common.ts";

export const COMMON: Uint32Array = commonRegions(bytes);
