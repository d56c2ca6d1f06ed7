import { runCommandLine } from './command-line.ts'

const { exitCode, stdout, stderr } = await runCommandLine(process.argv.slice(2))
if (stdout !== undefined) console.log(stdout)
if (stderr !== undefined) console.error(stderr)
// Not process.exit: it would cut off output that is still on its way into a pipe.
process.exitCode = exitCode
