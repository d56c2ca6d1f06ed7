export function unary_relu(out: usize, x: usize, n: i32): void {
  const end = x + (<usize>n << 2);
  const zero = f32x4.splat(0);
  while (x < end) {
    v128.store(out, f32x4.pmax(zero, v128.load(x)));
    x += 16;
    out += 16;
  }
}
