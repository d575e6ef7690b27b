import { defineConfig, type ViteUserConfig } from "vitest/config";
import { threadUrl } from "./test/support/thread-setup.ts";

const config: ViteUserConfig = defineConfig({
  plugins: [
    {
      name: "thread of sqlite",
      // Node starts that file itself, without vitest, so that it must be JavaScript.
      transform: (code, id) =>
        id.endsWith("/db/drivers/sqlite-worker.ts") ? code.replace("./sqlite-thread.js", threadUrl) : undefined,
    },
  ],
  test: {
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
    reporters: ["default", "./test/support/count-reporter.ts"],
    globalSetup: ["./test/support/postgres-setup.ts", "./test/support/thread-setup.ts"],
    // Most of them wait for disks, servers and processes: every core may have a file of its own.
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
export default config;
