// The program of the library's own training worker: `fit(x, y, { worker: true })` starts it.
import '../../complete.ts'
// The main thread says which kernels to use: all of them have to be here.
import '../../relaxed.ts'
import { serveTraining } from './serve.ts'

serveTraining()
