import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// Threads need shared memory, which a page has only with these headers.
const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: { outDir: 'dist', target: 'es2022', emptyOutDir: true, chunkSizeWarningLimit: 1000 },
  worker: { format: 'es' },
  server: { headers: isolated },
  preview: { headers: isolated },
})
