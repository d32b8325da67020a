import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { type TestProjectConfiguration, type ViteUserConfig, defineConfig } from "vitest/config";

/** The browser that the tests run in: the system's, since a test never downloads one. */
const CHROMIUM = process.env["UNSEEN_CHROMIUM"] ?? "/usr/bin/chromium";
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) {
  if (process.env["CI"] === "true") throw new Error(`Chromium is missing: ${CHROMIUM}`);
  process.stderr.write(`Not tested in a browser: no ${CHROMIUM} (Debian: apt install chromium).\n`);
}

/** What esbuild's `binary` loader does, for tests. */
const binary: NonNullable<ViteUserConfig["plugins"]>[number] = {
  name: "binary",
  enforce: "pre",
  async load(id) {
    if (!id.endsWith(".bin")) return null;
    const text = (await readFile(id)).toString("base64");
    return `export default Uint8Array.from(atob("${text}"), (letter) => letter.charCodeAt(0));`;
  },
};

const repository = new URL("..", import.meta.url).pathname;

const inChromium: TestProjectConfiguration = {
  extends: true,
  test: {
    name: "chromium",
    include: ["test/*.test.ts"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: CHROMIUM,
          args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
};

export default defineConfig({
  plugins: [binary],
  server: { fs: { allow: [repository] } },
  test: {
    projects: [
      { extends: true, test: { name: "node", include: ["test/*.test.ts"], environment: "node" } },
      ...(hasChromium ? [inChromium] : []),
    ],
  },
});
