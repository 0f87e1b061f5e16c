import { defineConfig } from 'vitest/config'

// The build goes to ../dist, which the Go package collector/ui embeds. Names of assets carry a hash,
// so that they may be cached for ever; index.html is never cached.
export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/prometheus': 'http://127.0.0.1:8080', '/docs': 'http://127.0.0.1:8080' } },
  test: { environment: 'jsdom', include: ['test/unit/**/*.test.ts', 'test/unit/**/*.test.tsx'], env: { TZ: 'UTC' }, setupFiles: ['test/unit/setup.ts'], isolate: false, fileParallelism: false },
})
