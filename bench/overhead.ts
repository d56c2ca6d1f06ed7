// What an operation costs besides its arithmetic: tiny tensors against the same thing written by hand.
// npx tsx bench/overhead.ts [pattern]      ROUNDS=21
import { grad, noGrad, type Tensor, tensor } from '../src/index.ts'
import { type Contender, consume, interleave, median, ratio, timed, type Workload } from './harness.ts'
import { describeMachine } from './machine.ts'

const SIZE = 8
const numbers = (offset: number): Float32Array =>
  Float32Array.from({ length: SIZE }, (_, i) => Math.sin(i + offset))
const leaf = (offset: number): Tensor => tensor(numbers(offset), { requiresGrad: true })

const contender = (name: string, run: () => void): Contender => ({ name, setup: () => {}, run })

/** (a·b + c).sum(), forward and backward, as somebody would write it for this case alone. */
function byHand(a: Float32Array, b: Float32Array, c: Float32Array): number {
  const product = new Float32Array(SIZE)
  for (let i = 0; i < SIZE; i++) product[i] = a[i] * b[i] + c[i]
  let sum = 0
  for (let i = 0; i < SIZE; i++) sum += product[i]
  const [da, db, dc] = [new Float32Array(SIZE), new Float32Array(SIZE), new Float32Array(SIZE)]
  for (let i = 0; i < SIZE; i++) {
    da[i] = b[i]
    db[i] = a[i]
    dc[i] = 1
  }
  return sum + da[0] + db[1] + dc[2]
}

const hand = (): Contender => {
  const [a, b, c] = [numbers(0), numbers(1), numbers(2)]
  return contender('by hand', () => consume(byHand(a, b, c)))
}

const [a, b, c] = [leaf(0), leaf(1), leaf(2)]
const loss = (x: Tensor, y: Tensor, z: Tensor): Tensor => x.mul(y).add(z).sum()
const gradients = grad(loss)

const single = (name: string, operation: () => Tensor): Workload => ({
  id: name,
  title: `${name}, ${SIZE} elements`,
  contenders: [
    hand(),
    contender('recorded', () => consume(operation().size)),
    contender('noGrad', () => consume(noGrad(operation).size)),
  ],
})

const workloads: readonly Workload[] = [
  {
    id: 'W9',
    title: '(a·b + c).sum() with 8 elements, forward and backward',
    contenders: [
      hand(),
      contender('backward()', () => {
        loss(a, b, c).backward()
        for (const x of [a, b, c]) x.grad = null
      }),
      contender('backward() into old gradients', () => loss(a, b, c).backward()),
      contender('grad(f)', () => consume(gradients(a, b, c)[0].size)),
      contender('forward alone', () => consume(loss(a, b, c).size)),
    ],
  },
  single('add', () => a.add(b)),
  single('add of a number', () => a.add(1)),
  single('relu', () => a.relu()),
  single('sum', () => a.sum()),
  single('reshape', () => a.reshape([2, 4])),
  single('slice', () => a.slice([[1, 5]])),
]

const pattern = new RegExp(process.argv[2] ?? '')
const rounds = Number(process.env.ROUNDS ?? 21)
console.log(describeMachine())
for (const workload of workloads.filter(({ id }) => pattern.test(id))) {
  for (const { run } of workload.contenders) for (let i = 0; i < 20_000; i++) run()
  const contenders = workload.contenders.map(each => timed(each, 1e-6))
  const measurements = await interleave(contenders, { rounds, seconds: 0.05 })
  console.log(`\n${workload.title}`)
  for (const measurement of measurements) {
    const nanoseconds = Math.round(median(measurement.rounds) * 1e9)
    const factor = ratio(measurement, measurements[0]).toFixed(1)
    console.log(
      `  ${measurement.name.padEnd(30)} ${String(nanoseconds).padStart(7)} ns   ${factor} × by hand`,
    )
    if (measurement.error !== undefined) console.log(`    ${measurement.error}`)
  }
}
