import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { countLine, featuresPage } from './page.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
writeFileSync(`${root}docs/features.md`, featuresPage(root))
console.log(`docs/features.md: ${countLine()}`)
