import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
    reporters: ["default", "./test/support/count-reporter.ts"],
    globalSetup: ["./test/support/postgres-setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
export default config;
