import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Relative addresses, no inlined assets and no inlined scripts: the page works under `default-src 'self'` wherever it is served from.
export default defineConfig({
  base: './',
  plugins: [react()],
  build: { outDir: '../../dist/dashboard', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
})
